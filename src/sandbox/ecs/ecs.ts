import type { RunTaskRequest } from '@aws-sdk/client-ecs'
import type { Cloud, Service, Tasks } from '../cloud.ts'
import { accountSettingOperations } from './account-setting.ts'
import { ecsArn, lastPart, resourceOf } from './arn.ts'
import { putServiceAction } from './bus-events.ts'
import { clusterOperations, renderedCluster } from './cluster.ts'
import { containerInstanceOperations, wake } from './container-instance.ts'
import { type Context, clusterOf, type EcsHandlers, invalid, serviceArn } from './context.ts'
import { alarmRang } from './deployment-alarms.ts'
import { type EcsOptions, type Engine, keepService, newEngine, queue } from './engine.ts'
import { History, type Source } from './history.ts'
import { targetKey } from './live-task.ts'
import { fared } from './outcome.ts'
import { renderedRevision, renderedService, renderedServiceDeployment } from './render-service.ts'
import { renderedTask } from './render-task.ts'
import { restore } from './restore.ts'
import { runTask, runTaskOperations } from './run-task.ts'
import { reconcile } from './scheduler.ts'
import { serviceOperations } from './service.ts'
import { serviceDeploymentOperations } from './service-deployment.ts'
import { tagOperations } from './tags.ts'
import { agentOf, taskOperations } from './task.ts'
import { renderedDefinition, taskDefinitionOperations } from './task-definition.ts'
import { STOPPED_TASK_RETENTION_MS } from './timings.ts'
import { utilizationOf } from './utilization.ts'

/** What a test or a person at the sandbox can bring about, and AWS does by itself. */
export interface EcsControl {
  /** Whether the agent of a container instance answers; false when there is no such instance. */
  connectAgent(containerInstance: string, isConnected: boolean): boolean
  /** Takes a FARGATE_SPOT task's capacity back; false when there is no such task. */
  interruptSpot(task: string): boolean
  /** How many vCPUs Fargate may run at once in this account; undefined for no limit. */
  limitVcpus(vcpus: number | undefined): void
  /** Whether a capacity provider (`FARGATE`, `FARGATE_SPOT`) has capacity. */
  setCapacity(provider: string, isThere: boolean): void
  /** CPU units and MiB in use by each container of a running task. */
  usage(task: string): Record<string, { cpu: number; memory: number }> | undefined
}

export interface Ecs extends Service, Tasks {
  handlers: EcsHandlers
  control: EcsControl
  /** Settles once what was kept from an earlier run is up again. */
  ready: Promise<void>
}

/** ECS with Fargate and container instances: the API, and the scheduler that keeps services as they are wanted, on the cloud's clock. */
export function ecs(cloud: Cloud, options: EcsOptions): Ecs {
  const engine = newEngine(cloud, options)
  engine.reconcile = (service) => reconcile(engine, service)
  engine.fared = (task, outcome) => fared(engine, task, outcome)
  const history = new History(cloud, sources(engine))
  engine.changed = (kind, key) => history.note(kind, key)
  const begin = once(() => {
    restore(engine)
    watchOthers(engine)
  })
  const wasHere = engine.serviceRecords.size + engine.taskRecords.size > 0
  const ready = wasHere ? options.runtime.sweep().then(begin) : Promise.resolve()
  cloud.onClose(() => options.runtime.close())
  const context: Context = { engine, history }
  const handlers = watched(
    {
      ...clusterOperations(context),
      ...containerInstanceOperations(context),
      ...taskDefinitionOperations(context),
      ...serviceOperations(context),
      ...serviceDeploymentOperations(context),
      ...taskOperations(context),
      ...runTaskOperations(context),
      ...tagOperations(context),
      ...accountSettingOperations(context),
    },
    () => {
      begin()
      forgetOldTasks(engine)
      history.look()
    },
  )
  return {
    client: () => import('@aws-sdk/client-ecs'),
    signingName: 'ecs',
    handlers,
    control: control(engine),
    ready,
    ...tasks(engine, begin),
  }
}

/** How Session Manager names a container: cluster, task and runtime. */
const EXEC_TARGET = /^ecs:(.+)_([0-9a-f]{32})_(.+)$/

