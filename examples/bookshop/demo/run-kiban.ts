import { runCli } from '../../../src/cli/cli.ts'
import type { Screen } from './screen.ts'
import type { Stage } from './stage.ts'

/**
 * Runs a command of kiban as bin/kiban does, in this process: what it draws shares the terminal with the count of customers.
 * Gives its exit code.
 */
export async function runKiban(
  argv: readonly string[],
  { engine, repository, env }: Stage,
  { streams }: Screen,
  signal: AbortSignal,
): Promise<number> {
  const before = process.cwd()
  process.chdir(repository)
  try {
    const { operations } = engine
    // The engine is the stage's, and outlives the command.
    const lent = { ...engine, close: async () => {} }
    const exitCode = await runCli(argv, { operations, openEngine: () => lent, process: { ...streams, env }, signal })
    signal.throwIfAborted()
    return exitCode
  } finally {
    process.chdir(before)
  }
}
