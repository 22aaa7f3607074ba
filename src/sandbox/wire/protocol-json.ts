// AWS JSON 1.0 and 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
import { AwsError } from '../cloud.ts'
import type { Failure } from './failure.ts'
import { decodeJson, type Members } from './json-decode.ts'
import { encodeJson, JSON_RPC } from './json-encode.ts'
import { bodyText } from './message.ts'
import type { Model } from './model.ts'
import type { WireProtocol } from './protocol.ts'

export const json10 = jsonProtocol('1.0')
export const json11 = jsonProtocol('1.1')

function jsonProtocol(version: '1.0' | '1.1'): WireProtocol {
  const type = `application/x-amz-json-${version}`
  return {
    name: `json-${version}`,
    decode: (_, operation, request) => decodeJson(operation.input, parsedJson(bodyText(request)), false) as Members,
    encode: (_, operation, output, requestId) => ({
      status: 200,
      headers: { 'content-type': type, 'x-amzn-requestid': requestId },
      body: JSON.stringify(encodeJson(operation.output, output, JSON_RPC)),
    }),
    encodeFailure: (model, failure, requestId) => ({
      status: failure.status,
      headers: { 'content-type': type, 'x-amzn-requestid': requestId, ...queryErrorHeader(model, failure) },
      body: JSON.stringify({
        __type: failure.code,
        ...(encodeJson(failure.shape, failure.members, JSON_RPC) as object),
      }),
    }),
  }
}

/** An empty body is an empty structure. */
export function parsedJson(text: string): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw new AwsError('SerializationException', 'Could not parse the request body as JSON')
  }
}

/** Services that once spoke Query still name their old error codes: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait */
export function queryErrorHeader(model: Model | undefined, failure: Failure): Record<string, string> {
  return model?.queryCompatible ? { 'x-amzn-query-error': `${failure.queryCode};${failure.fault}` } : {}
}
