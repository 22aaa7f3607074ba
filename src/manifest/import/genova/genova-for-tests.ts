// How genova renders a task definition, written anew from what it does: the other side of the round trip. Merging is that of
// ActiveSupport's deep_merge at the top and of the deep_merge gem (arrays united) inside of containers, with the lists that
// genova resets first, by the override's index in both lists.
import { parseDocument, visit } from 'yaml'

export type Snake = Record<string, unknown>

const isMap = (value: unknown): value is Snake => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Ruby writes a float with its point: `1.0`. */
export function rubyYaml(text: string): unknown {
  const document = parseDocument(text, { version: '1.1', merge: true })
  visit(document, {
    Scalar(_, scalar) {
      if (Number.isInteger(scalar.value) && scalar.source?.includes('.')) scalar.value = `${scalar.value}.0`
    },
  })
  return document.toJS()
}

/** Lists that an override replaces; every other list is united with the template's. */
const RESET = [
  ['command'],
  ['entry_point'],
  ['links'],
  ['dns_servers'],
  ['dns_search_domains'],
  ['health_check', 'command'],
  ['linux_parameters', 'capabilities', 'add'],
  ['linux_parameters', 'capabilities', 'drop'],
]

/** What genova sends to RegisterTaskDefinition, without its own tags. */
export function genovaRenders(
  template: string,
  overrides: Snake | undefined,
  tag: string,
  decrypt: (base64: string) => string,
): Snake {
  const base = rubyYaml(template) as Snake
  const { container_definitions: containerOverrides, ...top } = overrides ?? {}
  const merged = deepMerged(base, top)
  const containers = (merged.container_definitions as Snake[]).map((container) => structuredClone(container))
  for (const [index, override] of ((containerOverrides ?? []) as Snake[]).entries()) {
    const at = containers.findIndex(({ name }) => name === override.name)
    if (at < 0) continue
    for (const path of RESET) if (dig(override, path) !== undefined) reset(containers[index], path)
    const own = containers[at] as Snake
    if (Array.isArray(own.environment) && Array.isArray(override.environment)) {
      const named = new Set((override.environment as Snake[]).map(({ name }) => name))
      own.environment = (own.environment as Snake[]).filter(({ name }) => !named.has(name))
    }
    containers[at] = united(own, override) as Snake
  }
  const tagged = replaced({ ...merged, container_definitions: containers }, tag) as Snake
  for (const container of tagged.container_definitions as Snake[]) {
    for (const variable of (container.environment ?? []) as Snake[]) {
      const text = variable.value === null ? '' : String(variable.value)
      const [, ciphertext] = /^\$\{(.+)\}$/.exec(text) ?? []
      variable.value = ciphertext === undefined ? text : decrypt(ciphertext)
    }
  }
  return tagged
}

const dig = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (isMap(inner) ? inner[key] : undefined), value)

function reset(container: Snake | undefined, path: readonly string[]): void {
  const parent = dig(container, path.slice(0, -1))
  if (isMap(parent)) delete parent[path.at(-1) ?? '']
}

function deepMerged(base: Snake, over: Snake): Snake {
  const result = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const before = base[key]
    result[key] = isMap(before) && isMap(value) ? deepMerged(before, value) : value
  }
  return result
}

function united(base: unknown, over: unknown): unknown {
  if (isMap(base) && isMap(over)) {
    const keys = new Set([...Object.keys(base), ...Object.keys(over)])
    return Object.fromEntries(
      [...keys].map((key) => [key, key in over ? (key in base ? united(base[key], over[key]) : over[key]) : base[key]]),
    )
  }
  if (!Array.isArray(base) || !Array.isArray(over)) return over
  const has = (one: unknown) => base.some((other) => JSON.stringify(other) === JSON.stringify(one))
  return [...base, ...over.filter((one) => !has(one))]
}

function replaced(value: unknown, tag: string): unknown {
  if (typeof value === 'string') return value.replaceAll('{{tag}}', tag)
  if (Array.isArray(value)) return value.map((inner) => replaced(inner, tag))
  return isMap(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner, tag)])) : value
}

/** What the AWS SDK for Ruby makes of it on the wire. */
export function onTheWire(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((inner) => onTheWire(inner))
  if (!isMap(value)) return value
  if (['docker_labels', 'options', 'driver_opts', 'labels'].includes(key)) return value
  const camel = (name: string) =>
    name
      .split('_')
      .map((part, at) => (at === 0 ? part : part.slice(0, 1).toUpperCase() + part.slice(1)))
      .join('')
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [camel(name), onTheWire(inner, name)]))
}
