const MAX_NAMES = 3
const MAX_COMPARED_LENGTH = 100

/** The names that are most like the one that was asked for; none when nothing is like it. */
export function nearestNames(asked: string, names: readonly string[]): string[] {
  const wanted = asked.toLowerCase()
  const scored = [...new Set(names)].map((name) => {
    const lower = name.toLowerCase()
    const isPart = wanted.length >= 3 && (lower.includes(wanted) || wanted.includes(lower))
    return { name, distance: isPart ? 1 : distance(wanted.slice(0, MAX_COMPARED_LENGTH), lower.slice(0, MAX_COMPARED_LENGTH)) }
  })
  const limit = Math.max(2, Math.floor(asked.length / 3))
  return scored
    .filter((one) => one.distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_NAMES)
    .map((one) => one.name)
}

/** Letters to insert, remove or change to make one word of the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
