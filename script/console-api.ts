// The console's view of the API: a type for each operation's input and answer, made from the OpenAPI document alone.
interface Schema {
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  items?: Schema
  prefixItems?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  $ref?: string
}

interface Entry {
  operationId: string
  summary: string
  'x-risk': number
  parameters?: { name: string; in: 'path' | 'query'; required: boolean; schema: Schema }[]
  requestBody?: { content: { 'application/json': { schema: Schema } } }
  responses: { 200: { content: Record<string, { schema: Schema }> } }
}

export interface ApiDocument {
  paths: Record<string, Record<string, Entry>>
  components: { schemas: Record<string, Schema> }
}

export function consoleApi(document: ApiDocument): string {
  const entries = Object.entries(document.paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, entry]) => ({ path, method: method.toUpperCase(), entry })),
    )
    .sort((a, b) => (a.entry.operationId < b.entry.operationId ? -1 : 1))
  const of = (media: string) =>
    entries
      .filter(({ entry }) => media in entry.responses[200].content)
      .map(
        ({ entry }) =>
          `  '${entry.operationId}': { input: ${inputType(entry)}; output: ${typeOf(entry.responses[200].content[media]?.schema)} }`,
      )
  return [
    '// Made from openapi.json by script/generate.',
    `export const routes = {\n${entries.map(({ path, method, entry }) => `  '${entry.operationId}': ['${method}', '${path}', ${entry['x-risk']}],`).join('\n')}\n} as const satisfies Record<string, readonly [method: string, path: string, risk: number]>`,
    `export interface Calls {\n${of('application/json').join('\n')}\n}`,
    `export interface Streams {\n${of('text/event-stream').join('\n')}\n}`,
    ...Object.entries(document.components.schemas).map(([name, schema]) => `export type ${name} = ${typeOf(schema)}`),
    '',
  ].join('\n\n')
}

function inputType(entry: Entry): string {
  const parameters = (entry.parameters ?? []).map(({ name, required, schema }) => member(name, schema, required))
  const body = entry.requestBody?.content['application/json'].schema
  const fields = Object.entries(body?.properties ?? {}).map(([name, schema]) =>
    member(name, schema, body?.required?.includes(name) ?? false),
  )
  return block([...parameters, ...fields])
}

function typeOf(schema: Schema | undefined): string {
  if (!schema) return 'unknown'
  if (schema.$ref) return schema.$ref.replace(/^.*\//, '')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const several = schema.anyOf ?? schema.oneOf
  if (several) return unionOf(several.map(typeOf))
  if (schema.allOf) return schema.allOf.map(typeOf).join(' & ')
  if (Array.isArray(schema.type)) return unionOf(schema.type.map((type) => typeOf({ ...schema, type })))
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type
    case 'number':
    case 'integer':
      return 'number'
    case 'array':
      if (schema.prefixItems) return `[${schema.prefixItems.map(typeOf).join(', ')}]`
      return `(${typeOf(schema.items)})[]`
    case 'object':
      return objectType(schema)
    default:
      return 'unknown'
  }
}

function objectType({ properties, required = [], additionalProperties }: Schema): string {
  const members = Object.entries(properties ?? {}).map(([name, schema]) => member(name, schema, required.includes(name)))
  if (members.length > 0) return block(members)
  return `Record<string, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'}>`
}

const member = (name: string, schema: Schema, required: boolean): string =>
  `${/^[a-z_$][\w$]*$/i.test(name) ? name : JSON.stringify(name)}${required ? '' : '?'}: ${typeOf(schema)}`
const block = (members: string[]): string => (members.length > 0 ? `{ ${members.join('; ')} }` : 'Record<string, never>')
const unionOf = (types: string[]): string => [...new Set(types)].join(' | ')
