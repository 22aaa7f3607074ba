const CODE_MIN = 200
const CODE_MAX = 499

/** The HTTP codes of a health check's matcher, `200`, `200,202` or `200-299`; undefined when it is none. */
export function parsedMatcher(matcher: string): ((code: number) => boolean) | undefined {
  const ranges: [number, number][] = []
  for (const part of matcher.split(',')) {
    const found = /^(\d{3})(?:-(\d{3}))?$/.exec(part)
    if (!found) return undefined
    const [from, to] = [Number(found[1]), Number(found[2] ?? found[1])]
    if (from < CODE_MIN || to > CODE_MAX || from > to) return undefined
    ranges.push([from, to])
  }
  return (code) => ranges.some(([from, to]) => code >= from && code <= to)
}
