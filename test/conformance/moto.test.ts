/**
 * The same calls to the sandbox and to moto, a simulation of AWS by others: what they answer is made alike, and errors
 * bear the same codes, but for the differences that `moto-differences.ts` lists with their reasons. moto is not AWS; it
 * checks no signature, runs no task and moves no rollout on, so that it says nothing of those.
 */
import { expect, onTestFinished, test } from 'vitest'
import { noPython, python } from './clients/boto.ts'
import { startMoto } from './clients/moto.ts'
import { sdkClient } from './clients/sdk.ts'
import { conformanceSandbox } from './conformance-sandbox.ts'
import { motoDifferences } from './moto-differences.ts'
import { type Played, play } from './scenario.ts'
import { mfa, refusals } from './scenarios/iam.ts'
import { scenarios } from './scenarios.ts'
import { differences, shapeOf } from './shape.ts'

if (python === undefined) console.warn(`SKIPPED: moto (${noPython})`)

const ANYONE = { accessKeyId: 'anyone', secretAccessKey: 'anything' }

test.skipIf(python === undefined)(
  `moto's answers are made as the sandbox's are (${python ?? noPython})`,
  async () => {
    const [sandbox, moto] = await Promise.all([conformanceSandbox(), startMoto()])
    onTestFinished(async () => {
      await Promise.all([sandbox.close(), moto.close()])
    })
    const ours = sdkClient(sandbox)
    const theirs = sdkClient({ endpoint: moto.endpoint, region: sandbox.region })
    const found: string[] = []
    for (const scenario of scenarios.filter((one) => one !== mfa && one !== refusals)) {
      const here = await play(scenario, ours, { administrator: sandbox.credentials })
      const there = await play(scenario, theirs, { administrator: ANYONE, patience: 1 })
      for (const [place, played] of here.entries()) found.push(...compared(played, there[place]))
    }
    const known = (line: string) => motoDifferences.some(({ lines }) => lines.test(line))
    expect([...new Set(found)].filter((line) => !known(line))).toEqual([])
    const stale = motoDifferences.filter(({ lines }) => !found.some((line) => lines.test(line)))
    expect(stale.map(({ lines }) => String(lines))).toEqual([])
  },
  180_000,
)

function compared({ step, outcome }: Played, there: Played | undefined): string[] {
  // moto lets everybody do everything.
  if (!there || step.as) return []
  if (!('answer' in outcome && 'answer' in there.outcome)) {
    const [ours, theirs] = [said(outcome), said(there.outcome)]
    return ours === theirs ? [] : [`${step.call} ${ours}, moto ${theirs}`]
  }
  return differences(shapeOf(outcome.answer), shapeOf(there.outcome.answer)).map((each) => `${step.call} ${each}`)
}

function said(outcome: Played['outcome']): string {
  if ('answer' in outcome) return 'answers'
  return 'code' in outcome ? outcome.code : 'breaks'
}
