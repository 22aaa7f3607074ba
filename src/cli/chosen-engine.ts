import type { Engine } from '../core/engine.ts'
import type { Operation } from '../core/operation.ts'
import type { Login } from './login-file.ts'

/** The engine of whoever is logged in to a server, else the local one; looked up when something is first asked. */
export function chosenEngine(
  operations: readonly Operation[],
  login: () => Promise<Login | undefined>,
  openLocal: () => Engine,
): Engine {
  let local: Engine | undefined
  const here = () => {
    local ??= openLocal()
    return local
  }
  let chosen: Promise<Engine> | undefined
  let loggedIn: Promise<Login | undefined> | undefined
  const found = () => {
    loggedIn ??= login()
    return loggedIn
  }
  const engine = () => {
    chosen ??= found().then(async (server) => {
      if (!server) return here()
      const { remoteEngine } = await import('./remote-engine.ts')
      return remoteEngine(operations, { url: new URL(server.url), token: server.token }, here)
    })
    return chosen
  }
  return {
    operations,
    call: async (name, input, signal) => (await engine()).call(name, input, signal),
    async *stream(name, input, signal) {
      yield* (await engine()).stream(name, input, signal)
    },
    isFar: async () => (await found()) !== undefined,
    close: async () => local?.close(),
  }
}
