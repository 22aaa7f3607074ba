// An error on its way through HTTP: RFC 9457 with kiban's kind, code and hint, and all words in both languages.
import { z } from 'zod'
import { type ErrorKind, KibanError } from './error.ts'
import type { ErrorCode } from './error-code.ts'
import type { Language, Text } from './text.ts'

export const PROBLEM_TYPE = 'application/problem+json'

/** The HTTP status of each kind of error. */
export const statusOfError = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  throttled: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<ErrorKind, number>

/** What HTTP tells apart, though it is all the same to a program. */
const statusOfCode: Partial<Record<ErrorCode, { status: number; title: string }>> = {
  'http.no-method': { status: 405, title: 'Method Not Allowed' },
  'http.too-large': { status: 413, title: 'Content Too Large' },
}

const kinds = Object.keys(statusOfError) as [ErrorKind, ...ErrorKind[]]
const Words = z.object({ en: z.string(), ja: z.string() })

export const Problem = z.object({
  /** `about:blank`, as the status says it all: RFC 9457 §4.2.1. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** In the language that was asked for. */
  detail: z.string(),
  kind: z.enum(kinds),
  code: z.string(),
  hint: z.string().optional(),
  /** Further places of the same mistake. */
  details: z.array(z.string()),
  requestId: z.string(),
  /** The words again in every language: one server speaks to many readers through one client. */
  words: z.object({ text: Words, hint: Words.optional(), details: z.array(Words) }),
})
export type Problem = z.infer<typeof Problem>

const titles: Record<ErrorKind, string> = {
  invalid: 'Bad Request',
  unauthenticated: 'Unauthorized',
  forbidden: 'Forbidden',
  'not-found': 'Not Found',
  conflict: 'Conflict',
  throttled: 'Too Many Requests',
  internal: 'Internal Server Error',
  unavailable: 'Service Unavailable',
}

export function problemOf(error: KibanError, requestId: string, language: Language): Problem {
  const { kind, code, text, hint, details } = error
  return {
    type: 'about:blank',
    title: titles[kind],
    status: statusOfError[kind],
    ...statusOfCode[code],
    detail: text[language],
    kind,
    code,
    hint: hint?.[language],
    details: details.map((detail) => detail[language]),
    requestId,
    words: { text, hint, details: [...details] },
  }
}

/** The error again; undefined when the answer is no problem of kiban's, as from a proxy on the way. */
export function errorOfProblem(body: unknown): KibanError | undefined {
  const parsed = Problem.safeParse(body)
  if (!parsed.success) return undefined
  const { kind, code, words } = parsed.data
  // A newer server may know codes that this client does not.
  return new KibanError(kind, code as ErrorCode, words.text as Text, { hint: words.hint, details: words.details })
}
