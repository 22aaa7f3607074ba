// A sandbox at work, as a process of its own: services whose tasks obey, ignore signals, fork away and crash, rollouts all the time,
// and writes of which each that was acknowledged is remembered. It is ended in any way at any moment.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { EC2 } from '@aws-sdk/client-ec2'
import { ECR } from '@aws-sdk/client-ecr'
import { ECS } from '@aws-sdk/client-ecs'
import { ParameterNotFound, SSM } from '@aws-sdk/client-ssm'
import { pushTestImage } from '../image.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** An error that nobody catches, in the middle of whatever the sandbox does. */
const CRASH = `data:text/javascript,process.on('SIGUSR2',()=>{throw new Error('crash')})`
const SPEED = '20'
const CLUSTER = 'shop'
const COUNTER = '/shop/counter'

/** What each service's tasks do, in a shell: it starts fast, so that many start and end while the sandbox does. */
const programs = {
  obeys: 'while :; do sleep 1; done',
  deaf: `trap '' TERM\nwhile :; do sleep 1; done`,
  forks: `trap '' TERM\nwhile :; do (sleep 5 &) ; sleep 0.2; done`,
  daemon: `(setsid sh -c 'trap "" TERM HUP; while :; do sleep 0.2; done' >/dev/null 2>&1 &)\nwhile :; do sleep 1; done`,
  crashes: 'sleep 0.2; exit 1',
}

export type Service = keyof typeof programs
export const services = Object.keys(programs) as Service[]

export interface BusySandbox {
  process: ChildProcess
  /** The number written last that was acknowledged, and the one sent last. */
  written: { acknowledged: number; sent: number }
  /** What is kept of them. */
  read(): Promise<number>
  /** Stops writing and rolling, and waits until the process is gone. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  runningCount(service: Service): Promise<number>
}

/** Starts the sandbox on the state in `folder`; the services are made where they are not there. `mark` is in each task's environment. */
export async function busySandbox(folder: string, mark: string, written = { acknowledged: 0, sent: 0 }): Promise<BusySandbox> {
  const argv = ['--disable-warning=ExperimentalWarning', '--import', CRASH, MAIN, 'sandbox', '--port', '0', '--state', folder]
  const child = spawn(process.execPath, [...argv, '--speed', SPEED], { stdio: ['ignore', 'pipe', 'ignore'] })
  const exit = once(child, 'exit')
  const client = await clientOf(child)
  const [ecs, ssm] = [new ECS({ ...client, maxAttempts: 1 }), new SSM({ ...client, maxAttempts: 1 })]
  await makeServices(ecs, client, mark)
  const over = new AbortController()
  const work = Promise.all([roll(ecs, over.signal), write(ssm, written, over.signal)])
  return {
    process: child,
    written,
    async read() {
      const { Parameter } = await ssm.getParameter({ Name: COUNTER }).catch((error: unknown) => {
        if (error instanceof ParameterNotFound) return { Parameter: undefined }
        throw error
      })
      return Number(Parameter?.Value ?? 0)
    },
    async ended() {
      const [code, signal] = await exit
      over.abort()
      await work
      ecs.destroy()
      ssm.destroy()
      return { code, signal }
    },
    async runningCount(service) {
      const { services = [] } = await ecs.describeServices({ cluster: CLUSTER, services: [service] })
      return services[0]?.runningCount ?? 0
    },
  }
}

async function clientOf(child: ChildProcess) {
  const variables: Record<string, string> = {}
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const [name = '', value = ''] = line.split(/=(.*)/s, 2)
    variables[name] = value
    if (name === 'KIBAN_BUILDER') break
  }
  const { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = variables
  if (!AWS_ENDPOINT_URL || !AWS_REGION) throw new Error('The sandbox did not start')
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY }
  return { endpoint: AWS_ENDPOINT_URL, region: AWS_REGION, credentials }
}

async function makeServices(ecs: ECS, client: Awaited<ReturnType<typeof clientOf>>, mark: string): Promise<void> {
  const { services: known = [] } = await ecs.describeServices({ cluster: CLUSTER, services }).catch(() => ({ services: [] }))
  if (known.length === services.length) return
  const [ecr, ec2] = [new ECR(client), new EC2(client)]
  const { Subnets: [subnet] = [] } = await ec2.describeSubnets({})
  await ecs.createCluster({ clusterName: CLUSTER })
  for (const [name, program] of Object.entries(programs)) {
    const image = await pushTestImage(ecr, name, { files: { 'run.sh': `#!/bin/sh\n${program}\n` }, command: ['/app/run.sh'] })
    await ecs.registerTaskDefinition({
      family: name,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      containerDefinitions: [{ name: 'app', image, environment: [{ name: 'MARK', value: mark }], stopTimeout: 2 }],
    })
    await ecs.createService({
      cluster: CLUSTER,
      serviceName: name,
      taskDefinition: name,
      desiredCount: 2,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: [subnet?.SubnetId ?? ''] } },
    })
  }
  ecr.destroy()
  ec2.destroy()
}

/** Rolls a service that chance chooses, again and again; what a sandbox that ends does not answer is no error. */
async function roll(ecs: ECS, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const service = services[Math.floor(Math.random() * services.length)]
    await ecs.updateService({ cluster: CLUSTER, service, forceNewDeployment: true }, { abortSignal: over }).catch(() => {})
    await wait(100 + Math.random() * 400, undefined, { signal: over }).catch(() => {})
  }
}

async function write(ssm: SSM, written: BusySandbox['written'], over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const number = written.sent + 1
    written.sent = number
    const Value = `${number}`
    await ssm.putParameter({ Name: COUNTER, Value, Type: 'String', Overwrite: true }, { abortSignal: over }).then(
      () => {
        written.acknowledged = number
      },
      () => wait(20),
    )
  }
}

export const newMark = (): string => `kiban-busy-${randomUUID()}`
