import type { Failure } from './failure.ts'
import type { Members } from './json-decode.ts'
import type { WireAnswer, WireRequest } from './message.ts'
import type { Model, OperationModel } from './model.ts'

/** One wire protocol, both ways. */
export interface WireProtocol {
  name: 'json-1.0' | 'json-1.1' | 'query' | 'ec2' | 'rest-json' | 's3' | 'cbor'
  /** Throws AwsError('SerializationException' or its like). */
  decode(model: Model, operation: OperationModel, request: WireRequest): Members
  encode(model: Model, operation: OperationModel, output: Members, requestId: string): WireAnswer
  encodeFailure(model: Model | undefined, failure: Failure, requestId: string): WireAnswer
}
