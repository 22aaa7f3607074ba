// One line as a program wrote it, and what it says when it is JSON in the usual shape.
import { z } from 'zod'

export const LogLine = z.object({
  at: z.number(),
  service: z.string(),
  container: z.string(),
  /** Id of the task that wrote it. */
  task: z.string(),
  /** As it was written. */
  message: z.string(),
  /** Read from the message where it is a JSON object with a message of its own. */
  record: z.object({ level: z.string().optional(), message: z.string(), fields: z.record(z.string(), z.unknown()) }).optional(),
  /** CloudWatch's own; one line has one, wherever it is seen. */
  id: z.string(),
})
export type LogLine = z.infer<typeof LogLine>

/** Names that programs use for the same thing. */
const LEVELS = ['level', 'severity', 'lvl']
const MESSAGES = ['message', 'msg']
const TIMES = ['time', 'timestamp', '@timestamp', 'ts']

/** Levels of pino and bunyan: https://getpino.io/#/docs/api?id=logger-level */
const NUMBERED: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }

export function recordOf(message: string): LogLine['record'] {
  if (!message.startsWith('{')) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(message)
  } catch {
    return undefined
  }
  const all = parsed as Record<string, unknown>
  const text = MESSAGES.map((name) => all[name]).find((value) => typeof value === 'string')
  if (text === undefined) return undefined
  const level = LEVELS.map((name) => all[name]).find((value) => typeof value === 'string' || typeof value === 'number')
  const told = new Set([...LEVELS, ...MESSAGES, ...TIMES])
  return {
    ...(level === undefined
      ? {}
      : { level: typeof level === 'number' ? (NUMBERED[level] ?? String(level)) : String(level).toLowerCase() }),
    message: String(text),
    fields: Object.fromEntries(Object.entries(all).filter(([name]) => !told.has(name))),
  }
}
