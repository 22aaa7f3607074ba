import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Actor } from '../core/actor.ts'
import { call } from '../core/operation.ts'
import { runner } from '../core/runner.ts'
import { runCli } from './cli.ts'

const words = (text: string) => ({ en: text, ja: `${text} (日本語)` })
const operation = (name: string, alias?: string) =>
  call({
    name,
    summary: words(name),
    http: { method: 'GET', path: `/${name}` },
    permission: 'public',
    place: () => ({ product: '*', environment: '*' }),
    risk: 0,
    input: z.object({ text: z.string().optional() }),
    output: z.looseObject({}),
    cli: { alias },
    run: async (_, input) => ({ name, ...input }),
    show: () => [],
  })
const operations = [operation('diary.list', 'diary'), operation('diary.follow')]

async function kiban(...argv: string[]): Promise<string> {
  let out = ''
  const pipe = () => new PassThrough().on('data', (chunk) => (out += chunk)) as never
  const actor: Actor = { kind: 'nobody', name: 'nobody', grants: [], face: 'cli' }
  const context = { actor, requestId: 'req_1', environment: {} }
  await runCli(argv, {
    operations,
    openEngine: () => ({
      operations,
      call: (name, input, signal) => runner(operations).call(name, input, { ...context, signal }),
      async *stream() {},
      close: async () => {},
    }),
    process: { stdout: pipe(), stderr: pipe(), stdin: new PassThrough() as never, env: {} },
    signal: new AbortController().signal,
  })
  return out
}

test('an everyday word that is a noun too means its operation when it stands alone, and its verbs otherwise', async () => {
  expect(JSON.parse(await kiban('diary', '--json', '--text', 'rain'))).toEqual({ name: 'diary.list', text: 'rain' })
  expect(JSON.parse(await kiban('diary', 'list', '--json'))).toEqual({ name: 'diary.list' })
  expect(JSON.parse(await kiban('diary', 'follow', '--json'))).toEqual({ name: 'diary.follow' })
  expect(await kiban('diary', '--help')).toContain('diary.follow')
})
