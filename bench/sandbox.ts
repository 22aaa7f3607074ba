// What the sandbox costs: requests, simulated rollouts, memory; beside moto where it is here.
import { SSM } from '@aws-sdk/client-ssm'
import type { ClientConfig } from '../src/sandbox/sandbox.ts'
import { fleet } from './measuring/fleet.ts'
import { type HttpRequest, hammer } from './measuring/hammer.ts'
import { alternate, benchFlags, machine, ratioOf, report, summary, type Table } from './measuring/measure.ts'
import { motoServer } from './measuring/moto.ts'
import { cpuMsOf, sandboxInChild } from './measuring/sandbox-in-child.ts'
import { processMemory, scriptedMemory } from './measuring/sandbox-memory.ts'
import { signedRequest } from './measuring/signed-request.ts'
import { simulatedRollouts } from './measuring/simulated-rollouts.ts'

const flags = benchFlags(`bench/sandbox.ts
Measures the sandbox: requests per second of a read and a write (beside moto where MOTO_SERVER names it), simulated
rollouts per second of processor time, memory with scripted tasks and with real processes.`)

const CONNECTIONS = 8
const on = machine()
const tables = [
  await requests(),
  await rollouts(),
  await scriptedMemory(flags.quick ? { count: 5, tasks: 2 } : { count: 100, tasks: 10 }),
  await processMemory(flags.quick ? { count: 1, tasks: 4 } : { count: 10, tasks: 4 }),
]
report('sandbox', tables, on, flags)

interface Answers {
  perSecond: number
  perCpuSecond: number
}

async function requests(): Promise<Table> {
  const ms = flags.quick ? 200 : 2_000
  const sandbox = await sandboxInChild({ scripted: true, factor: 1_000 })
  const moto = await motoServer()
  const closers: (() => unknown)[] = [() => sandbox.close(), () => moto?.close()]
  try {
    const subjects: Record<string, () => Promise<Answers>> = {}
    for (const [name, server] of Object.entries({ sandbox, moto })) {
      if (!server) continue
      const { read, write, close } = await readAndWrite(server.client)
      closers.push(close)
      for (const [kind, make] of Object.entries({ read, write })) {
        subjects[`${name} ${kind}`] = async () => answers(server.pid, await make(), ms)
      }
    }
    await alternate(subjects, 1)
    const samples = await alternate(subjects, flags.quick ? 1 : 7)
    const row = (kind: 'read' | 'write', call: string) => {
      const [ours = [], theirs = []] = [samples[`sandbox ${kind}`], samples[`moto ${kind}`]]
      const of = (runs: Answers[], what: keyof Answers) => runs.map((run) => run[what])
      const median = (runs: Answers[], what: keyof Answers) => (runs.length > 0 ? summary(of(runs, what)).median : undefined)
      const ratio = (what: keyof Answers) => (theirs.length > 0 ? ratioOf(of(ours, what), of(theirs, what)) : undefined)
      const { min, max, n } = summary(of(ours, 'perSecond'))
      return [
        call,
        median(ours, 'perSecond'),
        min,
        max,
        n,
        median(theirs, 'perSecond') ?? 'not here',
        ratio('perSecond'),
        median(ours, 'perCpuSecond'),
        median(theirs, 'perCpuSecond') ?? 'not here',
        ratio('perCpuSecond'),
      ]
    }
    return {
      title: `Requests, over ${CONNECTIONS} connections`,
      columns: ['call', 'per s', 'min', 'max', 'n', 'moto, per s', 'ratio', 'per CPU-s', 'moto, per CPU-s', 'CPU ratio'],
      rows: [row('read', 'ecs:DescribeServices'), row('write', 'ssm:PutParameter')],
      notes: ['The sandbox checks signature, policy and input of each request; moto does not.'],
    }
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

async function answers(pid: number, request: HttpRequest, ms: number): Promise<Answers> {
  const before = cpuMsOf(pid)
  const { answered, seconds } = await hammer(() => request, { ms, connections: CONNECTIONS })
  return { perSecond: answered / seconds, perCpuSecond: answered / ((cpuMsOf(pid) - before) / 1000) }
}

async function readAndWrite(client: ClientConfig) {
  const { ecs, close } = await fleet(client, { count: 1, tasks: 2 })
  const { services = [] } = await ecs.describeServices({ cluster: 'bench', services: ['web-0'] })
  if (services.length !== 1) throw new Error('The service is not there')
  const ssm = new SSM(client)
  const input = { Name: '/bench/greeting', Value: 'hello', Type: 'String', Overwrite: true } as const
  await ssm.putParameter(input)
  ssm.destroy()
  const target = 'AmazonEC2ContainerServiceV20141113.DescribeServices'
  const described = { cluster: 'bench', services: ['web-0'] }
  return {
    read: () => signedRequest(client, { service: 'ecs', target, version: '1.1', input: described }),
    write: () => signedRequest(client, { service: 'ssm', target: 'AmazonSSM.PutParameter', version: '1.1', input }),
    close,
  }
}

async function rollouts(): Promise<Table> {
  const sizes = [
    { services: 1, rounds: flags.quick ? 20 : 1_000 },
    { services: 100, rounds: flags.quick ? 1 : 20 },
  ]
  const rows = []
  for (const size of sizes) {
    await simulatedRollouts(size)
    const runs = []
    for (let run = 0; run < (flags.quick ? 1 : 5); run++) runs.push(await simulatedRollouts(size))
    const { median, min, max, n } = summary(runs.map((one) => one.rollouts / one.cpuSeconds))
    rows.push([`${size.services} × 2 tasks`, size.rounds * size.services, median, min, max, n])
  }
  return {
    title: 'Rolling deployments simulated by the scheduler alone, in the times of Fargate',
    columns: ['services', 'rollouts', 'rollouts per CPU-s', 'min', 'max', 'n'],
    rows,
  }
}
