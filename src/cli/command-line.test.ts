import { expect, test } from 'vitest'
import { commandLine } from './command-line.ts'

test('an operation and its input are what somebody types', () => {
  expect(commandLine({ name: 'audit.export', cli: {} }, { product: 'bookshop', type: ['lock', 'freeze'], limit: 5 })).toBe(
    'kiban audit export --product bookshop --type lock,freeze --limit 5',
  )
  expect(
    commandLine(
      { name: 'deployment.start', cli: { alias: 'deploy', positional: ['services'] } },
      { services: ['api', 'web'], keepSiblings: true, follow: false, reason: "it's $(late)", plan: undefined, types: [] },
    ),
  ).toBe("kiban deploy api web --keep-siblings --no-follow --reason 'it'\\''s $(late)'")
})
