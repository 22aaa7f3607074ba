// The answers of the task metadata endpoint, as far as SDKs and agents read them.
import type { Cloud } from '../cloud.ts'
import type { ContainerState, TaskRun } from './task-run.ts'

const MIB = 1024 * 1024
const STATUS = { waiting: 'PULLED', starting: 'CREATED', running: 'RUNNING', stopped: 'STOPPED' } as const

export function containerMetadata(cloud: Cloud, { plan: task }: TaskRun, container: ContainerState) {
  const { plan, runtimeId, status, image, exit, health, startedAt, finishedAt, createdAt, restarts } = container
  return {
    DockerId: runtimeId,
    Name: plan.name,
    DockerName: plan.name,
    Image: plan.image,
    ImageID: image?.digest,
    Labels: {
      'com.amazonaws.ecs.cluster': task.cluster,
      'com.amazonaws.ecs.container-name': plan.name,
      'com.amazonaws.ecs.task-arn': task.taskArn,
      'com.amazonaws.ecs.task-definition-family': task.family,
      'com.amazonaws.ecs.task-definition-version': String(task.revision),
    },
    DesiredStatus: 'RUNNING',
    KnownStatus: STATUS[status],
    Limits: { CPU: plan.cpu ?? 0, ...(plan.memory !== undefined && { Memory: plan.memory }) },
    CreatedAt: time(createdAt),
    ...(startedAt !== undefined && { StartedAt: time(startedAt) }),
    ...(finishedAt !== undefined && { FinishedAt: time(finishedAt) }),
    ...(exit?.exitCode !== undefined && { ExitCode: exit.exitCode }),
    ...(plan.restartPolicy?.enabled && { RestartCount: restarts }),
    ...(plan.healthCheck && { Health: { status: health } }),
    Type: 'NORMAL',
    ...(plan.logConfiguration && { LogDriver: plan.logConfiguration.logDriver, LogOptions: plan.logConfiguration.options ?? {} }),
    ContainerARN: `arn:aws:ecs:${cloud.region}:${cloud.account}:container/${task.taskId}/${runtimeId}`,
    Networks: [{ NetworkMode: 'awsvpc', IPv4Addresses: task.address ? [task.address] : [] }],
  }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html */
export function taskMetadata(cloud: Cloud, run: TaskRun) {
  const { plan, containers, pullStartedAt, pullStoppedAt } = run
  const [kind, name] = plan.group.split(':')
  return {
    Cluster: plan.cluster,
    TaskARN: plan.taskArn,
    Family: plan.family,
    Revision: String(plan.revision),
    ...(kind === 'service' && { ServiceName: name }),
    DesiredStatus: 'RUNNING',
    KnownStatus: containers.every(({ status }) => status === 'running' || status === 'stopped') ? 'RUNNING' : 'PENDING',
    Limits: {
      ...(plan.cpu !== undefined && { CPU: plan.cpu / 1024 }),
      ...(plan.memory !== undefined && { Memory: plan.memory }),
    },
    ...(pullStartedAt !== undefined && { PullStartedAt: time(pullStartedAt) }),
    ...(pullStoppedAt !== undefined && { PullStoppedAt: time(pullStoppedAt) }),
    AvailabilityZone: plan.availabilityZone,
    LaunchType: 'FARGATE',
    Containers: containers.map((container) => containerMetadata(cloud, run, container)),
  }
}

/** Docker's stats, in the few figures that are measured here. */
export function containerStats({ plan, runtimeId, status, launched }: ContainerState) {
  const usage = status === 'running' ? launched?.usage() : undefined
  return (
    usage && {
      id: runtimeId,
      name: plan.name,
      read: time(Date.now()),
      cpu_stats: { online_cpus: 1, cpu_units: usage.cpu },
      memory_stats: {
        usage: Math.round(usage.memory * MIB),
        ...(plan.memory !== undefined && { limit: plan.memory * MIB }),
      },
    }
  )
}

export function taskStats({ containers }: TaskRun) {
  return Object.fromEntries(containers.map((container) => [container.runtimeId, containerStats(container)]))
}

const time = (at: number) => new Date(at).toISOString()
