// Where an event stands among all of its group: by its timestamp, then by its arrival.

export interface Place {
  timestamp: number
  sequence: number
}

const TIMESTAMP_DIGITS = 20
const SEQUENCE_DIGITS = 36
const PLACE = /^\d{56}$/

/** Negative when `a` comes first. */
export function order(a: Place, b: Place): number {
  return a.timestamp - b.timestamp || a.sequence - b.sequence
}

/** 56 digits, as the event ids of CloudWatch Logs have. */
export function placeText({ timestamp, sequence }: Place): string {
  return String(timestamp).padStart(TIMESTAMP_DIGITS, '0') + String(sequence).padStart(SEQUENCE_DIGITS, '0')
}

export function placeFrom(text: string): Place | undefined {
  if (!PLACE.test(text)) return undefined
  return { timestamp: Number(text.slice(0, TIMESTAMP_DIGITS)), sequence: Number(text.slice(TIMESTAMP_DIGITS)) }
}
