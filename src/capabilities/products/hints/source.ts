/** The health path that a program's source names, by the names that are usual. */
export function healthIn(source: string): string | undefined {
  return /['"`](\/(?:[\w-]+\/)*(?:healthz?|livez|readyz|up|_health|ping|status))['"`]/.exec(source)?.[1]
}
