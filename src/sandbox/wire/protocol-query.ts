// AWS Query and EC2 Query: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html, …/aws-ec2-query-protocol.html
import type { Members } from './json-decode.ts'
import { bodyText, type WireRequest } from './message.ts'
import type { OperationModel } from './model.ts'
import type { WireProtocol } from './protocol.ts'
import { decodeQuery } from './query-decode.ts'
import { encodeXmlMembers } from './xml-encode.ts'
import { escapeXml } from './xml-text.ts'

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

export const queryProtocol: WireProtocol = {
  name: 'query',
  decode: (_, operation, request) => decodeQuery(operation.input, formOf(request), false),
  encode: (model, operation, output, requestId) => ({
    status: 200,
    headers: headers(requestId),
    body:
      `<${operation.name}Response xmlns="${escapeXml(model.xmlNamespace)}">${result(operation, output)}` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation.name}Response>`,
  }),
  encodeFailure: (model, failure, requestId) => ({
    status: failure.queryStatus,
    headers: headers(requestId),
    body:
      `<ErrorResponse xmlns="${escapeXml(model?.xmlNamespace ?? '')}"><Error><Type>${failure.fault}</Type>` +
      `<Code>${escapeXml(failure.queryCode)}</Code><Message>${escapeXml(failure.message)}</Message>` +
      `${encodeXmlMembers(failure.shape, failure.members, (member) => member.name.toLowerCase() !== 'message')}</Error>` +
      `<RequestId>${requestId}</RequestId></ErrorResponse>`,
  }),
}

export const ec2Protocol: WireProtocol = {
  name: 'ec2',
  decode: (_, operation, request) => decodeQuery(operation.input, formOf(request), true),
  encode: (model, operation, output, requestId) => ({
    status: 200,
    headers: headers(requestId),
    body:
      `${DECLARATION}<${operation.name}Response xmlns="${escapeXml(model.xmlNamespace)}/"><requestId>${requestId}</requestId>` +
      `${operation.output.name === '' ? '<return>true</return>' : encodeXmlMembers(operation.output, output)}</${operation.name}Response>`,
  }),
  encodeFailure: (_, failure, requestId) => ({
    status: failure.queryStatus,
    headers: headers(requestId),
    body:
      `${DECLARATION}<Response><Errors><Error><Code>${escapeXml(failure.queryCode)}</Code>` +
      `<Message>${escapeXml(failure.message)}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`,
  }),
}

/** The parameters of a Query request, in the body of a POST or the query of a GET. */
export function formOf(request: WireRequest): URLSearchParams {
  return new URLSearchParams(request.method === 'GET' ? request.query : bodyText(request))
}

function result(operation: OperationModel, output: Members): string {
  if (operation.output.name === '') return ''
  const members = encodeXmlMembers(operation.output, output)
  return members === '' ? `<${operation.name}Result/>` : `<${operation.name}Result>${members}</${operation.name}Result>`
}

const headers = (requestId: string) => ({ 'content-type': 'text/xml', 'x-amzn-requestid': requestId })
