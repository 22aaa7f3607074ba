// A service `web` whose life is told as lines: one for each second in which anything of its deployment changed.
import type { CreateServiceRequest, RegisterTaskDefinitionRequest, Service, UpdateServiceRequest } from '@aws-sdk/client-ecs'
import { deployments, register, SUBNETS, web } from '../service-for-tests.ts'
import { newStage, type Stage, type StageOptions } from '../stage-for-tests.ts'

const SECOND_MS = 1000
/** Long enough for two tasks to start, to be healthy and to be steady. */
const TO_STEADY_SECONDS = 120

export interface StoryOptions extends StageOptions {
  /** Capacity providers of the cluster. */
  providers?: string[]
  service?: Partial<CreateServiceRequest>
  definition?: Partial<RegisterTaskDefinitionRequest>
}

/** A story whose service runs `web:v1` and is steady; its time begins now. */
export async function steadyStory(options: StoryOptions = {}): Promise<Story> {
  const story = await newStory(options)
  await story.play(TO_STEADY_SECONDS)
  story.begin()
  return story
}

/** A story whose service has just been created with `web:v1`. */
export async function newStory({ service, definition, providers, ...options }: StoryOptions = {}): Promise<Story> {
  const stage = newStage(options)
  await stage.api.CreateCluster({ clusterName: 'demo', capacityProviders: providers })
  const taskDefinition = await register(stage, 'v1', definition)
  await stage.api.CreateService({
    cluster: 'demo',
    serviceName: 'web',
    taskDefinition,
    desiredCount: 2,
    networkConfiguration: SUBNETS,
    ...service,
  })
  return new Story(stage, definition)
}

export interface Tale {
  moments: string[]
  events: string[]
  bus: string[]
  history: string[]
}

export class Story {
  stage: Stage
  readonly #definition: Partial<RegisterTaskDefinitionRequest> | undefined
  /** Revisions by the number in their ARN, as people call them: `v1`, and `v1'` when it came again. */
  readonly #names = new Map<string, string>()
  #begunAt = 0
  #busBefore = 0

  constructor(stage: Stage, definition?: Partial<RegisterTaskDefinitionRequest>) {
    this.stage = stage
    this.#definition = definition
  }

  /** From here on time is counted, and events are told. */
  begin(): void {
    this.#begunAt = this.stage.clock.elapsed()
    this.#busBefore = this.stage.bus.length
  }

