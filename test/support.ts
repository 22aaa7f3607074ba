// A sandbox for a test, and clients for it.
import { type Sandbox, type SandboxOptions, startSandbox } from '../src/sandbox/sandbox.ts'

/** Starts a sandbox whose log is kept rather than printed; `await using` closes it. */
export async function testSandbox(options: SandboxOptions = {}): Promise<Sandbox & AsyncDisposable & { log: string[] }> {
  const log: string[] = []
  const sandbox = await startSandbox({ log: (line) => log.push(line), ...options })
  return { ...sandbox, log, [Symbol.asyncDispose]: () => sandbox.close() }
}
