// Functions of ecspresso's templates: environment variables and a Terraform state, from what is given and nothing else.
export interface Given {
  env: Readonly<Record<string, string>>
  /** A state of Terraform, version 4. */
  state: unknown
}

interface Missing {
  line: number
  column: number
  call: string
  /** Whether it would be resolved, were its value given. */
  isKnown: boolean
}

const CALL = /\{\{-?\s*(.*?)\s*-?\}\}/gs
const ARGUMENT = /"((?:[^"\\]|\\.)*)"|`([^`]*)`|'([^']*)'/g

/** The text with every call in the place of its value; what has none stays as it is written, and is told. */
export function resolved(text: string, given: Given): { text: string; missing: Missing[] } {
  const missing: Missing[] = []
  const plain = text.replace(CALL, (whole, inner: string, offset: number) => {
    const [name = ''] = inner.split(/\s/, 1)
    const args = [...inner.matchAll(ARGUMENT)].map(
      ([, double, back, single]) => double?.replace(/\\(.)/g, '$1') ?? back ?? single ?? '',
    )
    const value = resolvedCall(name, args, given)
    if (typeof value === 'string') return escaped(value)
    const before = text.slice(0, offset).split('\n')
    missing.push({ line: before.length, column: (before.at(-1)?.length ?? 0) + 1, call: whole, isKnown: value === undefined })
    // Quotes of a call within quotes would end them.
    return whole.replace(/"/g, '`')
  })
  return { text: plain, missing }
}

function resolvedCall(name: string, [first = '', otherwise]: string[], { env, state }: Given): string | undefined | null {
  switch (name) {
    case 'must_env':
      return Object.hasOwn(env, first) ? env[first] : undefined
    case 'env':
      return Object.hasOwn(env, first) && env[first] !== '' ? env[first] : (otherwise ?? '')
    case 'tfstate':
      return stateValue(state, first)
    default:
      return null
  }
}

/** Into a string of JSON or YAML, where calls stand. */
const escaped = (value: string): string => JSON.stringify(value).slice(1, -1)

interface State {
  outputs?: Record<string, { value?: unknown }>
  resources?: {
    module?: string
    mode?: string
    type?: string
    name?: string
    instances?: { index_key?: string | number; attributes?: Record<string, unknown> }[]
  }[]
}

/** `aws_subnet.private['a'].id`, `data.aws_iam_role.task.arn`, `module.net.aws_vpc.main.id`, `output.url`. */
function stateValue(state: unknown, address: string): string | undefined {
  const steps = [...address.matchAll(/\[\s*(?:["']([^"']*)["']|(\d+))\s*\]|([^.[\]]+)/g)].map(
    ([, key, index, name]) => key ?? index ?? name ?? '',
  )
  const { outputs = {}, resources = [] } = (state ?? {}) as State
  if (steps[0] === 'output') return textOf(dig(outputs[steps[1] ?? '']?.value, steps.slice(2)))
  let at = 0
  const module: string[] = []
  while (steps[at] === 'module') {
    module.push(`module.${steps[at + 1]}`)
    at += 2
  }
  const mode = steps[at] === 'data' ? 'data' : 'managed'
  if (mode === 'data') at++
  const [type, name, ...rest] = steps.slice(at)
  const found = resources.find(
    (one) =>
      one.type === type && one.name === name && (one.mode ?? 'managed') === mode && (one.module ?? '') === module.join('.'),
  )
  const instances = found?.instances ?? []
  const keyed = instances.find(({ index_key }) => index_key !== undefined && String(index_key) === rest[0])
  const attributes = (keyed ?? instances.find(({ index_key }) => index_key === undefined))?.attributes
  return textOf(dig(attributes, keyed ? rest.slice(1) : rest))
}

const dig = (value: unknown, steps: readonly string[]): unknown =>
  steps.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, step) ? Reflect.get(inner, step) : undefined,
    value,
  )

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
