import { type ErrorKind, KibanError } from '../../../core/error.ts'

/** What was looked at, or what kept it from being seen: `iam:GetRole`. */
export type Seen<Value> = { value: Value } | { hidden: string }

/** What will be the same for every look, and is for the deployment to deal with. */
const serious = new Set<ErrorKind>(['throttled', 'unavailable', 'unauthenticated', 'internal'])

/** Looks, and takes a missing permission for an answer. */
export async function seen<Value>(action: string, look: () => Promise<Value>): Promise<Seen<Value>> {
  try {
    return { value: await look() }
  } catch (error) {
    if (!(error instanceof KibanError) || serious.has(error.kind)) throw error
    return { hidden: error.kind === 'forbidden' ? action : `${action}: ${error.text.en}` }
  }
}

/** The same for many things, each by its name. */
export async function seenEach<Value>(
  action: string,
  names: Iterable<string>,
  look: (name: string) => Promise<Value>,
): Promise<Map<string, Seen<Value>>> {
  const entries = [...new Set(names)].map(async (name) => [name, await seen(action, () => look(name))] as const)
  return new Map(await Promise.all(entries))
}
