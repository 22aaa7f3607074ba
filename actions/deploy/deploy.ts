// Starts what is wanted, follows it to its end, and tells the job of it.
import { setTimeout } from 'node:timers/promises'
import { exitCodeOfVerdict } from '../../src/cli/exit-code.ts'
import type { Language, Text } from '../../src/core/text.ts'
import { BadInput } from '../input.ts'
import { plainLines } from '../plain-view.ts'
import { annotate, type Environment, group, print, setOutput, summarize } from '../runner.ts'
import { type Wanted, wantedOf } from './inputs.ts'
import { Refused, Server } from './server.ts'
import { causeLines, type Seen, startOf } from './started.ts'
import { refusalSummary, summary } from './summary.ts'
import { words } from './words.ts'

const EXIT = { refused: 1, badInput: 2, cancelled: 130 }
/** A job that is cancelled has ten seconds: to hear what was started, and to have it taken back. */
const CANCEL_MS = { heard: 3_000, asked: 4_000 }

/** The exit code of the step. `cancelled` is aborted when the job is. */
export async function deploy(environment: Environment, cancelled: AbortSignal): Promise<number> {
  let wanted: Wanted
  try {
    wanted = wantedOf(environment)
  } catch (error) {
    if (!(error instanceof BadInput)) throw error
    annotate('error', 'kiban', error.message)
    return EXIT.badInput
  }
  const server = new Server(wanted, environment)
  const title = `${wanted.product} → ${wanted.environment}`
  const started = Promise.withResolvers<void>()
  const leave = new AbortController()
  cancelled.addEventListener('abort', async () => {
    await Promise.race([started.promise, setTimeout(CANCEL_MS.heard, undefined, { ref: false })])
    leave.abort()
  })
  let seen: Seen | undefined
  try {
    await group(title, async () => {
      const { path, body, seenIn } = startOf(wanted)
      for await (const item of server.follow({ path, body, key: wanted.key, signal: leave.signal })) {
        const before = seen
        seen = seenIn(item)
        for (const line of plainLines(seen.lines, wanted.language)) print(line)
        if (before) continue
        started.resolve()
        setOutput(environment, 'id', seen.id)
        setOutput(environment, 'url', seen.url)
      }
    })
  } catch (error) {
    if (leave.signal.aborted) return left(server, wanted, seen)
    if (!(error instanceof Refused)) throw error
    return refused(environment, wanted, error)
  }
  if (!seen) throw new Error('The server said nothing')
  return ended(environment, wanted, seen)
}

async function ended(environment: Environment, wanted: Wanted, seen: Seen): Promise<number> {
  const { language } = wanted
  const { verdict } = seen
  setOutput(environment, 'commit', seen.commit ?? '')
  setOutput(environment, 'verdict', verdict ?? '')
  summarize(environment, summary(wanted, seen))
  if (verdict === undefined) {
    annotate('notice', 'kiban', words.leftRunning(seen.id)[language])
    return 0
  }
  if (verdict === 'succeeded') return 0
  if (seen.causes.length > 0)
    await group(words.why[language], () => {
      for (const line of plainLines(causeLines(seen.causes), language)) print(line)
    })
  const [main] = seen.causes
  const why = [main?.title, main?.next, seen.error?.text, seen.error?.hint].filter((one) => one !== undefined)
  const told = [words.ended(seen.id, verdict), ...why].map((one) => one[language])
  annotate('error', `kiban: ${verdict}`, [...told, seen.url].join('\n'))
  return exitCodeOfVerdict[verdict]
}

function refused(environment: Environment, { language }: Wanted, error: Refused): number {
  const said = [error.words, error.hint].filter((one) => one !== undefined).map((one: Text) => one[language])
  annotate('error', `kiban: ${error.code}`, said.join('\n'))
  summarize(environment, refusalSummary(error, language))
  return EXIT.refused
}

/** The job was cancelled: what becomes of what it started is said, whatever it is. */
async function left(server: Server, wanted: Wanted, seen: Seen | undefined): Promise<number> {
  const say = (level: 'error' | 'warning', text: Text) => annotate(level, 'kiban', text[wanted.language as Language])
  if (!seen) say('error', words.notKnown(new URL(`/p/${wanted.product}`, wanted.server).href))
  else if (wanted.onCancel === 'leave') say('warning', words.goesOn(seen.id, seen.url))
  else {
    const key = `${wanted.key} cancelled`
    try {
      const body = { ...seen.cancel.body, reason: words.cancelled.en, detach: true }
      await server.ask({ path: seen.cancel.path, body, key, signal: AbortSignal.timeout(CANCEL_MS.asked) })
      say('warning', words.takenBack(seen.id, seen.url))
    } catch {
      say('error', words.notCancelled(seen.id, seen.url))
    }
  }
  return EXIT.cancelled
}
