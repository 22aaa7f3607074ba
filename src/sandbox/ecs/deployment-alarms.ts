// CloudWatch alarms that fail a deployment.
// Source: SDK DeploymentAlarms; Developer Guide, "How CloudWatch alarms detect Amazon ECS deployment failures".
import { type Engine, type LiveService, queue } from './engine.ts'
import { failRollout } from './rollback.ts'
import type { ServiceDeploymentRecord } from './state.ts'

/** An alarm that is in ALARM when the deployment starts puts all of them out of action for it. */
export function watchAlarms(engine: Engine, record: ServiceDeploymentRecord): void {
  if (!record.configuration.alarms?.enable) return
  record.alarms.status = ringing(engine, record).length > 0 ? 'DISABLED' : 'MONITORING'
}

/** Looks at the alarms of a deployment that nobody watched for a while. */
export function catchUpOnAlarms(engine: Engine, service: LiveService): void {
  const record = service.rollout?.record
  for (const name of record ? ringing(engine, record) : []) alarmRang(engine, service, name)
}

/** An alarm has gone into the ALARM state. */
export function alarmRang(engine: Engine, service: LiveService, name: string): void {
  const record = service.rollout?.record
  if (record?.status !== 'IN_PROGRESS' || record.alarms.status !== 'MONITORING' || !record.alarms.names.includes(name)) return
  record.alarms.status = 'TRIGGERED'
  record.alarms.triggered.push(name)
  failRollout(engine, service, {
    reason: `Service deployment rolled back because the CloudWatch alarm ${name} went into the ALARM state.`,
    rolloutReason: 'ECS deployment failed: alarm detected.',
    told: 'alarm detected.',
    rollback: record.configuration.alarms?.rollback === true,
  })
  queue(engine, service)
}

const ringing = (engine: Engine, { alarms }: ServiceDeploymentRecord) =>
  alarms.names.filter((name) => engine.cloud.alarms.state(name) === 'ALARM')
