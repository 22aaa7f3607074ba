// One JSON object per line on stdout, as factor XI has it.
const levels = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof levels)[number]

const lowest = Math.max(0, levels.indexOf((process.env.LOG_LEVEL ?? 'info') as Level))

export function log(level: Level, message: string, fields: Record<string, unknown> = {}): void {
  if (levels.indexOf(level) < lowest) return
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`)
}

export const errorFields = (error: unknown): Record<string, unknown> =>
  error instanceof Error ? { error: error.message, stack: error.stack } : { error: String(error) }
