// A service model: what a client package says of its service, its operations and its errors.
import type { SchemaRef } from '@smithy/types'
import { type Shape, type StructureShape, shapeOf, type Traits } from './shape.ts'

export type Protocol = 'awsJson1_0' | 'awsJson1_1' | 'awsQuery' | 'ec2Query' | 'restJson1' | 'restXml'

export interface Model {
  /** `ECS`, `Elastic Load Balancing v2`. */
  serviceId: string
  /** What the newest SDK speaks; older clients may speak Query to a JSON service. */
  protocol: Protocol
  signingName: string
  xmlNamespace: string
  version: string
  /** Before the dot of `x-amz-target`. */
  target: string
  queryCompatible: boolean
  operations: Map<string, OperationModel>
  errors: Map<string, ErrorModel>
}

export interface OperationModel {
  name: string
  input: StructureShape
  output: StructureShape
  http?: [method: string, path: string, status: number]
}

export interface ErrorModel {
  name: string
  shape: StructureShape
  traits: Traits
}

/** Reads the exports of a client package (`import * as ecs from '@aws-sdk/client-ecs'`). */
export function modelOf(client: object): Model {
  const exported = Object.entries(client)
  const config = clientConfig(exported)
  const settings = config.protocolSettings
  const model: Model = {
    serviceId: config.serviceId,
    protocol: config.protocol.getShapeId().split('#')[1] as Protocol,
    signingName: config.defaultSigningName,
    xmlNamespace: settings.xmlNamespace ?? '',
    version: settings.version ?? '',
    target: settings.serviceTarget ?? '',
    queryCompatible: settings.awsQueryCompatible === true,
    operations: new Map(),
    errors: new Map(),
  }
  for (const [, schema] of exported) {
    if (!Array.isArray(schema)) continue
    if (schema[0] === OPERATION) addOperation(model, schema)
    if (schema[0] === ERROR && !String(schema[1]).startsWith('smithy.ts.sdk.synthetic')) addError(model, schema)
  }
  return model
}

/** The numbers by which `@smithy/types` (schema/static-schemas) tells its tuples apart. */
const OPERATION = 9
const ERROR = -3

interface ClientConfig {
  serviceId: string
  defaultSigningName: string
  protocol: { getShapeId(): string }
  protocolSettings: { xmlNamespace?: string; version?: string; serviceTarget?: string; awsQueryCompatible?: boolean }
}

function clientConfig(exported: [string, unknown][]): ClientConfig {
  const found = exported.find(([name]) => /^[A-Z]\w+Client$/.test(name))
  if (!found) throw new Error('A client package must export its client')
  const Client = found[1] as new (config: object) => { config: ClientConfig }
  return new Client({ region: 'us-east-1', credentials: { accessKeyId: '-', secretAccessKey: '-' } }).config
}

function addOperation(model: Model, schema: unknown[]): void {
  const [, , name, traits, input, output] = schema
  const operation: OperationModel = {
    name: String(name),
    input: structure(shapeOf(input as SchemaRef)),
    output: structure(shapeOf(output as SchemaRef)),
  }
  const http = (traits as Traits | number | undefined) ?? 0
  if (typeof http === 'object' && http.http) operation.http = http.http
  model.operations.set(operation.name, operation)
}

function addError(model: Model, schema: unknown[]): void {
  const shape = structure(shapeOf(schema as unknown as SchemaRef))
  model.errors.set(String(schema[2]), { name: String(schema[2]), shape, traits: shape.traits })
}

function structure(shape: Shape): StructureShape {
  if (shape.kind !== 'structure') throw new Error(`${shape.name} is a ${shape.kind}, not a structure`)
  return shape
}