function tasks(engine: Engine, begin: () => void): Tasks {
  const find = (cluster: string, service: string) =>
    engine.services.get(serviceArn(engine, lastPart(resourceOf(cluster)), service))
  return {
    async run(input, startedBy) {
      begin()
      const { tasks, failures } = runTask(engine, { startedBy, ...input } as RunTaskRequest)
      return { taskArns: tasks.map(({ taskArn = '' }) => taskArn), failures }
    },
    desiredCount: (cluster, service) => find(cluster, service)?.record.desiredCount,
    setDesiredCount(cluster, service, count) {
      begin()
      clusterOf(engine, cluster)
      const live = find(cluster, service)
      if (live?.record.status !== 'ACTIVE') throw invalid('Service not found.')
      if (live.record.desiredCount === count) return
      live.record.desiredCount = count
      live.lost = []
      putServiceAction(engine, live, 'SERVICE_DESIRED_COUNT_UPDATED')
      keepService(engine, live)
      queue(engine, live)
    },
    services: () => [...engine.services.values()].map(({ record }) => ({ cluster: record.cluster, service: record.name })),
    agent(target) {
      const [, cluster, task, runtimeId] = EXEC_TARGET.exec(target) ?? []
      const live = engine.tasks.get(ecsArn(engine.cloud, `task/${cluster}/${task}`))
      const container = live?.record.containers.find((each) => each.runtimeId === runtimeId)
      return live?.active && container ? agentOf(engine, live, container.name) : undefined
    },
    utilization(cluster, service) {
      const live = find(cluster, service)
      return live && utilizationOf(live)
    },
  }
}

function control(engine: Engine): EcsControl {
  const find = (task: string) => [...engine.tasks.values()].find(({ record }) => record.arn === task || record.id === task)
  const wakeAll = () => {
    for (const service of engine.services.values()) {
      service.startsPausedUntil = 0
      queue(engine, service)
    }
  }
  return {
    connectAgent(containerInstance, isConnected) {
      const record = engine.containerInstances.get(containerInstance)
      if (!record) return false
      engine.containerInstances.set(record.arn, { ...record, agentConnected: isConnected })
      wake(engine, record.cluster)
      return true
    },
    interruptSpot(task) {
      const live = find(task)
      if (!live?.active || live.record.capacityProvider !== 'FARGATE_SPOT') return false
      live.stop('SpotInterruption', 'Your Spot Task was interrupted.')
      return true
    },
    limitVcpus(vcpus) {
      engine.capacity.vcpus = vcpus
      wakeAll()
    },
    setCapacity(provider, isThere) {
      if (isThere) engine.capacity.exhausted.delete(provider)
      else engine.capacity.exhausted.add(provider)
      wakeAll()
    },
    usage: (task) => find(task)?.usage,
  }
}

function watchOthers(engine: Engine): void {
  const { cloud } = engine
  const stopHealth = cloud.balancing.watch((targetGroupArn, { id, port }, health) => {
    engine.targets.get(targetKey(targetGroupArn, id, port))?.targetChanged(targetGroupArn, port, health)
  })
  const stopAlarms = cloud.alarms.watch((name, state) => {
    if (state === 'ALARM') for (const service of engine.services.values()) alarmRang(engine, service, name)
  })
  cloud.onClose(stopHealth)
  cloud.onClose(stopAlarms)
}

function sources(engine: Engine): ConstructorParameters<typeof History>[1] {
  const of = <T extends { createdAt: number } | { registeredAt: number }>(
    table: { get(key: string): T | undefined; keys(): Iterable<string> },
    render: (record: T) => object,
  ): Source => ({
    keys: () => table.keys(),
    render(key) {
      const record = table.get(key)
      return record && render(record)
    },
    createdAt(key) {
      const record = table.get(key)
      if (!record) return 0
      return 'createdAt' in record ? record.createdAt : record.registeredAt
    },
  })
  return {
    cluster: of(engine.clusters, (record) => renderedCluster(engine, record)),
    definition: of(engine.definitions, renderedDefinition),
    service: of(engine.serviceRecords, (record) => renderedService(engine, record)),
    revision: of(engine.revisionRecords, (record) => renderedRevision(engine, record)),
    deployment: of(engine.serviceDeployments, (record) => renderedServiceDeployment(engine, record)),
    task: of(engine.taskRecords, (record) => renderedTask(engine, record)),
  }
}

/** Handlers that look at the state of things before each call. */
function watched(handlers: EcsHandlers, before: () => void): EcsHandlers {
  const entries = Object.entries(handlers) as [string, (...call: unknown[]) => unknown][]
  const wrapped = entries.map(([name, handler]) => {
    const call = (...given: unknown[]) => {
      before()
      return handler(...given)
    }
    return [name, call]
  })
  return Object.fromEntries(wrapped) as EcsHandlers
}

function forgetOldTasks(engine: Engine): void {
  const oldest = engine.clock.now() - STOPPED_TASK_RETENTION_MS
  let gone = 0
  while ((engine.stopped[gone]?.stoppedAt ?? Number.POSITIVE_INFINITY) < oldest) gone++
  if (gone === 0) return
  for (const { arn } of engine.stopped.splice(0, gone)) {
    engine.taskRecords.delete(arn)
    engine.changed?.('task', arn)
  }
}

function once(run: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    run()
  }
}
