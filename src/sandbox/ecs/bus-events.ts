// What ECS puts on the default event bus.
// Source of shapes: Developer Guide, "Amazon ECS events"; the times in them are ISO strings, unlike in the API.
import type { Engine, LiveService } from './engine.ts'
import { renderedTask } from './render-task.ts'
import type { HookRecord, ServiceDeploymentRecord, TaskRecord } from './state.ts'

export function putTaskEvent(engine: Engine, record: TaskRecord): void {
  const detail = () => ({ ...renderedTask(engine, record), tags: undefined, updatedAt: new Date(record.updatedAt) })
  engine.cloud.bus.put({ source: 'aws.ecs', detailType: 'ECS Task State Change', resources: [record.arn], detail })
}

type ServiceAction =
  | 'SERVICE_STEADY_STATE'
  | 'SERVICE_TASK_START_IMPAIRED'
  | 'SERVICE_TASK_PLACEMENT_FAILURE'
  | 'SERVICE_TASK_CONFIGURATION_FAILURE'
  | 'SERVICE_REBALANCING_STARTED'
  | 'SERVICE_REBALANCING_COMPLETED'
  | 'SERVICE_DESIRED_COUNT_UPDATED'

const EVENT_TYPE: Record<ServiceAction, 'INFO' | 'WARN' | 'ERROR'> = {
  SERVICE_STEADY_STATE: 'INFO',
  SERVICE_TASK_START_IMPAIRED: 'WARN',
  SERVICE_TASK_PLACEMENT_FAILURE: 'ERROR',
  SERVICE_TASK_CONFIGURATION_FAILURE: 'ERROR',
  SERVICE_REBALANCING_STARTED: 'INFO',
  SERVICE_REBALANCING_COMPLETED: 'INFO',
  SERVICE_DESIRED_COUNT_UPDATED: 'INFO',
}

export function putServiceAction(engine: Engine, service: LiveService, eventName: ServiceAction, more: object = {}): void {
  const detail = () => ({
    eventType: EVENT_TYPE[eventName],
    eventName,
    clusterArn: service.record.clusterArn,
    ...more,
    createdAt: new Date(engine.clock.now()),
  })
  engine.cloud.bus.put({ source: 'aws.ecs', detailType: 'ECS Service Action', resources: [service.record.arn], detail })
}

export function putDeploymentEvent(
  engine: Engine,
  service: LiveService,
  outcome: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED',
  deploymentId: string,
  reason: string,
): void {
  const detail = () => ({
    eventType: outcome === 'FAILED' ? 'ERROR' : 'INFO',
    eventName: `SERVICE_DEPLOYMENT_${outcome}`,
    clusterArn: service.record.clusterArn,
    deploymentId,
    updatedAt: new Date(engine.clock.now()),
    reason,
  })
  engine.cloud.bus.put({ source: 'aws.ecs', detailType: 'ECS Deployment State Change', resources: [service.record.arn], detail })
}

export function putHookEvent(engine: Engine, deployment: ServiceDeploymentRecord, hook: HookRecord): void {
  const failed = hook.status === 'FAILED' || hook.status === 'TIMED_OUT'
  const detail = () => ({
    eventType: failed ? 'ERROR' : 'INFO',
    eventName: `HOOK_${hook.status}`,
    hookId: hook.hookId,
    hookType: hook.targetType,
    expiresAt: new Date(hook.expiresAt),
    lifecycleStage: hook.stage,
    clusterArn: deployment.clusterArn,
    serviceArn: deployment.service,
    serviceDeploymentArn: deployment.arn,
    updatedAt: new Date(engine.clock.now()),
  })
  engine.cloud.bus.put({ source: 'aws.ecs', detailType: 'ECS Hook State Change', resources: [deployment.arn], detail })
}
