// A cloud in which tasks can be run by tests: images made from a few files, and neighbours that remember what they are told.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { type BareCloud, bareCloud } from '../bare-cloud.ts'
import { AwsError, type Cloud, type ImageConfig, type ResolvedImage } from '../cloud.ts'
import type { ContainerPlan, RunningTask, TaskPlan, TaskReport, TaskRuntime } from '../ecs/runtime.ts'

export interface Bench {
  cloud: BareCloud
  /** Makes an image of files, each with its text. */
  image(name: string, files: Record<string, string>, config?: ImageConfig['config']): Promise<ResolvedImage>
  /** Log events by `group stream`. */
  events: Map<string, string[]>
  groups: Set<string>
  secrets: Map<string, string>
  roles: Set<string>
  lines(container: string, taskId: string): string[]
}

export function bench(parts: Partial<Cloud> = {}): Bench {
  const images = new Map<string, ResolvedImage>()
  const events = new Map<string, string[]>()
  const groups = new Set(['/shop'])
  const secrets = new Map<string, string>()
  const roles = new Set<string>()
  const cloud = bareCloud({
    images: {
      async resolve(reference) {
        const image = images.get(reference)
        if (image) return image
        throw new AwsError('CannotPullContainerError', `CannotPullContainerError: ${reference}: not found`)
      },
    },
    secrets: {
      read(valueFrom) {
        const value = secrets.get(valueFrom)
        if (value === undefined) throw new AwsError('ParameterNotFound', `invalid parameters: ${valueFrom}`)
        return value
      },
    },
    logs: {
      groupExists: (group) => groups.has(group),
      createGroup: (group) => void groups.add(group),
      write(group, stream, written) {
        const key = `${group} ${stream}`
        events.set(key, [...(events.get(key) ?? []), ...written.map(({ message }) => message)])
      },
    },
    roles: {
      exists: (role) => roles.has(role),
      trusts: (role) => roles.has(role),
      allows: () => true,
      assume: () => ({
        accessKeyId: 'ASIATEST',
        secretAccessKey: 'task-secret',
        sessionToken: 'task-token',
        expiration: new Date(Date.now() + 3_600_000),
      }),
    },
    network: {
      subnetExists: () => true,
      vpcExists: () => true,
      vpcOf: () => undefined,
      securityGroupExists: () => true,
      freeAddresses: () => 1,
      availabilityZone: () => 'ap-northeast-1a',
      allocate: () => ({ address: '10.0.0.9', networkInterfaceId: 'eni-1', macAddress: '02:00:00:00:00:01' }),
      release: () => {},
      admits: () => true,
      letsOut: () => true,
    },
    ...parts,
  })
  let layers = 0
  return {
    cloud,
    events,
    groups,
    secrets,
    roles,
    lines: (container, taskId) => events.get(`/shop app/${container}/${taskId}`) ?? [],
    async image(name, files, config = {}) {
      const archive = pack()
      for (const [path, text] of Object.entries(files)) archive.entry({ name: path, mode: 0o755 }, text)
      archive.finalize()
      const bytes = gzipSync(await buffer(archive))
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
      const path = `${cloud.folder}/layer-${layers++}`
      writeFileSync(path, bytes)
      const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip'
      const image: ResolvedImage = {
        digest,
        config: { os: 'linux', architecture: 'amd64', config },
        layers: [{ digest, mediaType, path, size: bytes.length }],
        size: bytes.length,
      }
      images.set(name, image)
      return image
    },
  }
}

let tasks = 0

/** A container of image `app` that logs to `/shop`. */
export function container(plan: Partial<ContainerPlan> = {}): ContainerPlan {
  return {
    name: 'app',
    image: 'app',
    essential: true,
    logConfiguration: {
      logDriver: 'awslogs',
      options: { 'awslogs-group': '/shop', 'awslogs-region': 'ap-northeast-1', 'awslogs-stream-prefix': 'app' },
    },
    ...plan,
  }
}

export function taskPlan(containers: ContainerPlan[], plan: Partial<TaskPlan> = {}): TaskPlan {
  const taskId = String(++tasks).padStart(32, '0')
  return {
    taskArn: `arn:aws:ecs:ap-northeast-1:123456789012:task/shop/${taskId}`,
    taskId,
    cluster: 'shop',
    group: 'service:web',
    family: 'web',
    revision: 3,
    containers,
    cpu: 256,
    memory: 512,
    platform: { os: 'linux', architecture: 'amd64' },
    executionRoleArn: undefined,
    taskRoleArn: undefined,
    address: '10.0.0.9',
    availabilityZone: 'ap-northeast-1a',
    ...plan,
  }
}

export interface Watched {
  task: RunningTask
  taskId: string
  /** Reports in their order, as short lines: `started app`, `stopped app 143`. */
  reports: string[]
  ports: { containerPort: number; host: string; hostPort: number }[]
  exits: Record<string, { exitCode?: number; reason?: string }>
  /** Settles when such a report has come. */
  until(report: string): Promise<void>
}

export function run(runtime: TaskRuntime, plan: TaskPlan): Watched {
  const reports: string[] = []
  const waiting: { report: string; resolve: () => void }[] = []
  const say = (report: string) => {
    reports.push(report)
    for (const { report: wanted, resolve } of waiting) if (report.startsWith(wanted)) resolve()
  }
  const watched: Omit<Watched, 'task'> = {
    taskId: plan.taskId,
    reports,
    ports: [],
    exits: {},
    until: (report) =>
      reports.some((said) => said.startsWith(report))
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ report, resolve })),
  }
  const report: TaskReport = {
    pullStarted: () => say('pulling'),
    pullStopped: (digests) => say(`pulled ${Object.keys(digests)}`),
    containerStarted(name, { ports }) {
      watched.ports.push(...ports)
      say(`started ${name}`)
    },
    containerHealth: (name, health) => say(`${name} is ${health}`),
    containerStopped(name, stopped) {
      watched.exits[name] = stopped
      say(`stopped ${name} ${stopped.exitCode ?? '-'}`)
    },
    running: () => say('running'),
    failedToStart: (reason) => say(`failed: ${reason}`),
    stopped: () => say('ended'),
  }
  return Object.assign(watched, { task: runtime.start(plan, report) })
}

/** A web server that answers with its environment, and ends on SIGTERM with exit code 0 after saying so. */
export const WEB = `
const server = require('node:http').createServer((request, response) => response.end(JSON.stringify(process.env)))
server.listen(process.env.PORT, () => console.log('listening'))
process.on('SIGTERM', () => { console.log('bye'); server.close(() => process.exit(0)); server.closeAllConnections() })
`
