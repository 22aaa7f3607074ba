// The OpenAPI document, made from the operations alone.
import { z } from 'zod'
import { httpFields } from './http-fields.ts'
import type { Operation, StreamOperation } from './operation.ts'
import { Problem } from './problem.ts'

/** https://spec.openapis.org/oas/v3.1.1 */
const OPENAPI_VERSION = '3.1.1'

/** The document of the HTTP API: a path item per operation; streams answer with server-sent events. */
export function openapi(operations: readonly Operation[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  const served = operations.filter((operation) => !operation.local)
  for (const operation of served.sort((a, b) => (a.http.path < b.http.path ? -1 : 1))) {
    const { method, path } = operation.http
    paths[path] = { ...paths[path], [method.toLowerCase()]: entry(operation) }
  }
  paths['/streams'] = { get: combinedStreams }
  return {
    openapi: OPENAPI_VERSION,
    info: { title: 'kiban', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      schemas: { Problem: plain(z.toJSONSchema(Problem)) },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ token: [] }],
  }
}

/** The one path that is no operation: a browser follows several of them over one connection. */
const combinedStreams = {
  operationId: 'streams',
  summary: 'Follow several streams over one connection',
  description:
    'Each `follow` is the path and query of a stream, and behind a `#` the id after which it goes on. Ids of the answer are `<place in the list>/<id>`.',
  tags: ['streams'],
  'x-risk': 0,
  parameters: [
    { name: 'follow', in: 'query', required: true, schema: { type: 'array', items: { type: 'string' }, minItems: 1 } },
  ],
  responses: {
    200: {
      description: 'Events of all of them as they come',
      content: { 'text/event-stream': { schema: { type: 'object' } } },
    },
    default: {
      description: 'Problem',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  },
}

function entry(operation: Operation): object {
  const { path, others, schemas, required: needed } = httpFields(operation)
  const inPath = new Set(path)
  const fields = Object.entries(schemas).map(([name, field]) => [name, plain(field)] as const)
  const rest = fields.filter(([name]) => !inPath.has(name))
  const required = needed.filter((name) => !inPath.has(name))
  const reads = others === 'query'
  const parameters = [
    ...fields.filter(([name]) => inPath.has(name)).map(([name, field]) => ({ name, in: 'path', required: true, schema: field })),
    ...(reads ? rest.map(([name, field]) => ({ name, in: 'query', required: required.includes(name), schema: field })) : []),
  ]
  return {
    operationId: operation.name,
    summary: operation.summary.en,
    tags: [operation.name.split('.')[0]],
    'x-risk': operation.risk,
    ...(operation.permission === 'public' ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(reads || rest.length === 0
      ? {}
      : {
          requestBody: {
            required: required.length > 0,
            content: {
              'application/json': {
                schema: { type: 'object', properties: Object.fromEntries(rest), required, additionalProperties: false },
              },
            },
          },
        }),
    responses: {
      ...(operation.kind === 'stream' ? { 202: firstItem(operation) } : {}),
      200: {
        description: operation.summary.en,
        content:
          operation.kind === 'call'
            ? { 'application/json': { schema: plain(z.toJSONSchema(operation.output, { unrepresentable: 'any' })) } }
            : {
                'text/event-stream': { schema: plain(z.toJSONSchema(operation.item, { unrepresentable: 'any' })) },
                ...Object.fromEntries(
                  Object.values(operation.files ?? {}).map(({ type }) => [type, { schema: { type: 'string' } }]),
                ),
              },
      },
      default: {
        description: 'Problem',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

/** What is answered to whoever does not take a stream. */
const firstItem = ({ item }: StreamOperation): object => ({
  description: 'The first item alone, or an empty object while there is none',
  content: {
    'application/json': {
      schema: { anyOf: [plain(z.toJSONSchema(item, { unrepresentable: 'any' })), { type: 'object', maxProperties: 0 }] },
    },
  },
})

/** A schema without what only the command line reads. */
function plain(schema: object): object {
  return JSON.parse(
    JSON.stringify(schema, (key, value) =>
      (key === 'ja' && typeof value === 'string') || key === '$schema' ? undefined : value,
    ),
  )
}
