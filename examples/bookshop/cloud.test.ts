import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { SSM } from '@aws-sdk/client-ssm'
import { expect, test } from 'vitest'
import { testSandbox } from '../../test/support.ts'
import type { MadeEnvironment } from './cloud.ts'

const run = promisify(execFile)

test('the cloud is made once by the AWS variables alone, and found made the second time', async () => {
  await using sandbox = await testSandbox()
  const data = mkdtempSync(join(tmpdir(), 'bookshop-cloud-'))
  const make = async (): Promise<MadeEnvironment[]> => {
    const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'cloud.ts'), '--json', '--data', data], {
      env: { PATH: process.env.PATH, HOME: data, ...sandbox.env },
    })
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as MadeEnvironment)
  }
  try {
    const first = await make()
    expect(first.map(({ environment }) => environment)).toEqual(['staging', 'production'])
    expect(first[0]?.made.every(({ isNew }) => isNew)).toBe(true)
    expect(first[0]?.made.map(({ kind, name }) => `${kind} ${name}`)).toEqual(
      expect.arrayContaining([
        'vpc bookshop-staging',
        'subnet bookshop-staging-private-a',
        'security group bookshop-staging-worker',
        'load balancer bookshop-staging',
        'target group bookshop-staging-api',
        'cluster bookshop-staging',
        'repository bookshop/web',
        'log group /bookshop/staging/worker',
        'role bookshop-staging-api-execution',
        'role bookshop-staging-api-task',
        'role bookshop-staging-scheduler',
        'parameter /bookshop/staging/applications/api-url',
      ]),
    )
    const again = await make()
    expect(again.flatMap(({ made }) => made.filter(({ isNew }) => isNew))).toEqual([])
    expect(again.map(({ url }) => url)).toEqual(first.map(({ url }) => url))

    const ssm = new SSM(sandbox.client)
    const { Parameter } = await ssm.getParameter({ Name: '/bookshop/staging/applications/api-url', WithDecryption: true })
    expect(Parameter?.Value).toBe(first[0]?.url)
    ssm.destroy()
    // Nothing is deployed yet: the load balancer answers for itself.
    expect((await fetch(first[0]?.url ?? '')).status).toBe(503)
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
})
