// The demo: script/demo runs it as the one command of a sandbox.
import { rm } from 'node:fs/promises'
import { constants } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { type DemoOptions, demoOptions } from './demo-options.ts'
import { type Ending, endingJson, isKept, noRequests, showEnding } from './ending.ts'
import { play } from './play.ts'
import { type Screen, screenOf } from './screen.ts'
import { openStage, type Stage } from './stage.ts'
import { deploymentsOf, type Told, tell } from './story.ts'
import { DemoError, showTrouble } from './trouble.ts'
import { words } from './words.ts'

const EXIT_USAGE = 2
const EXIT_BY_SIGNAL = 128
/** What still holds the process when everything is closed is given up. */
const LINGER_MS = 2_000
/** Longer than any request may take. */
const CLOSING_MS = 15_000
const SAME_WISH_MS = 500

process.exitCode = await main()
setTimeout(() => process.exit(), LINGER_MS).unref()

async function main(): Promise<number> {
  const { KIBAN_DEMO_FOLDER: folder, KIBAN_DEMO_SPEED: speed, KIBAN_DEMO_BEGUN: begun } = process.env
  const options = demoOptions(process.argv.slice(2), process.env)
  const screen = screenOf(process, options.language)
  try {
    if ('wrong' in options) {
      screen.show([
        { kind: 'line', line: options.wrong, mark: 'bad' },
        { kind: 'text', text: words.usage },
      ])
      return EXIT_USAGE
    }
    if (options.help) {
      screen.show([{ kind: 'text', text: words.usage }])
      return 0
    }
    if (!folder) throw new DemoError(words.notInSandbox, words.notInSandboxHint)
    return await demo(options, screen, { folder, speed: Number(speed), begun: Number(begun) })
  } catch (error) {
    screen.show(await showTrouble(error, folder))
    return 1
  } finally {
    if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

interface Begun {
  folder: string
  speed: number
  /** Epoch seconds when script/demo was called: what it installs counts. */
  begun: number
}

async function demo(options: DemoOptions, screen: Screen, { folder, speed, begun }: Begun): Promise<number> {
  const { signal } = interruptions()
  signal.addEventListener('abort', () => screen.mute())
  const told: Told = { url: undefined, traffic: undefined, deployments: [] }
  const ending = async (): Promise<Ending> => ({
    told,
    promised: deploymentsOf(options.bad),
    count: (await told.traffic?.total()) ?? noRequests,
    seconds: Math.round(Date.now() / 1000 - begun),
  })
  let stage: Stage | undefined
  let last: Ending | undefined
  let exitCode = 1
  let played = false
  try {
    screen.show([{ kind: 'heading', line: words.title }])
    stage = await openStage(folder, options.language)
    await tell({ speed, bad: options.bad }, stage, screen, told, signal)
    last = await ending()
    exitCode = isKept(last) ? 0 : 1
    screen.show(showEnding(last, speed))
    if (exitCode !== 0) screen.show([{ kind: 'line', line: words.broken, mark: 'bad' }])
    if (!options.exit) {
      played = true
      await play(stage, screen, told, signal)
    }
  } catch (error) {
    exitCode = signal.aborted ? EXIT_BY_SIGNAL + constants.signals[signal.reason as NodeJS.Signals] : 1
    if (!signal.aborted) screen.show(await showTrouble(error, folder))
  }
  screen.footer(undefined)
  last ??= await ending()
  await within(CLOSING_MS, told.traffic?.stop())
  await within(CLOSING_MS, stage?.close())
  screen.show([{ kind: 'line', line: signal.aborted && !played ? words.interrupted : words.gone, mark: 'muted' }])
  if (options.json) screen.terminal.stdout.write(`${JSON.stringify(endingJson(last))}\n`)
  return exitCode
}

/** Aborted by the first signal that asks for an end. Who cannot wait for it presses Ctrl-C once more. */
function interruptions(): AbortController {
  const asked = new AbortController()
  let askedAt = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // One wish for an end may come twice: to the group of processes, and handed on by the sandbox.
      const again = asked.signal.aborted && signal === 'SIGINT' && performance.now() - askedAt > SAME_WISH_MS
      if (again) process.exit(EXIT_BY_SIGNAL + constants.signals[signal])
      if (!asked.signal.aborted) askedAt = performance.now()
      asked.abort(signal)
    })
  }
  return asked
}

/** Waits for an end that may not come, on a full disk say, but not for ever. */
async function within(ms: number, end: Promise<unknown> | undefined): Promise<void> {
  await Promise.race([end, wait(ms, undefined, { ref: false })]).catch(() => {})
}
