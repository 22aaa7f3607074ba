// The audit as a file, for people with a spreadsheet and for programs; pure.
import type { ItemFile } from '../../core/operation.ts'
import type { EventItem } from './event-item.ts'

const columns = {
  at: ({ at }) => new Date(at).toISOString(),
  seq: ({ seq }) => String(seq),
  id: ({ id }) => id,
  type: ({ type }) => type,
  product: ({ product }) => product,
  environment: ({ environment = '' }) => environment,
  actor: ({ actor }) => actor,
  face: ({ face }) => face,
  subject: ({ subject }) => subject,
  reason: ({ data: { reason } }) => (typeof reason === 'string' ? reason : ''),
  text: ({ text }) => text.en,
  data: ({ data }) => JSON.stringify(data),
} satisfies Record<string, (event: EventItem) => string>

export const auditFiles: Record<'csv' | 'ndjson', ItemFile<EventItem>> = {
  csv: {
    name: 'kiban-audit.csv',
    type: 'text/csv; charset=utf-8; header=present',
    head: record(Object.keys(columns)),
    line: (event) => record(Object.values(columns).map((value) => value(event))),
  },
  ndjson: {
    name: 'kiban-audit.ndjson',
    type: 'application/x-ndjson',
    head: '',
    line: (event) => `${JSON.stringify(event)}\n`,
  },
}

/** A record of RFC 4180. */
function record(fields: readonly string[]): string {
  return `${fields.map(field).join(',')}\r\n`
}

/**
 * Spreadsheets run what looks like a formula, and people choose reasons and names; a quote before it makes it text.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
function field(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
