// Settings under which a rollout would hang, or go unguarded.
import type { ServicePlan } from '../plan.ts'
import { type Finding, finding } from './finding.ts'
import type { Judging } from './judge.ts'

export function judgeRollout({ facts }: Judging, planned: ServicePlan): Finding[] {
  const { service, action, settings } = planned
  if (action !== 'create' && action !== 'update') return []
  const deploy = settings.deploymentConfiguration
  const breaker = deploy?.deploymentCircuitBreaker?.enable !== false
  return [
    ...judgePercentages(planned),
    ...judgeAlarms(facts.alarms, deploy?.alarms?.alarmNames ?? [], service),
    ...(breaker ? [] : [finding('breaker-off', {}, { service, at: 'deploy/circuit_breaker' })]),
  ]
}

/** SDK documentation of DeploymentConfiguration: the minimum is rounded up, the maximum down. */
function judgePercentages({ service, action, place, settings }: ServicePlan): Finding[] {
  const { strategy = 'ROLLING', minimumHealthyPercent = 100, maximumPercent = 200 } = settings.deploymentConfiguration ?? {}
  const { count } = place
  const least = Math.ceil((count * minimumHealthyPercent) / 100)
  const most = Math.floor((count * maximumPercent) / 100)
  if (action !== 'update' || strategy !== 'ROLLING' || count === 0 || least < count || most > count) return []
  const names = { minimum: String(minimumHealthyPercent), maximum: String(maximumPercent), count: String(count) }
  return [finding('stuck', names, { service, at: 'deploy/maximum_percent' })]
}

function judgeAlarms(alarms: Judging['facts']['alarms'], names: readonly string[], service: string): Finding[] {
  if ('hidden' in alarms) return []
  const where = { service, at: 'deploy/alarms' }
  const ringing = names.filter((name) => alarms.value.get(name) === 'ALARM')
  const unknown = names.filter((name) => !alarms.value.has(name))
  return [
    ...(ringing.length > 0 ? [finding('alarms-ignored', { names: ringing.join(', ') }, where)] : []),
    ...(unknown.length > 0 ? [finding('alarm-unknown', { names: unknown.join(', ') }, where)] : []),
  ]
}
