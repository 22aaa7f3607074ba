// Timestamps as text and numbers: https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait
import { AwsError } from '../cloud.ts'
import type { TimestampFormat } from './shape.ts'

export function timestampText(date: Date, format: TimestampFormat): string {
  if (format === 'http-date') return date.toUTCString()
  if (format === 'epoch-seconds') return String(epochSeconds(date))
  return date.toISOString().replace('.000Z', 'Z')
}

export const epochSeconds = (date: Date): number => date.getTime() / 1000

export function timestampFrom(value: string | number, format: TimestampFormat): Date {
  // Clients send seconds where a date is expected and the other way round; AWS takes both.
  const seconds = typeof value === 'number' ? value : /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined
  const date = seconds === undefined ? new Date(value) : new Date(Math.round(seconds * 1000))
  if (Number.isNaN(date.getTime())) throw new AwsError('SerializationException', `Unparseable ${format} timestamp: ${value}`)
  return date
}
