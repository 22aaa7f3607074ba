// Memory of a sandbox that runs many tasks: scripted ones, which are records alone, and real processes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ECR } from '@aws-sdk/client-ecr'
import { buildImage } from '../../src/images/build-image.ts'
import { pushImage } from '../../src/images/push-image.ts'
import type { ClientConfig } from '../../src/sandbox/sandbox.ts'
import { fleet } from './fleet.ts'
import type { Table } from './measure.ts'
import { descendants, proportionalMiB, residentMiB, sandboxInChild } from './sandbox-in-child.ts'

const PROGRAM = `require('node:http').createServer((request, response) => response.end('ok')).listen(process.env.PORT)
process.on('SIGTERM', () => process.exit(0))
`

export async function scriptedMemory({ count, tasks }: { count: number; tasks: number }): Promise<Table> {
  const sandbox = await sandboxInChild({ scripted: true, factor: 20 })
  try {
    const rows: [string, number][] = [['started, nothing in it', residentMiB(sandbox.pid)]]
    const services = await fleet(sandbox.client, { count, tasks })
    await services.steady()
    rows.push([`${count} services of ${tasks} tasks, steady`, residentMiB(sandbox.pid)])
    await services.roll()
    await services.steady()
    rows.push(['the same, after each was rolled once', residentMiB(sandbox.pid)])
    services.close()
    return { title: 'Memory with scripted tasks', columns: ['sandbox', 'resident MiB'], rows }
  } finally {
    await sandbox.close()
  }
}

export async function processMemory({ count, tasks }: { count: number; tasks: number }): Promise<Table> {
  const sandbox = await sandboxInChild({ scripted: false, factor: 4 })
  try {
    const image = await pushedImage(sandbox.client)
    const before = residentMiB(sandbox.pid)
    const services = await fleet(sandbox.client, { count, tasks, image })
    await services.steady()
    const processes = descendants(sandbox.pid)
    const row = [count * tasks, before, residentMiB(sandbox.pid), processes.length, proportionalMiB(processes)]
    services.close()
    return {
      title: 'Memory with tasks that are processes, each a small Node web server',
      columns: ['tasks', 'sandbox before, MiB', 'sandbox, resident MiB', 'processes below it', 'they together, MiB'],
      rows: [row],
      notes: ['Of pages that processes share each is counted once (proportional set size).'],
    }
  } finally {
    await sandbox.close()
  }
}

export async function pushedImage(client: ClientConfig): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'kiban-bench-'))
  const ecr = new ECR(client)
  try {
    writeFileSync(join(folder, 'Dockerfile'), 'FROM node:24\nCOPY main.js ./\nCMD ["node", "main.js"]\n')
    writeFileSync(join(folder, 'main.js'), PROGRAM)
    const { layout } = await buildImage('process', {
      source: folder,
      context: '.',
      platform: { os: 'linux', architecture: 'amd64' },
      commit: '0'.repeat(40),
      sourceDateEpoch: 0,
      layout: join(folder, 'layout'),
    })
    const { repository } = await ecr.createRepository({ repositoryName: 'bench/web' })
    const { authorizationData: [granted] = [] } = await ecr.getAuthorizationToken({})
    const [username = '', password = ''] = Buffer.from(granted?.authorizationToken ?? '', 'base64')
      .toString()
      .split(':')
    const uri = repository?.repositoryUri ?? ''
    const login = { endpoint: granted?.proxyEndpoint ?? '', username, password }
    const { digest } = await pushImage({ layout, repository: { uri, login } })
    return `${uri}@${digest}`
  } finally {
    ecr.destroy()
    rmSync(folder, { recursive: true, force: true })
  }
}
