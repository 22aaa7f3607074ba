// Which protocol a request speaks and which operation it asks for.
import type { WireRequest } from './message.ts'
import type { Model } from './model.ts'
import type { WireProtocol } from './protocol.ts'
import { cborProtocol } from './protocol-cbor.ts'
import { json10, json11 } from './protocol-json.ts'
import { ec2Protocol, formOf, queryProtocol } from './protocol-query.ts'
import { restJson, restOperation, s3Protocol } from './protocol-rest.ts'

export interface Route {
  protocol: WireProtocol
  /** Undefined when the request names none that the service knows by its path. */
  operation: string | undefined
}

/** `model` is missing when nobody knows the service that signed; the route then only serves to word an error. */
export function routeOf(request: WireRequest, model: Model | undefined, service: string | undefined): Route {
  if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') {
    return { protocol: cborProtocol, operation: /^\/service\/[^/]+\/operation\/([^/]+)$/.exec(request.path)?.[1] }
  }
  const target = request.headers['x-amz-target']
  if (target !== undefined) {
    const protocol = request.headers['content-type']?.includes('json-1.0') ? json10 : json11
    const [name, operation] = target.split('.')
    return { protocol, operation: !model || speaksJson(model, name) ? operation : undefined }
  }
  if (isForm(request)) {
    const form = formOf(request)
    const ec2 = model ? model.protocol === 'ec2Query' : form.get('Version') === EC2_VERSION
    const protocol = ec2 ? ec2Protocol : queryProtocol
    return { protocol, operation: !model || speaksQuery(model) ? (form.get('Action') ?? undefined) : undefined }
  }
  return { protocol: restProtocol(request, model, service), operation: model && restOperation(model, request)?.operation.name }
}

const EC2_VERSION = '2016-11-15'

const isForm = (request: WireRequest): boolean =>
  request.method === 'GET'
    ? /(^|&)Action=/.test(request.query)
    : request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true

const speaksJson = (model: Model, target: string | undefined): boolean =>
  model.protocol.startsWith('awsJson') && model.target === target

const speaksQuery = (model: Model): boolean =>
  model.queryCompatible || model.protocol === 'awsQuery' || model.protocol === 'ec2Query'

function restProtocol(request: WireRequest, model: Model | undefined, service: string | undefined): WireProtocol {
  switch (model?.protocol) {
    case 'restXml':
      return s3Protocol
    case 'restJson1':
      return restJson
    case 'awsQuery':
      return queryProtocol
    case 'ec2Query':
      return ec2Protocol
    case 'awsJson1_0':
      return json10
    case 'awsJson1_1':
      return json11
    default:
      if (service !== undefined) return service === 's3' ? s3Protocol : restJson
      return /^\/(\d{4}-\d\d-\d\d|schedules|schedule-groups)\b/.test(request.path) ? restJson : s3Protocol
  }
}
