/**
 * The way of a request through the sandbox: who sends it, what it asks, whether that is allowed, its answer. Every
 * face of the sandbox (the HTTP server, the in-process handler) ends here.
 */
import { randomUUID } from 'node:crypto'
import { AwsError, type Call, type Principal, type Service } from '../cloud.ts'
import type { Faults } from '../faults.ts'
import type { AccessKeys } from '../identity/access-keys.ts'
import { authenticate } from '../identity/authentication.ts'
import type { Authorization } from '../identity/authorization.ts'
import { refusalError } from '../identity/refusal.ts'
import { resourceNames } from '../identity/resource-names.ts'
import { signatureOf } from '../identity/signature.ts'
import { apiName, iamActions } from './action-name.ts'
import { failureOf } from './failure.ts'
import type { Members } from './json-decode.ts'
import type { WireAnswer, WireRequest } from './message.ts'
import type { Model, OperationModel } from './model.ts'
import { type Route, routeOf } from './routing.ts'
import { type OperationHandler, ServedService } from './served-service.ts'

export interface GatewayParts {
  account: string
  region: string
  keys: Pick<AccessKeys, 'find'>
  services: Service[]
  note(line: string): void
  authorization: Pick<Authorization, 'demand'>
  faults: Pick<Faults, 'before' | 'after'>
  /** Throws AwsError when the model does not let an input be. */
  validate(model: Model, operation: OperationModel, input: Members): void
  /** Resolves when everything that the request changed is on disk. */
  commit(): Promise<void> | undefined
}

export class Gateway {
  /** Requests by API, `ecs:DescribeServices`, those that were then throttled, refused or failed among them. */
  readonly calls = new Map<string, number>()
  readonly #parts: GatewayParts
  readonly #services: Map<string, ServedService>

  constructor(parts: GatewayParts) {
    this.#parts = parts
    this.#services = new Map(parts.services.map((service) => [service.signingName, new ServedService(service)]))
  }

  async answer(request: WireRequest): Promise<WireAnswer> {
    const requestId = randomUUID()
    const signature = signatureOf(request)
    const name = signature && signature !== 'malformed' ? signature.service : undefined
    const served = name === undefined ? undefined : this.#services.get(name)
    const model = await served?.model()
    const route = routeOf(request, model, name)
    try {
      return await this.#answer(request, requestId, route, name, served, model)
    } catch (error) {
      const failure = failureOf(error instanceof AwsError ? error : this.#unexpected(error, name, route), model)
      const answer = route.protocol.encodeFailure(model, failure, requestId)
      return request.method === 'HEAD' ? { ...answer, body: '' } : answer
    }
  }

  async #answer(
    request: WireRequest,
    requestId: string,
    { protocol, operation: asked }: Route,
    name: string | undefined,
    served: ServedService | undefined,
    model: Model | undefined,
  ): Promise<WireAnswer> {
    const authentication = authenticate(this.#parts.keys, request, this.#parts.region)
    if ('reason' in authentication) throw refusalError(authentication, protocol.name)
    if (!served || !model)
      throw this.#notSimulated(asked ? apiName(name ?? '', asked) : `${name} (${request.method} ${request.path})`)
    const operation = asked === undefined ? undefined : model.operations.get(asked)
    if (!operation) throw unknownOperation(model, asked, request)
    const api = apiName(name ?? '', operation.name)
    this.calls.set(api, (this.calls.get(api) ?? 0) + 1)
    const handler = served.handler(operation.name)
    if (!handler) throw this.#notSimulated(api)

    await this.#parts.faults.before(api, protocol.name)
    const input = protocol.decode(model, operation, request)
    const resources = this.#resources(served.service, operation.name, input)
    for (const action of iamActions(name ?? '', operation.name)) {
      this.#parts.authorization.demand(authentication.key, action, resources, protocol.name)
    }
    this.#parts.validate(model, operation, input)
    const call = callOf(model, operation, request, requestId, authentication.key.principal)
    const output = await this.#settled(handler, input, call)
    this.#parts.faults.after(api)
    return protocol.encode(model, operation, output ?? {}, requestId)
  }

  #resources(service: Service, operation: string, input: Members): string[] {
    const named = service.resource?.(operation, input)
    if (named === undefined) return resourceNames(service.signingName, input, this.#parts)
    return typeof named === 'string' ? [named] : named
  }

  /** What a handler changed is on disk before anyone hears of it, be it of success or of failure. */
  async #settled(handler: OperationHandler, input: Members, call: Call): Promise<Members> {
    try {
      return await handler(input, call)
    } finally {
      await this.#parts.commit()
    }
  }

  /** Not retried by the SDK nor by botocore, which both try again after 500, 502, 503 and 504 alone. */
  #notSimulated(api: string): AwsError {
    this.#parts.note(`${api} was called, but the sandbox does not simulate it`)
    return new AwsError('NotImplemented', `The sandbox does not simulate ${api}`, {}, 501)
  }

  #unexpected(error: unknown, service: string | undefined, { operation }: Route): AwsError {
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#parts.note(`${service}:${operation} broke inside the sandbox: ${trace}`)
    const message = 'The request processing has failed because of an unknown error, exception or failure.'
    return new AwsError('InternalFailure', message, {}, 500)
  }
}

function unknownOperation(model: Model, asked: string | undefined, request: WireRequest): AwsError {
  if (model.protocol === 'awsQuery' || model.protocol === 'ec2Query') {
    if (!asked) return new AwsError('MissingAction', 'The request is missing an action or a required parameter.', {}, 400)
    const message = `Could not find operation ${asked} for version ${model.version}`
    return new AwsError('InvalidAction', message, {}, 400)
  }
  if (model.protocol === 'restXml') return unknownOfS3(request)
  const message = asked ? `Unknown operation ${asked}` : `No operation answers ${request.method} ${request.path}`
  return new AwsError('UnknownOperationException', message, {}, model.protocol.startsWith('rest') ? 404 : 400)
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function unknownOfS3({ method, path }: WireRequest): AwsError {
  if (!isWellEncoded(path)) return new AwsError('InvalidURI', "Couldn't parse the specified URI.", { URI: path }, 400)
  const message = 'The specified method is not allowed against this resource.'
  return new AwsError('MethodNotAllowed', message, { Method: method }, 405)
}

function isWellEncoded(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

function callOf(model: Model, operation: OperationModel, request: WireRequest, requestId: string, principal: Principal): Call {
  return {
    service: model.signingName,
    operation: operation.name,
    requestId,
    principal,
    endpoint: `http://${request.headers.host}`,
    signal: request.signal,
  }
}
