// What ends a whole deployment: a task before it, AWS's refusal, kiban's own permissions.
import { ECS } from '@aws-sdk/client-ecs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ProcessStage, processStage, type TestService, told } from '../../../../test/process-stage.ts'
import { awsError } from '../../../aws/error.ts'
import type { KibanError } from '../../../core/error.ts'
import { eventsAbout } from '../../../database/events.ts'
import { subjectOf } from '../deployment.ts'
import { causesOfError } from './error-causes.ts'

let stage: ProcessStage
beforeAll(async () => {
  stage = await processStage({
    deployer: [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'ecs:CreateService', Resource: '*/shop-staging-forbidden' },
    ],
  })
})
afterAll(() => stage.close())

/** A service whose image can also migrate. */
const migrates = (program: string): TestService => ({
  image: { files: { 'main.js': 'setInterval(() => {}, 1000)', 'migrate.js': program } },
  manifest: { before: ['migrate'] },
})
const tasks = (service: string, more: object = {}) => ({
  manifest: { tasks: { migrate: { service, command: ['node', 'migrate.js'], ...more } } },
})

test('a migration that fails is told with its log, and no service is touched', async () => {
  const failing = `console.error(JSON.stringify({ level: 'error', message: 'no such column: isbn' })); process.exit(3)`
  const { deployment, rollouts } = await stage.deploy({ api: migrates(failing) }, tasks('api'))
  expect(deployment.verdict).toBe('failed')
  expect(deployment.causes).toMatchObject([
    {
      class: 'migration-failed',
      service: 'api',
      subject: 'migrate',
      title: { en: 'migrate ended with exit code 3: no such column: isbn' },
      next: { en: 'Correct migrate and deploy again; no service was changed' },
      evidence: expect.arrayContaining([
        expect.objectContaining({ kind: 'exit-code', text: '3' }),
        expect.objectContaining({ kind: 'log', text: '{"level":"error","message":"no such column: isbn"}' }),
      ]),
    },
  ])
  expect(rollouts.api?.sentAt).toBeUndefined()
  const events = await eventsAbout(stage.engine.database, subjectOf(deployment))
  expect(events.find(({ type }) => type === 'deployment.ended')?.data).toMatchObject({
    verdict: 'failed',
    causes: [{ class: 'migration-failed', service: 'api' }],
  })
})

test('a migration that is killed for want of memory is told as that', async () => {
  const grows = `const kept = []; setInterval(() => kept.push(Buffer.alloc(64 * 1024 * 1024, 1)), 20)`
  const { deployment } = await stage.deploy({ grows: migrates(grows) }, tasks('grows'))
  expect(deployment.causes?.map(({ class: of, subject }) => `${subject} ${of}`)).toEqual(['migrate out-of-memory'])
})

test('a migration that does not end in time is told with what it wrote', async () => {
  const waits = `console.log('waiting for a lock'); setInterval(() => {}, 1000)`
  const { deployment } = await stage.deploy({ waits: migrates(waits) }, tasks('waits', { timeout: '3s' }))
  expect(deployment.causes).toMatchObject([
    { class: 'migration-timed-out', title: { en: 'migrate was still running after 3 s' } },
  ])
  expect(deployment.causes?.[0]?.evidence).toContainEqual(expect.objectContaining({ kind: 'log', text: 'waiting for a lock' }))
})

test('what AWS refuses, and what kiban may not do, is told in the words of AWS', async () => {
  const sleeps = { files: { 'main.js': 'setInterval(() => {}, 1000)' } }
  const hook = { stages: ['post-scale-up'], function: 'no-function', role: 'shop-hooks' }
  const outcome = await stage.deploy({
    forbidden: { image: sleeps },
    odd: { image: sleeps, manifest: { deploy: { strategy: 'blue-green', bake: '0s', hooks: [hook] } } },
  })
  expect(told(outcome)).toEqual({ forbidden: 'failed not-permitted', odd: 'failed refused-by-aws' })
  expect(outcome.rollouts.forbidden?.causes?.[0]?.title.en).toContain('ecs:CreateService')
  expect(outcome.rollouts.odd?.causes?.[0]?.title.en).toContain('hookTargetArn must be the ARN of a Lambda function')
})

test('calls that stay throttled are told as that', async () => {
  stage.sandbox.faults.set({ 'ecs:RegisterTaskDefinition': { throttle: { rate: 0, burst: 1 } } })
  const ecs = new ECS({ ...stage.sandbox.client, maxAttempts: 1 })
  const register = () =>
    ecs.registerTaskDefinition({ family: 'x', containerDefinitions: [{ name: 'x', image: 'x', memory: 64 }] })
  await register()
  const error = await register().catch((cause: unknown) => awsError(cause, 'ecs'))
  stage.sandbox.faults.clear()
  ecs.destroy()
  expect(causesOfError(error as KibanError)).toMatchObject([
    { class: 'api-throttled', title: { en: 'AWS ecs answered ThrottlingException: Rate exceeded' } },
  ])
})
