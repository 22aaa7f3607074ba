// Errors that end a deployment, as the parts of kiban that throw them throw them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { KibanError } from '../../../core/error.ts'
import { deploy } from '../../../core/messages/deploy.ts'
import { buildImage } from '../../../images/build-image.ts'
import { causesOfError } from './error-causes.ts'

test('build-failed is told by the last lines of the step that failed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-build-'))
  writeFileSync(join(folder, 'Dockerfile'), 'FROM node:24\nRUN ["node", "theme.ts"]\n')
  const error = await buildImage('process', {
    source: folder,
    context: '.',
    dockerfile: 'Dockerfile',
    args: {},
    platform: { os: 'linux', architecture: 'amd64' },
    commit: '0'.repeat(40),
    sourceDateEpoch: 0,
    layout: join(folder, 'layout'),
    progress: () => {},
  }).catch((cause: unknown) => cause)
  rmSync(folder, { recursive: true, force: true })
  const [cause] = causesOfError(error as KibanError)
  expect(cause).toMatchObject({ class: 'build-failed', severity: 'failure' })
  expect(cause?.title.en).toMatch(/Dockerfile:2.*: Error: Cannot find module/)
  expect(cause?.evidence.filter(({ kind }) => kind === 'log').length).toBeGreaterThan(2)
})

test('other-account keeps the words of who refused it', () => {
  const text = deploy.accountDiffers('123456789012', '999999999999')
  expect(causesOfError(new KibanError('forbidden', 'deploy.other-account', text))).toMatchObject([
    { class: 'other-account', title: text },
  ])
})

test('an error that says all there is to say has no cause beside it', () => {
  expect(causesOfError(new KibanError('conflict', 'deploy.plan-changed', deploy.planChanged))).toEqual([])
})