  /** Registers `web:TAG` and updates the service to it. */
  async update(tag: string, more: Partial<UpdateServiceRequest> = {}): Promise<void> {
    const taskDefinition = await register(this.stage, tag, this.#definition)
    await this.set({ taskDefinition, ...more })
  }

  async set(more: Partial<UpdateServiceRequest>): Promise<void> {
    await this.stage.api.UpdateService({ cluster: 'demo', service: 'web', ...more })
  }

  /** What happens in the next seconds: how things stand, what the service's events and the bus tell since the beginning. */
  async tale(seconds: number, pace: { every?: number } = {}): Promise<Tale> {
    const moments = await this.play(seconds, pace)
    return { moments, events: await this.told(), bus: this.bus(), history: await this.history() }
  }

  /** Lets seconds pass; a line for each at which things stood otherwise than at the last. */
  async play(seconds: number, { every = 1 } = {}): Promise<string[]> {
    const lines: string[] = []
    let last = ''
    for (let at = 0; at <= seconds; at += every) {
      if (at > 0) await this.stage.clock.advance(every * SECOND_MS)
      const moment = await this.moment()
      if (moment !== last) lines.push(`${this.seconds}s ${moment}`)
      last = moment
    }
    return lines
  }

  get seconds(): number {
    return (this.stage.clock.elapsed() - this.#begunAt) / SECOND_MS
  }

  /**
   * How things stand: the newest service deployment, then each deployment of the service with its counts, running and
   * pending of those that are wanted: `IN_PROGRESS | v2 PRIMARY IN_PROGRESS 0+2/2 | v1 ACTIVE COMPLETED 2+0/2`.
   */
  async moment(): Promise<string> {
    const [newest] = await deployments(this.stage)
    const service = await web(this.stage)
    await this.#learn()
    const { status, lifecycleStage, targetServiceRevision: target, deploymentCircuitBreaker: breaker, alarms } = newest ?? {}
    const weight = target?.requestedProductionTrafficWeight
    const parts = [
      [status, lifecycleStage, weight === undefined ? undefined : `${weight}%`].filter(Boolean).join(' '),
      ...(service.deployments ?? []).map((each) => this.#deployment(each)),
    ]
    if (breaker?.status !== 'DISABLED') parts.push(`breaker ${breaker?.failureCount}/${breaker?.threshold} ${breaker?.status}`)
    if (alarms?.alarmNames?.length) parts.push(`alarms ${alarms.status}`)
    return parts.join(' | ')
  }

  /** Every service deployment, newest first: its target, how it stands and why. */
  async history(): Promise<string[]> {
    await this.#learn()
    return (await deployments(this.stage)).map(({ targetServiceRevision, status, statusReason }) =>
      this.named([targetServiceRevision?.arn, status, statusReason].filter(Boolean).join(': ')),
    )
  }

  /** The service's events since the beginning, oldest first, ids replaced by names. */
  async told(): Promise<string[]> {
    const begun = this.stage.clock.now() - this.seconds * SECOND_MS
    const { events = [] } = await web(this.stage)
    return events
      .filter(({ createdAt }) => (createdAt?.getTime() ?? 0) >= begun)
      .map(({ message = '' }) => this.named(message.replace('(service web)', '').trim()))
      .reverse()
  }

  /** What went over the bus since the beginning, but for single tasks: `SERVICE_DEPLOYMENT_COMPLETED: reason`. */
  bus(): string[] {
    return this.stage.bus
      .slice(this.#busBefore)
      .filter(({ detailType }) => detailType !== 'ECS Task State Change')
      .map(({ detail }) => [detail.eventName, detail.reason ?? detail.lifecycleStage].filter(Boolean).join(': '))
      .map((line) => this.named(line))
  }

  /** The text with names for the numbers of revisions, and without the ids of tasks. */
  named(text = ''): string {
    return text
      .replace(/(?:ecs-svc\/|arn:\S*:service-revision\/demo\/web\/)(\d{19})/g, (_, id: string) => this.#names.get(id) ?? '?')
      .replace(/arn:aws:elasticloadbalancing:\S*:targetgroup\/(\w+)\/\w+/g, '$1')
      .replace(/arn:aws:lambda:\S*:function:/g, '')
      .replace(/\(task [0-9a-f]{32}\)/g, '(task)')
      .replace(/ecs-pause-\S+/g, 'ecs-pause')
  }

  #deployment({
    id,
    status,
    rolloutState,
    runningCount,
    pendingCount,
    desiredCount,
  }: NonNullable<Service['deployments']>[number]) {
    return `${this.named(id)} ${status} ${rolloutState} ${runningCount}+${pendingCount}/${desiredCount}`
  }

  async #learn(): Promise<void> {
    const all = await deployments(this.stage)
    const arns = all
      .reverse()
      .map(({ targetServiceRevision }) => targetServiceRevision?.arn ?? '')
      .filter((arn) => !this.#names.has(idOf(arn)))
    if (arns.length === 0) return
    const { serviceRevisions = [] } = await this.stage.api.DescribeServiceRevisions({ serviceRevisionArns: arns })
    for (const { serviceRevisionArn = '', containerImages = [] } of serviceRevisions) {
      const image = containerImages[0]?.image ?? ''
      let name = image.slice(image.lastIndexOf(':') + 1)
      while ([...this.#names.values()].includes(name)) name += "'"
      this.#names.set(idOf(serviceRevisionArn), name)
    }
  }
}

const idOf = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1)
