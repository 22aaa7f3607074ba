import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { exampleText } from './example.ts'
import { unwrapped, valueAt } from './issues.ts'
import { manifestJsonSchema } from './json-schema.ts'
import { loadManifest } from './load.ts'
import { Manifest } from './manifest.ts'

const committed = readFileSync(new URL('../../kiban.example.yml', import.meta.url), 'utf8')

test.each(['en', 'ja'] as const)('the example is a valid manifest (%s)', (language) => {
  expect(loadManifest(exampleText(language)).problems).toEqual([])
})

test('the example that is committed is the one that kiban prints', () => {
  expect(committed).toBe(exampleText('en'))
})

test('the example has every key of the schema', () => {
  const missing = keyPaths(Manifest, []).filter((path) => !occurs(parse(committed), path))
  expect(missing.map((path) => path.join('/'))).toEqual([])
})

test('every key of the schema says in both languages what it is for', () => {
  const text = JSON.stringify(z.toJSONSchema(Manifest, { io: 'input', unrepresentable: 'any' }))
  const undescribed: string[] = []
  JSON.parse(text, (key, value) => {
    if (key === 'properties') {
      for (const [name, schema] of Object.entries<{ description?: string; ja?: string }>(value)) {
        const isContainerPart = 'dockerLabels' in value
        if (!isContainerPart && !(schema.description && schema.ja)) undescribed.push(name)
      }
    }
    return value
  })
  expect(undescribed).toEqual([])
})

test('the JSON Schema for editors forbids unknown keys and speaks the language asked for', () => {
  expect(manifestJsonSchema('ja')).toMatchObject({
    title: 'kiban.yml',
    additionalProperties: false,
    required: ['product', 'services'],
    properties: {
      product: {
        type: 'string',
        pattern: '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$',
        description: 'プロダクトの名前。AWS 上の名前の一部になる',
      },
    },
  })
  expect(JSON.stringify(manifestJsonSchema('en'))).not.toMatch(/[ぁ-ん]/)
})

/** Every path of keys; `*` stands for any name. Patches and parts of container definitions repeat what stands elsewhere. */
function keyPaths(schema: z.core.$ZodType, path: string[]): string[][] {
  if (path.at(-2) === 'containers' || (path[0] === 'environments' && path.length > 3 && path[2] !== 'network')) return [path]
  const inner = unwrapped(schema).flatMap((one) => {
    if (one instanceof z.ZodObject)
      return Object.entries(one.shape).flatMap(([key, value]) => [[...path, key], ...keyPaths(value, [...path, key])])
    if (one instanceof z.ZodRecord) return keyPaths(one.valueType, [...path, '*'])
    if (one instanceof z.ZodArray) return keyPaths(one.element, [...path, '*'])
    return []
  })
  return inner.length > 0 ? inner : [path]
}

function occurs(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return true
  if (value === null || typeof value !== 'object') return step === '*'
  if (step === '*') return Object.values(value).some((one) => occurs(one, rest))
  return Object.hasOwn(value, step) && occurs(valueAt(value, [step]), rest)
}
