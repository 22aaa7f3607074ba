/**
 * Lets the SDK see a caller's environment variables instead of this process's. It reads `process.env` in some thirty places
 * (credentials, profiles, regions, endpoints, roles of containers) and takes no other object, so while a request of another
 * caller is on its way `process.env` answers with that caller's variables. Nothing else of this process sees a change.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { type CallerEnvironment, isCarried } from '../core/caller.ts'

const callers = new AsyncLocalStorage<CallerEnvironment>()
let own: NodeJS.ProcessEnv | undefined

/** Runs with the variables of a caller, in all that it awaits; with those of this process when there is none. */
export function inEnvironmentOf<Result>(caller: CallerEnvironment | undefined, run: () => Result): Result {
  if (caller === undefined) return run()
  standIn()
  return callers.run(caller, run)
}

function standIn(): void {
  if (own) return
  own = process.env
  const seen = (name: string | symbol): string | undefined => {
    const caller = callers.getStore()
    return caller && typeof name === 'string' && isCarried(name) ? caller[name] : Reflect.get(own as object, name)
  }
  process.env = new Proxy(own, {
    get: (_, name) => seen(name),
    has: (_, name) => seen(name) !== undefined,
    ownKeys(target) {
      const caller = callers.getStore()
      const names = Reflect.ownKeys(target)
      if (!caller) return names
      return [...names.filter((name) => typeof name !== 'string' || !isCarried(name)), ...Object.keys(caller)]
    },
    getOwnPropertyDescriptor(_, name) {
      const value = seen(name)
      return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true }
    },
  })
}
