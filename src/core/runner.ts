import type { Actor } from './actor.ts'
import { KibanError } from './error.ts'
import { errors } from './messages/errors.ts'
import type { Context, Operation } from './operation.ts'
import { can, type Place } from './permission.ts'
import { isRefusal, type Refusal } from './refusal.ts'

/** Hears what was refused to whom, before they are told. It never throws. */
export type Refused = (actor: Actor, refusal: Refusal) => Promise<void>

interface Admitted {
  operation: Operation
  input: never
  place: Place
}

/** Runs operations by their names: asks `can`, checks the input, runs. */
export function runner(list: readonly Operation[], refused?: Refused) {
  const find = (name: string, kind: Operation['kind'], given: unknown): Admitted => {
    const operation = list.find((candidate) => candidate.name === name && candidate.kind === kind)
    if (!operation)
      throw new KibanError('not-found', 'operation.unknown', errors.operationUnknown(name), { hint: errors.operationUnknownHint })
    const parsed = operation.input.safeParse(given)
    if (!parsed.success) {
      const details = parsed.error.issues.map((issue) => ({
        en: `${issue.path.join('.')}: ${issue.message}`,
        ja: `${issue.path.join('.')}: ${issue.message}`,
      }))
      throw new KibanError('invalid', 'input.invalid', errors.inputInvalid(name), {
        details,
        hint: errors.inputInvalidHint(name),
      })
    }
    return { operation, input: parsed.data as never, place: operation.place(parsed.data) }
  }
  const tell = async (error: unknown, { actor }: Context, { operation, place }: Admitted) => {
    if (isRefusal(error)) await refused?.(actor, { operation: operation.name, place: error.place ?? place, error })
  }
  return {
    async call(name: string, given: unknown, context: Context): Promise<unknown> {
      const admitted = find(name, 'call', given)
      const { operation, input } = admitted
      try {
        refuseWithoutPermission(admitted, context)
        return operation.kind === 'call' ? await operation.run(context, input) : undefined
      } catch (error) {
        await tell(error, context, admitted)
        throw error
      }
    },
    async *stream(name: string, given: unknown, context: Context): AsyncGenerator<unknown> {
      const admitted = find(name, 'stream', given)
      const { operation, input } = admitted
      try {
        refuseWithoutPermission(admitted, context)
        if (operation.kind === 'stream') yield* operation.run(context, input)
      } catch (error) {
        await tell(error, context, admitted)
        throw error
      }
    },
  }
}

/** Throws `permission.denied`. */
function refuseWithoutPermission({ operation, input, place }: Admitted, { actor }: Context): void {
  const permission = typeof operation.permission === 'function' ? operation.permission(input) : operation.permission
  if (can(actor, permission, place)) return
  throw new KibanError(
    'forbidden',
    'permission.denied',
    errors.permissionDenied(actor.name, operation.name, `${place.product}/${place.environment}`),
    { hint: errors.permissionDeniedHint(operation.name) },
  )
}
