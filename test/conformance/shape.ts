// What an answer is made of, without its values: `cluster.clusterArn: string`, `tasks[].createdAt: time`.

/** Types by path; several joined by `|` where the items of a list differ. What is empty or has no value is not there. */
export function shapeOf(answer: unknown): Map<string, string> {
  const found = new Map<string, Set<string>>()
  collect(answer, '', found)
  return new Map(Array.from(found, ([path, types]) => [path, [...types].sort().join('|')]))
}

function collect(value: unknown, path: string, found: Map<string, Set<string>>): void {
  if (value === null || value === undefined) return
  if (Array.isArray(value)) {
    for (const item of value) collect(item, `${path}[]`, found)
  } else if (typeof value === 'object') {
    for (const [key, entry] of Object.entries(value)) {
      const name = UUID.test(key) ? '{uuid}' : key
      collect(entry, path === '' ? name : `${path}.${name}`, found)
    }
  } else {
    const types = found.get(path) ?? new Set()
    found.set(path, types.add(typeOf(value)))
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

const typeOf = (value: unknown): string => (typeof value === 'string' && TIME.test(value) ? 'time' : typeof value)

/** What stands in one answer and not in the other, or otherwise there: `-cluster.tags[].key: string`. */
export function differences(ours: Map<string, string>, theirs: Map<string, string>): string[] {
  const less = [...ours].filter(([path]) => !theirs.has(path)).map(([path, type]) => `-${path}: ${type}`)
  const more = [...theirs].filter(([path]) => !ours.has(path)).map(([path, type]) => `+${path}: ${type}`)
  const other = [...ours].flatMap(([path, type]) => {
    const is = theirs.get(path)
    return is === undefined || is === type ? [] : [`${path}: ${type}, not ${is}`]
  })
  return [...less, ...more, ...other].sort()
}
