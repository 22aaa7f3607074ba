// RPC v2 CBOR: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
import { cbor, tag } from '@smithy/core/cbor'
import { AwsError } from '../cloud.ts'
import { decodeJson, type Members } from './json-decode.ts'
import { encodeJson, type ValueFormat } from './json-encode.ts'
import type { WireProtocol } from './protocol.ts'
import { queryErrorHeader } from './protocol-json.ts'
import { epochSeconds } from './timestamp.ts'

const HEADERS = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' }

const CBOR: ValueFormat = {
  jsonNames: false,
  blob: (value) => (typeof value === 'string' ? Buffer.from(value) : value),
  timestamp: (value) => tag({ tag: 1, value: epochSeconds(value) }),
}

export const cborProtocol: WireProtocol = {
  name: 'cbor',
  decode: (_, operation, request) => decodeJson(operation.input, parsedCbor(request.body), false) as Members,
  encode: (_, operation, output, requestId) => ({
    status: 200,
    headers: { ...HEADERS, 'x-amzn-requestid': requestId },
    body: cbor.serialize(encodeJson(operation.output, output, CBOR)),
  }),
  encodeFailure: (model, failure, requestId) => ({
    status: failure.status,
    headers: { ...HEADERS, 'x-amzn-requestid': requestId, ...queryErrorHeader(model, failure) },
    body: cbor.serialize({ __type: failure.code, ...(encodeJson(failure.shape, failure.members, CBOR) as object) }),
  }),
}

function parsedCbor(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) return {}
  try {
    return cbor.deserialize(bytes)
  } catch {
    throw new AwsError('SerializationException', 'Could not parse the request body as CBOR')
  }
}
