import { expect, test } from 'vitest'
import { BadInput } from '../input.ts'
import { wantedOf } from './inputs.ts'

const SHA = '0123456789abcdef0123456789abcdef01234567'
const given = (inputs: Record<string, string>, more: Record<string, string> = {}) => ({
  GITHUB_SHA: SHA,
  GITHUB_REPOSITORY: 'acme/bookshop',
  GITHUB_RUN_ID: '7',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_JOB: 'deploy',
  GITHUB_ACTION: '__run',
  ...more,
  ...Object.fromEntries(
    Object.entries({ server: 'https://kiban.example.com', product: 'bookshop', environment: 'staging', ...inputs }).map(
      ([name, value]) => [`INPUT_${name.toUpperCase()}`, value],
    ),
  ),
})

test('the commit of the event is deployed, and the run is the reason', () => {
  const { key: _, ...wanted } = wantedOf(given({ services: ' api, web\nworker ' }))
  expect(wanted).toEqual({
    server: new URL('https://kiban.example.com'),
    product: 'bookshop',
    environment: 'staging',
    commit: SHA,
    ref: undefined,
    services: ['api', 'web', 'worker'],
    workflow: undefined,
    wait: true,
    onCancel: 'cancel',
    reason: 'https://github.com/acme/bookshop/actions/runs/7',
    audience: 'https://kiban.example.com',
    language: 'en',
  })
  expect(wantedOf(given({ ref: 'v1' }))).toMatchObject({ ref: 'v1', commit: undefined })
})

test('a step says the same thing once; a run again, another step, job or matrix says another', () => {
  const key = (inputs: Record<string, string> = {}, more: Record<string, string> = {}) => wantedOf(given(inputs, more)).key
  expect(key()).toBe(key())
  const others = [
    key({}, { GITHUB_RUN_ATTEMPT: '2' }),
    key({}, { GITHUB_ACTION: '__run_2' }),
    key({}, { GITHUB_JOB: 'other' }),
    key({ environment: 'production' }),
    key({ services: 'api' }),
    key({ workflow: 'api' }),
  ]
  expect(new Set([key(), ...others]).size).toBe(7)
})

test.each([
  [{ server: '' }, 'server: is missing'],
  [{ server: 'http://kiban.example.com' }, 'server: an https address is expected'],
  [{ server: 'https://me:secret@kiban.example.com' }, 'server: an https address is expected'],
  [{ product: ' ' }, 'product: is missing'],
  [{ commit: 'main' }, 'commit: 7 to 40 hexadecimal digits are expected'],
  [{ wait: 'yes' }, 'wait: one of true, false is expected'],
  [{ 'on-cancel': 'stop' }, 'on-cancel: one of cancel, leave is expected'],
  [{ workflow: 'release', services: 'api' }, 'services: a workflow names its services itself; leave one of the two out'],
])('an input that cannot be meant is told by its name: %o', (inputs, message) => {
  expect(() => wantedOf(given(inputs as unknown as Record<string, string>))).toThrow(new BadInput(message))
})
