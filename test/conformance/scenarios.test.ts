/**
 * The same calls by three clients: the AWS SDK, Debian's `aws`, whose models and serializers are botocore's of early
 * 2023, and botocore of today. Each has a sandbox of its own. What the two read in an answer is laid beside what the SDK
 * reads: the sandbox writes with the SDK's schemas, so that only others can tell whether AWS's clients understand it.
 */
import { afterAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { testSandbox } from '../support.ts'
import { awsCli, awsCliClient, noAwsCli } from './clients/aws-cli.ts'
import { botoClient, cborClient, noPython, python } from './clients/boto.ts'
import { sdkClient } from './clients/sdk.ts'
import { conformanceSandbox } from './conformance-sandbox.ts'
import { newerMembers } from './newer-members.ts'
import { type Client, expectAsSaid, type Played, play, type Scenario } from './scenario.ts'
import { cloudwatch } from './scenarios/cloudwatch.ts'
import { scenarios } from './scenarios.ts'
import { type ServiceName, services } from './services.ts'
import { differences, shapeOf } from './shape.ts'

const stages = new Map<string, Promise<{ sandbox: Sandbox; client: Client }>>()
const plays = new Map<string, Promise<Played[]>>()

afterAll(async () => {
  for (const { sandbox, client } of await Promise.all(stages.values())) {
    await client.close()
    await sandbox.close()
  }
})

async function stage(clientFor: (sandbox: Sandbox) => Client) {
  const sandbox = await conformanceSandbox()
  return { sandbox, client: clientFor(sandbox) }
}

/** Each client plays a scenario once, whoever asks. */
function playedBy(clientFor: (sandbox: Sandbox) => Client, scenario: Scenario): Promise<Played[]> {
  const on = stages.get(clientFor.name) ?? stage(clientFor)
  stages.set(clientFor.name, on)
  const key = `${clientFor.name}: ${scenario.name}`
  const played =
    plays.get(key) ?? on.then(({ client, sandbox }) => play(scenario, client, { administrator: sandbox.credentials }))
  plays.set(key, played)
  return played
}

const cli = { name: `The aws CLI (${awsCli ?? noAwsCli})`, clientFor: awsCliClient, isHere: awsCli !== undefined }
const boto = { name: `botocore (${python ?? noPython})`, clientFor: botoClient, isHere: python !== undefined }
const WITNESSES = [
  { ...cli, isOlder: true, plays: scenarios },
  { ...boto, isOlder: false, plays: scenarios },
  // The one service of the sandbox that botocore's models give CBOR to.
  { ...boto, name: `botocore in CBOR (${python ?? noPython})`, clientFor: cborClient, isOlder: false, plays: [cloudwatch] },
]

describe('The AWS SDK', () => {
  test.each(scenarios)('$name', async (scenario) => {
    for (const [place, played] of (await playedBy(sdkClient, scenario)).entries()) expectAsSaid(played, place)
  })
})

for (const { name, clientFor, isHere, isOlder, plays } of WITNESSES) {
  if (!isHere) console.warn(`SKIPPED: ${name}`)
  describe.skipIf(!isHere)(name, () => {
    test.each(plays)('$name', async (scenario) => {
      const reference = await playedBy(sdkClient, scenario)
      const made = await playedBy(clientFor, scenario)
      for (const [place, played] of made.entries()) expectAsSaid(played, place)
      expect(made.flatMap((played, place) => misread(played, reference[place], isOlder))).toEqual([])
    })
  })
}

/** Members that the SDK read otherwise, but for those that an older client does not know yet. */
function misread({ step, outcome }: Played, reference: Played | undefined, isOlder: boolean): string[] {
  if (!('answer' in outcome) || !reference || !('answer' in reference.outcome)) return []
  const newer = isOlder ? newerMembers[step.call.split(':')[0] as ServiceName] : undefined
  return differences(shapeOf(reference.outcome.answer), shapeOf(outcome.answer))
    .filter((each) => !(each.startsWith('-') && newer?.test(each)))
    .map((each) => `${step.call} ${each}`)
    .filter((each) => !MODELS_DIFFER.has(each))
}

/** Text in the SDK's model and a number in botocore's. */
const MODELS_DIFFER = new Set(['', 'Next'].map((kind) => `s3:ListParts ${kind}PartNumberMarker: string, not number`))

test('Every operation that the sandbox serves is in a scenario', async () => {
  await using sandbox = await testSandbox()
  const played = new Set(scenarios.flatMap(({ steps }) => steps.map(({ call }) => call)))
  const missing = Object.entries(services).flatMap(([service, { signing }]) => {
    const served = sandbox.services.find(({ signingName }) => signingName === signing)
    return Object.keys(served?.handlers ?? {})
      .map((operation) => `${service}:${operation}`)
      .filter((call) => !played.has(call as never))
  })
  expect(missing).toEqual([])
})
