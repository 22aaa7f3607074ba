/**
 * What the simulated services share, and what one may ask of another. A service owns its state and its wire
 * operations; whatever another service needs of it stands here as a plain interface, so that the whole set of
 * borders inside the sandbox can be read on one page.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../core/clock.ts'

/** One simulated cloud: an account in a region. */
export interface Cloud {
  readonly account: string
  readonly region: string
  readonly clock: Clock
  /** Where clients reach the sandbox, `http://127.0.0.1:4566`; set once the server listens. */
  readonly endpoint: string
  /** A folder for blobs and logs, removed at the end unless state is kept. */
  readonly folder: string
  /** A named, persisted map; calling twice with one name gives the same map. */
  table<T>(name: string): Table<T>
  /** Resolves when what was set in tables is kept; the wire waits for it by itself, other doors (`http`) must. */
  commit(): Promise<void> | undefined
  /**
   * How late reads of an API see writes, in simulated milliseconds (`ecs:DescribeServices`); 0 unless a fault asks for it.
   * The service that owns the state decides what an older state looks like.
   */
  lag(api: string): number
  /** Whether a call that one service makes to another (`elasticloadbalancing:RegisterTargets`) is refused as too many now. */
  throttled(api: string): boolean
  /** How events travel: the chance that one comes twice, and how far (simulated ms) they may fall behind each other. */
  delivery(api: string): { duplicate: number; disorderMs: number }
  /** Something worth a line on the sandbox's own log (stderr). */
  note(line: string): void
  /** Runs at shutdown, last registered first. */
  onClose(run: () => void | Promise<void>): void

  // What services ask of each other; filled in by sandbox.ts. Use them inside handlers and callbacks only.
  readonly roles: Roles
  readonly images: Images
  readonly secrets: Secrets
  readonly logs: Logs
  readonly bus: Bus
  readonly alarms: Alarms
  readonly metrics: Metrics
  readonly functions: Functions
  readonly network: Network
  readonly balancing: Balancing
  readonly tasks: Tasks
  readonly queues: Queues
  readonly sessions: Sessions
}

/**
 * A map that survives the process when state is kept. Values are structured-cloneable (plain objects, Date, Map,
 * Uint8Array). A value changed in place must be `set` again, or its change is not kept.
 */
export interface Table<T> {
  get(key: string): T | undefined
  has(key: string): boolean
  set(key: string, value: T): this
  delete(key: string): boolean
  values(): MapIterator<T>
  keys(): MapIterator<string>
  entries(): MapIterator<[string, T]>
  readonly size: number
  clear(): void
}

/** Who makes a request, as its signature proved. */
export interface Principal {
  accessKeyId: string
  /** `arn:aws:iam::…:user/x`, `arn:aws:sts::…:assumed-role/x/session` or the root's. */
  arn: string
  account: string
  userId: string
  /** When the credentials are a session's: whether MFA was present when it was made, and when (epoch ms). */
  session?: { mfaAt?: number; issuedAt: number; expiresAt: number; roleArn?: string }
}

/** What a handler knows of its request besides the input. */
export interface Call {
  service: string
  operation: string
  requestId: string
  principal: Principal
  /** Scheme and host as the client addressed them; URLs in answers (queue, proxy endpoint) are built from it. */
  endpoint: string
  signal: AbortSignal
}

/** Handlers typed by a client package: `Handlers<typeof import('@aws-sdk/client-ecs')>`. */
export type Handlers<Client> = {
  [Name in keyof Client as Name extends `${infer Operation}Command` ? Operation : never]?: Client[Name] extends abstract new (
    // biome-ignore lint/suspicious/noExplicitAny: only `any` matches every constructor
    ...input: any
  ) => Command<infer Input, infer Output>
    ? (input: Input, call: Call) => Answer<Output> | Promise<Answer<Output>>
    : never
}

interface Command<Input, Output> {
  readonly input: Input
  // biome-ignore lint/suspicious/noExplicitAny: only the answer is of interest
  resolveMiddleware(...context: any): (request: any) => Promise<{ output: Output }>
}

type Answer<Output> = Omit<Output, '$metadata'>

/** One simulated service, as the wire serves it. */
export interface Service {
  /** The client package whose schemas decode and encode, loaded on the first request: `() => import('@aws-sdk/client-ecs')`. */
  client: () => Promise<object>
  /** The name in the credential scope of a signature: `ecs`, `elasticloadbalancing`, `monitoring`. */
  signingName: string
  handlers: object
  /** The ARN (or ARNs) that an operation acts on, for IAM policies; `*` where it says nothing. */
  resource?: (operation: string, input: Record<string, unknown>) => string | string[] | undefined
  /** Takes an HTTP request that is not one of AWS's (an image registry's `/v2/…`); false to decline it. */
  http?: (request: IncomingMessage, response: ServerResponse) => boolean
}

