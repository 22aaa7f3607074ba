// What a program wrote, made fit to be shown: it is data of strangers, and may hold escape sequences and secrets.

const LONGEST = 400
/** What is looked at of a line: some of the patterns below take time that grows with the square of it. */
const LOOKED_AT = 4_000
const MASK = '•••'

/** Sequences that move cursors, colour, set titles, link: ECMA-48 and what terminals added. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|[ -/]*[0-~])/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

/** What looks like a secret, with the part before it that stays. A guess: programs should not log secrets at all. */
const SECRETS: readonly RegExp[] = [
  /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s/@]+(?=@)/gi,
  /(["']?\b[\w.-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[\w.-]*["']?\s*[:=]\s*["']?)[^\s"',;&]+/gi,
  /(\bauthorization["']?\s*[:=]\s*["']?(?:basic|bearer)\s+)[^\s"',]+/gi,
  /()\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /()\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+/g,
]

/** One line without escape sequences, control characters and what looks like a secret, cut to a length. */
export function shownLine(raw: string): string {
  const plain = raw
    .slice(0, LOOKED_AT)
    .replace(ESCAPES, '')
    .replaceAll('\t', '    ')
    .replaceAll(/[\r\n]+/g, ' ')
    .replace(CONTROLS, '')
    .trimEnd()
  const masked = SECRETS.reduce((text, secret) => text.replace(secret, `$1${MASK}`), plain)
  return masked.length > LONGEST ? `${masked.slice(0, LONGEST - 1)}…` : masked
}

const FRAME = /^\s*(?:at |File "|from |\.{3} \d+ more|goroutine )/
const ERROR =
  /^\s*(?:(?:Uncaught |Unhandled |Caused by: )?[\w.$]*(?:Error|Exception|Panic)\b.*:|panic: |fatal(?: error)?:|FATAL|Traceback \(most recent)/i
const TOLD_AS_ERROR = /"?(?:level|severity)"?\s*[:=]\s*"?(?:error|fatal|critical|50|60)\b/i

/** The line that says most about why a program ended: an error's own line, a record of level error, else the last. */
export function tellingLine(lines: readonly string[]): string {
  const errors = lines.filter((line) => ERROR.test(line) && !FRAME.test(line))
  // Python tells the error last, after its frames.
  const python = errors.findLast((line) => !/^\s*Traceback/.test(line))
  const records = lines.filter((line) => TOLD_AS_ERROR.test(line))
  return (python ?? errors.at(-1) ?? records.at(-1) ?? lines.findLast((line) => line.trim() !== '') ?? '').trim()
}

/** The words of that line: of a record in JSON its message, with the error that it carries. */
export function tellingWords(lines: readonly string[]): string {
  const line = tellingLine(lines)
  const record = line.startsWith('{') ? parsed(line) : undefined
  const [message = '', error = ''] = record ? [stringOf(record, MESSAGES), errorIn(record)] : [cutMessage(line)]
  const words = message.includes(error) ? message : [message, error].filter(Boolean).join(': ')
  // Decoded, it may hold anything again.
  return words === '' ? line : shownLine(words.split(/[\r\n]/, 1)[0] ?? '')
}

/** kiban's own shape and those of pino, zap, Serilog, Logstash and .NET. */
const MESSAGES = ['message', 'msg', '@message', '@m', 'Message', '@mt']
const ERRORS = ['error', 'err', 'exception']
/** The message of a record that was cut, and so is no JSON any more. */
const CUT = /^\{.*?"(?:message|msg|@message|@m|Message)"\s*:\s*("(?:[^"\\]|\\.)*")/

type Fields = Record<string, unknown>

function parsed(line: string): Fields | undefined {
  try {
    return JSON.parse(line) as Fields
  } catch {
    return undefined
  }
}

function cutMessage(line: string): string | undefined {
  const found = CUT.exec(line)?.[1]
  return found === undefined ? undefined : stringOf(parsed(`{"message":${found}}`) ?? {}, MESSAGES)
}

const stringOf = (fields: Fields, names: readonly string[]): string | undefined =>
  names.map((name) => fields[name]).find((value): value is string => typeof value === 'string' && value.trim() !== '')

function errorIn(fields: Fields): string | undefined {
  const nested = ERRORS.map((name) => fields[name]).find((value) => typeof value === 'object' && value !== null)
  return stringOf(fields, ERRORS) ?? (nested ? stringOf(nested as Fields, MESSAGES) : undefined)
}

const LISTENING =
  /\b(?:listen(?:s|ing)?|serving|started server|server (?:is )?(?:running|started|ready)|bound|accepting connections)\b/i

/** From here on the system hands ports out by itself (IANA's dynamic ports, and Linux's from 32768): nobody means such a one. */
const FIRST_DYNAMIC_PORT = 32_768

/** The ports on which a program says that it listens; empty, with `says`, when it says so without a number. */
export function listeningPorts(lines: readonly string[]): { says: boolean; ports: string[] } {
  const said = lines.filter((line) => LISTENING.test(line))
  const ports = said.flatMap((line) => {
    const found = /\bport["']?\s*[:=]?\s*["']?(\d{2,5})\b/i.exec(line) ?? /(?:\]|[\w*.-]):(\d{2,5})\b(?![:.]\d)/.exec(line)
    return found?.[1] !== undefined && Number(found[1]) < FIRST_DYNAMIC_PORT ? found[1] : []
  })
  return { says: said.length > 0, ports: [...new Set(ports)] }
}
