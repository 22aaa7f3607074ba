// Where the fields of an operation's input travel in HTTP: the one rule for the server, its clients and the API document.
import { z } from 'zod'
import type { Operation } from './operation.ts'

/** What of a field's JSON Schema decides how its text is read. */
export interface FieldSchema {
  type?: string
  items?: FieldSchema
  description?: string
}

export interface HttpFields {
  /** By name, in the order of the path. */
  path: string[]
  /** Whether all others travel in the query (methods without a body) or in a JSON body. */
  others: 'query' | 'body'
  schemas: Record<string, FieldSchema>
  required: string[]
}

/** Stands in a path for a field that is left out. */
export const LEFT_OUT = '-'

export function httpFields(operation: Pick<Operation, 'http' | 'input'>): HttpFields {
  const schema = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, FieldSchema>
    required?: string[]
  }
  const { method, path } = operation.http
  return {
    path: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''),
    others: method === 'GET' || method === 'DELETE' ? 'query' : 'body',
    schemas: schema.properties ?? {},
    required: schema.required ?? [],
  }
}

/** The value that a text of a path or a query stands for; what is not one stays text, and the schema refuses it. */
export function valueOfText(schema: FieldSchema | undefined, texts: readonly string[]): unknown {
  if (schema?.type === 'array') return texts.flatMap((text) => text.split(',')).map((text) => valueOfText(schema.items, [text]))
  const text = texts.at(-1) ?? ''
  if ((schema?.type === 'number' || schema?.type === 'integer') && text.trim() !== '' && Number.isFinite(Number(text)))
    return Number(text)
  if (schema?.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