/** An error on the wire, by the name the service model gives it; `members` are further members of its shape. */
export class AwsError extends Error {
  readonly code: string
  readonly members: Record<string, unknown>
  /** HTTP status when the model does not say it. */
  readonly status: number | undefined

  constructor(code: string, message: string, members: Record<string, unknown> = {}, status?: number) {
    super(message)
    this.name = code
    this.code = code
    this.members = members
    this.status = status
  }
}

/** IAM: what other services need to know of roles. */
export interface Roles {
  exists(roleArn: string): boolean
  /** Whether the role's trust policy lets a service principal (`ecs-tasks.amazonaws.com`) assume it. */
  trusts(roleArn: string, service: string): boolean
  /** Whether the role's policies allow an action on a resource; explicit deny wins. */
  allows(roleArn: string, action: string, resource: string): boolean
  /** Fresh session credentials of a role, for a task. */
  assume(roleArn: string, sessionName: string, seconds: number): SessionCredentials
}

export interface SessionCredentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
  expiration: Date
}

/** ECR: images by reference, and public images that the sandbox knows. */
export interface Images {
  /**
   * Resolves `registry/repository:tag` or `…@sha256:…` to what runs. Throws AwsError with the reason text of ECS's
   * CannotPullContainerError when the image, its repository or a matching platform is missing.
   */
  resolve(reference: string, platform: { os: string; architecture: string }): Promise<ResolvedImage>
}

export interface ResolvedImage {
  digest: string
  /** The OCI image configuration (image-spec, config.md): `config.Entrypoint`, `Cmd`, `Env`, `WorkingDir`, `User`, `StopSignal`, `ExposedPorts`, `Labels`. */
  config: ImageConfig
  /** Compressed layer files on disk, lowest first. */
  layers: { digest: string; mediaType: string; path: string; size: number }[]
  size: number
}

export interface ImageConfig {
  architecture: string
  os: string
  config?: {
    Entrypoint?: string[]
    Cmd?: string[]
    Env?: string[]
    WorkingDir?: string
    User?: string
    StopSignal?: string
    ExposedPorts?: Record<string, object>
    Labels?: Record<string, string>
  }
}

/** Parameter Store and Secrets Manager, as a container definition's `secrets[].valueFrom` reads them. */
export interface Secrets {
  /** The value; throws AwsError whose message names what is missing or denied, as the execution role would see it. */
  read(valueFrom: string, executionRoleArn: string | undefined): string
}

/** CloudWatch Logs. */
export interface Logs {
  groupExists(group: string): boolean
  createGroup(group: string): void
  /** Appends events, creating the stream when needed; throws ResourceNotFoundException when the group is missing. */
  write(group: string, stream: string, events: { timestamp: number; message: string }[]): void
}

/** The default event bus. */
export interface Bus {
  /** Delivers an event of an AWS service; `detail` makes what is JSON-serialisable, at once, if anybody listens. */
  put(event: { source: string; detailType: string; resources: string[]; detail: () => object }): void
}

