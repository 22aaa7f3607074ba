import { expect, test } from 'vitest'
import { inputOf, valueAt } from './input.ts'
import { type Json, matchesPattern, parsedPattern } from './pattern.ts'

const event = {
  source: 'aws.ecs',
  'detail-type': 'ECS Deployment State Change',
  account: '123456789012',
  resources: ['arn:aws:ecs:ap-northeast-1:123456789012:service/shop/web'],
  detail: {
    eventName: 'SERVICE_DEPLOYMENT_FAILED',
    count: 5,
    ratio: 0.5,
    flag: true,
    nothing: null,
    address: '10.1.2.3',
    containers: [
      { name: 'app', exitCode: 1 },
      { name: 'router', exitCode: 0 },
    ],
  },
}

const isFor = (pattern: object) => matchesPattern(parsedPattern(JSON.stringify(pattern)), event as Json)

test.each<[string, boolean, object]>([
  ['an exact value', true, { source: ['aws.ecs', 'aws.ecr'] }],
  ['another value', false, { source: ['aws.ecr'] }],
  ['several fields, all of which must match', false, { source: ['aws.ecs'], 'detail-type': ['x'] }],
  ['an element of an array', true, { resources: ['arn:aws:ecs:ap-northeast-1:123456789012:service/shop/web'] }],
  ['nested fields', true, { detail: { eventName: ['SERVICE_DEPLOYMENT_FAILED'] } }],
  ['fields of objects in an array', true, { detail: { containers: { exitCode: [1] } } }],
  ['a number, which is no text', false, { detail: { count: ['5'] } }],
  ['true', true, { detail: { flag: [true] } }],
  ['null', true, { detail: { nothing: [null] } }],
  ['null of a field that is not there', false, { detail: { other: [null] } }],
  ['a prefix', true, { detail: { eventName: [{ prefix: 'SERVICE_' }] } }],
  ['a prefix in any case', true, { detail: { eventName: [{ prefix: { 'equals-ignore-case': 'service_' } }] } }],
  ['a suffix', true, { detail: { eventName: [{ suffix: '_FAILED' }] } }],
  ['a wildcard', true, { resources: [{ wildcard: 'arn:*:service/*/web' }] }],
  ['any case', true, { source: [{ 'equals-ignore-case': 'AWS.ECS' }] }],
  ['anything but a value', true, { source: [{ 'anything-but': 'aws.ecr' }] }],
  ['anything but the value it has', false, { source: [{ 'anything-but': ['aws.ecr', 'aws.ecs'] }] }],
  ['anything but a prefix', false, { source: [{ 'anything-but': { prefix: 'aws.' } }] }],
  ['anything but, of a field that is not there', false, { detail: { other: [{ 'anything-but': 'x' }] } }],
  ['a field that exists', true, { detail: { count: [{ exists: true }] } }],
  ['a field that must not exist', true, { detail: { other: [{ exists: false }] } }],
  ['a field that must not exist, inside one that does not', true, { detail: { other: { inner: [{ exists: false }] } } }],
  ['a field that must not exist but does', false, { detail: { count: [{ exists: false }] } }],
  ['a range of numbers', true, { detail: { count: [{ numeric: ['>', 0, '<=', 5] }] } }],
  ['a number out of range', false, { detail: { ratio: [{ numeric: ['>', 0.5] }] } }],
  ['a block of addresses', true, { detail: { address: [{ cidr: '10.1.0.0/16' }] } }],
  ['$or', true, { source: ['aws.ecs'], $or: [{ account: ['0'] }, { detail: { count: [{ numeric: ['=', 5] }] } }] }],
  ['$or of which none matches', false, { $or: [{ account: ['0'] }, { source: ['x'] }] }],
])('%s (%s)', (_, expected, pattern) => {
  expect(isFor(pattern)).toBe(expected)
})

test.each([
  ['{', 'Event pattern is not valid JSON'],
  ['[]', 'Filter is not an object'],
  ['{"source":[]}', 'Empty arrays are not allowed'],
  ['{"source":"aws.ecs"}', '"source" must be an object or an array'],
  ['{"source":[{"like":"x"}]}', 'Unrecognized match type like'],
  ['{"source":[{"numeric":["~",1]}]}', 'numeric has a value that is not allowed'],
  ['{"$or":[{"a":[1]}]}', '"$or" must be an array of two patterns or more'],
])('%s is refused', (text, reason) => {
  expect(() => parsedPattern(text)).toThrow(`Event pattern is not valid. Reason: ${reason}`)
})

test('a target gets the event, a part of it, its own text or a filled template', () => {
  const rule = { name: 'failed', arn: 'arn:rule' }
  const target = { Id: '1', Arn: 'x' }
  const given = (more: object) => inputOf({ ...target, ...more }, event as Json, rule)
  expect(JSON.parse(given({}))).toEqual(event)
  expect(given({ Input: '{"a":1}' })).toBe('{"a":1}')
  expect(given({ InputPath: '$.detail.containers[1].name' })).toBe('"router"')
  const InputPathsMap = { what: '$.detail.eventName', containers: '$.detail.containers', none: '$.detail.none' }
  const InputTemplate = '{"what": <what>, "text": "it is <what> of <aws.events.rule-name>", "all": <containers>, "none": <none>}'
  expect(JSON.parse(given({ InputTransformer: { InputPathsMap, InputTemplate } }))).toEqual({
    what: 'SERVICE_DEPLOYMENT_FAILED',
    text: 'it is SERVICE_DEPLOYMENT_FAILED of failed',
    all: event.detail.containers,
    none: '',
  })
  expect(given({ InputTransformer: { InputPathsMap, InputTemplate: '"<what> happened"' } })).toBe(
    '"SERVICE_DEPLOYMENT_FAILED happened"',
  )
})

test('a path leads nowhere when a part of it is not there', () => {
  expect(valueAt(event as Json, '$.detail.x.y')).toBeUndefined()
  expect(valueAt(event as Json, "$['detail-type']")).toBe('ECS Deployment State Change')
})
