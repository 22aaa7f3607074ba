import type { Context } from 'hono'
import { KibanError } from '../core/error.ts'
import { type HttpFields, LEFT_OUT, valueOfText } from '../core/http-fields.ts'
import { http } from '../core/messages/http.ts'

/** No input is nested nearly as deeply. */
const MAX_DEPTH = 30
/** Of fields that are not known so many are named. */
const MAX_TOLD = 10

/** The input of an operation from path, query and body; the operation's schema judges it. Throws `http.not-json`, `http.no-text`. */
export async function requestInput(c: Context, fields: HttpFields): Promise<Record<string, unknown>> {
  const given = fields.others === 'query' ? queryValues(c, fields) : await bodyValues(c, fields)
  const named = fields.path.filter((name) => c.req.param(name) !== LEFT_OUT || fields.required.includes(name))
  const path = Object.fromEntries(named.map((name) => [name, valueOfText(fields.schemas[name], [c.req.param(name) ?? ''])]))
  const input = { ...given, ...path }
  refuseNoText(input)
  return input
}

/** Neither a NUL nor half a character is text that a database keeps: https://www.postgresql.org/docs/current/datatype-character.html */
function refuseNoText(value: unknown, depth = 0): void {
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed())
      throw new KibanError('invalid', 'http.no-text', http.noText, { hint: http.noTextHint })
  } else if (typeof value === 'object' && value !== null) {
    if (depth > MAX_DEPTH) throw notJson()
    for (const [name, part] of Object.entries(value)) {
      refuseNoText(name)
      refuseNoText(part, depth + 1)
    }
  }
}

function queryValues(c: Context, { schemas }: HttpFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(c.req.queries()).map(([name, texts]) => [name, valueOfText(schemas[name], texts)]))
}

/** What is misspelt would be left out in silence, and what was asked for not be done. */
function refuseOtherFields(body: Record<string, unknown>, { schemas, path }: HttpFields): void {
  const others = Object.keys(body).filter((name) => !Object.hasOwn(schemas, name) || path.includes(name))
  if (others.length > 0)
    throw new KibanError('invalid', 'input.invalid', http.otherFields, {
      details: others.slice(0, MAX_TOLD).map(http.otherField),
      hint: http.noRouteHint,
    })
}

async function bodyValues(c: Context, fields: HttpFields): Promise<Record<string, unknown>> {
  const text = await c.req.text()
  if (text === '') return {}
  // A form, which any site can send without asking, is never taken for JSON.
  if (!/^application\/json\b/i.test(c.req.header('content-type') ?? '')) throw notJson()
  const body = parsed(text)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw notJson()
  refuseOtherFields(body as Record<string, unknown>, fields)
  return body as Record<string, unknown>
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw notJson()
  }
}

const notJson = () => new KibanError('invalid', 'http.not-json', http.notJson, { hint: http.notJsonHint })