/** CloudWatch alarms. */
export interface Alarms {
  state(name: string): 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | undefined
  /** Calls back on each change of any alarm's state; returns the way to stop. */
  watch(changed: (name: string, state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA') => void): () => void
}

/** CloudWatch metrics, kept in memory for some hours. */
export interface Metrics {
  /** The series of a metric, made when it is first asked for; keep it, when it is fed often. */
  series(namespace: string, name: string, dimensions: Record<string, string>): MetricSeries
}

export interface MetricSeries {
  /** Adds a sample of now. */
  add(value: number): void
  /** What was added from `start` on and before `end` (epoch ms); undefined when nothing was. */
  statistics(start: number, end: number): MetricStatistics | undefined
}

export interface MetricStatistics {
  count: number
  sum: number
  minimum: number
  maximum: number
}

/** Lambda, as far as a deployment hook needs it. */
export interface Functions {
  /** Runs the function with a JSON payload and gives its JSON answer; rejects when it fails or times out. */
  invoke(functionArn: string, payload: unknown): Promise<unknown>
}

/** EC2: subnets, security groups and their addresses. */
export interface Network {
  subnetExists(subnetId: string): boolean
  vpcExists(vpcId: string): boolean
  vpcOf(subnetId: string): string | undefined
  securityGroupExists(groupId: string): boolean
  freeAddresses(subnetId: string): number
  availabilityZone(subnetId: string): string
  /** Takes an address of the subnet; throws when none is free. Without groups it gets the VPC's default one. */
  allocate(
    subnetId: string,
    securityGroups?: readonly string[],
  ): { address: string; networkInterfaceId: string; macAddress: string }
  release(networkInterfaceId: string): void
  /** Whether the groups of an address let TCP in at a port from members of other groups; unknown addresses let all in. */
  admits(address: string, port: number, from: readonly string[]): boolean
  /** Whether the groups of an address let TCP out to a port; unknown addresses let all out. */
  letsOut(address: string, port: number): boolean
}

export interface Target {
  /** The address by which the target group knows it. */
  id: string
  port: number
  availabilityZone?: string
  /** Where the data plane and the health checks really connect (the process runtime's loopback port). */
  connect: { host: string; port: number }
}

export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable'

export interface TargetHealth {
  state: TargetState
  /** ELBv2's reason code, `Target.ResponseCodeMismatch`, and its description. */
  reason?: string
  description?: string
}

/** ELBv2: target groups and the weights of listener rules. */
export interface Balancing {
  targetGroup(
    arn: string,
  ): { name: string; targetType: string; protocol: string; port: number; healthCheckPath?: string; attached: boolean } | undefined
  register(targetGroupArn: string, target: Target): void
  /** Starts draining; `drained` is called when the deregistration delay has passed or nothing is in flight. */
  deregister(targetGroupArn: string, target: { id: string; port: number }, drained: () => void): void
  health(targetGroupArn: string, target: { id: string; port: number }): TargetHealth | undefined
  /** Calls back on each change of a target's health; returns the way to stop. */
  watch(changed: (targetGroupArn: string, target: { id: string; port: number }, health: TargetHealth) => void): () => void
  /** Rewrites the weighted forward of a listener rule (or a listener's default action) between target groups; weights 0 to 999. */
  setWeights(ruleArn: string, weights: { targetGroupArn: string; weight: number }[]): void
}

/** ECS, as Scheduler, EventBridge rules and Application Auto Scaling use it. */
export interface Tasks {
  /** The RunTask API, without the wire; rejects like it. */
  run(input: object, startedBy: string): Promise<{ taskArns: string[]; failures: { arn?: string; reason?: string }[] }>
  desiredCount(cluster: string, service: string): number | undefined
  setDesiredCount(cluster: string, service: string, count: number): void
  /** Every service that is there. */
  services(): { cluster: string; service: string }[]
  /** The agent in a running container, given as Session Manager names it (`ecs:CLUSTER_TASK_RUNTIME`), if it can be reached. */
  agent(target: string): ContainerAgent | undefined
  /** What a service's tasks use now, in per cent of what they reserved; undefined while nothing is measured. */
  utilization(cluster: string, service: string): { cpu: number; memory: number } | undefined
}

/** What a session can be for, in a container. */
export interface ContainerAgent {
  /** Starts a command on a terminal; undefined where what runs the task cannot. */
  terminal(command: string[]): (() => Promise<SessionProcess>) | undefined
  /** Where a port of the task is on this machine. */
  place(port: number): { host: string; port: number }
  /** Settles when the container has stopped. */
  stopped(): Promise<void>
}

/** What a session is for: a command on a terminal of its own, or the connections of a port. */
export interface SessionProcess {
  /** While its promise is open, it has more than it can take. */
  write(bytes: Buffer): void | Promise<void>
  /** Nothing happens for sizes that no terminal has. */
  resize?(columns: number, rows: number): void
  /** Takes output in order; while its promise is open, nothing more is read. */
  output(take: (bytes: Buffer) => Promise<void>): void
  /** Settles after the last output has been given. */
  readonly exited: Promise<number>
  /** Ends it at once, with what it started. */
  kill(): void
}

/** What a client needs to reach a session. */
export interface SessionOpening {
  sessionId: string
  streamUrl: string
  /** Good for one connection. */
  tokenValue: string
}

/** Session Manager. */
export interface Sessions {
  /**
   * A new session; `start` is called when its client has come. The prefix begins its identifier. Without a port it is one of
   * a terminal; with one, the client is told of it as the document's properties are written.
   */
  open(prefix: string, start: () => Promise<SessionProcess>, port?: Record<string, string>): SessionOpening
  /** Another token for a client that lost its connection. Throws DoesNotExistException. */
  resume(sessionId: string): SessionOpening
  terminate(sessionId: string): void
}

/** SQS, as a target of events and a dead-letter queue. */
export interface Queues {
  /** Sends a message body to a queue by its ARN; false when there is no such queue. */
  send(queueArn: string, body: string, attributes?: Record<string, string>): boolean
}
