import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Context, Operation } from '../../core/operation.ts'
import { productOperations } from './operations.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiban-products-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const context: Context = {
  actor: { kind: 'user', name: 'aoi', grants: [], face: 'cli' },
  signal: new AbortController().signal,
  requestId: 'req_1',
  environment: {},
}

function operation(name: string): Operation & { kind: 'call' } {
  const found = productOperations({ catalogue: () => Promise.reject(new Error('nothing here needs it')) }).find(
    (one) => one.name === name,
  )
  if (found?.kind !== 'call') throw new Error(`no ${name}`)
  return found
}

/** The output as it would cross a wire, so that what `output` does not declare is noticed. */
async function run(name: string, input: object) {
  const { run, input: schema, output } = operation(name)
  const answer = await run(context, schema.parse(input))
  expect(output.parse(answer)).toEqual(answer)
  return answer
}

test('a sound manifest is summed up by environment and service', async () => {
  const file = join(folder, 'kiban.yml')
  await writeFile(
    file,
    `product: shop
environments: { staging: { services: { web: { count: 1 } } }, production: { protected: true, approvals: 1 } }
services: { web: { build: ., port: 80, health: /, count: 2-4 }, worker: { build: ., size: 1vCPU/2GB } }
schedules: { nightly: { service: web, rate: 1 day } }
workflows: { release: { steps: [{ deploy: [web] }] } }
`,
  )
  const sum = {
    file,
    product: 'shop',
    environments: [
      { name: 'staging', protected: false, approvals: 0 },
      { name: 'production', protected: true, approvals: 1 },
    ],
    services: [
      {
        name: 'web',
        environments: [
          { name: 'staging', size: '0.25vCPU/0.5GB', count: '1', port: 80 },
          { name: 'production', size: '0.25vCPU/0.5GB', count: '2-4', port: 80 },
        ],
      },
      {
        name: 'worker',
        environments: [
          { name: 'staging', size: '1vCPU/2GB', count: '1', port: undefined },
          { name: 'production', size: '1vCPU/2GB', count: '1', port: undefined },
        ],
      },
    ],
    tasks: [],
    schedules: ['nightly'],
    notices: [],
  }
  expect(await run('manifest.check', { file })).toEqual(sum)
  expect(await run('manifest.check', { file: folder })).toEqual(sum)
  expect(
    operation('manifest.check')
      .show(sum)
      .map(({ kind }) => kind),
  ).toEqual(['line', 'table', 'fields'])
})

test('a manifest with problems is one error with all of them', async () => {
  const file = join(folder, 'bad.yml')
  await writeFile(file, 'product: shop\nservices: { web: { prot: 80, size: 1vCPU/1GB } }')
  await expect(run('manifest.check', { file })).rejects.toMatchObject({
    kind: 'invalid',
    code: 'manifest.invalid',
    details: [
      { en: expect.stringContaining(':2:13 services/web: needs "build"') },
      { en: expect.stringContaining(':2:20 services/web/prot') },
      { en: expect.stringContaining(':2:36 services/web/size') },
    ],
  })
})

test('a manifest that is not there is told with the way to get one', async () => {
  await expect(run('manifest.check', { file: join(folder, 'none.yml') })).rejects.toMatchObject({
    kind: 'not-found',
    code: 'manifest.missing',
    hint: { en: 'kiban init writes one by looking at the repository' },
  })
})

test('the schema and the example are printed whole', async () => {
  const schema = await run('manifest.schema', {})
  expect(schema).toMatchObject({ title: 'kiban.yml', required: ['product', 'services'] })
  const [text] = operation('manifest.schema').show(schema)
  expect(text).toEqual({ kind: 'text', text: JSON.stringify(schema, null, 2) })
  expect(await run('manifest.example', {})).toEqual({
    text: {
      en: expect.stringContaining('product: bookshop # Name of the product'),
      ja: expect.stringContaining('product: bookshop # プロダクトの名前'),
    },
  })
})
