// Registration and health of targets, as the API sees them.
import { isIP } from 'node:net'
import type { TargetDescription, TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2'
import { AwsError, type TargetHealth } from '../cloud.ts'
import { type ElbHandlers, invalid, type Records, type TargetGroupRecord, targetGroupAt } from './records.ts'
import { mustBeWithin } from './target-groups.ts'
import type { TargetPool } from './target-pool.ts'

const NOT_REGISTERED: TargetHealth = {
  state: 'unused',
  reason: 'Target.NotRegistered',
  description: 'Target is not registered to the target group',
}

export function targetHandlers(kept: Records, pool: TargetPool): ElbHandlers {
  return {
    RegisterTargets(input) {
      const group = targetGroupAt(kept, input.TargetGroupArn)
      const targets = given(group, input.Targets)
      for (const { id } of targets) {
        if (group.targetType === 'instance')
          throw invalidTarget(`Instance ID '${id}' is not valid: this sandbox has no instances`)
        if (isIP(id) === 0) throw invalidTarget(`The IP address '${id}' is not a valid IPv4 or IPv6 address`)
      }
      for (const { id, port, availabilityZone } of targets) {
        pool.register(group.arn, { id, port, availabilityZone, connect: { host: id, port } })
      }
      return {}
    },
    DeregisterTargets(input) {
      const group = targetGroupAt(kept, input.TargetGroupArn)
      for (const target of given(group, input.Targets)) pool.deregister(group.arn, target, () => {})
      return {}
    },
    DescribeTargetHealth(input) {
      const group = targetGroupAt(kept, input.TargetGroupArn)
      const asked = input.Targets?.length ? given(group, input.Targets) : undefined
      const registered = pool.targets(group.arn)
      const shown = asked
        ? asked.map(
            (target) =>
              registered.find(({ id, port }) => id === target.id && port === target.port) ?? {
                ...target,
                health: NOT_REGISTERED,
              },
          )
        : registered
      return { TargetHealthDescriptions: shown.map((target) => healthShape(group, target)) }
    },
  }
}

function given(group: TargetGroupRecord, targets: TargetDescription[] | undefined) {
  if (!targets?.length) throw invalid('At least one target must be specified')
  return targets.map(({ Id = '', Port = group.port, AvailabilityZone }) => {
    mustBeWithin('targets.member.port', Port, 1, 65_535)
    return { id: Id, port: Port, availabilityZone: AvailabilityZone }
  })
}

const invalidTarget = (message: string) => new AwsError('InvalidTargetException', message)

function healthShape(
  group: TargetGroupRecord,
  target: { id: string; port: number; availabilityZone?: string | undefined; health: TargetHealth },
): TargetHealthDescription {
  const { state, reason, description } = target.health
  return {
    Target: { Id: target.id, Port: target.port, AvailabilityZone: target.availabilityZone },
    HealthCheckPort: group.healthCheck.port === 'traffic-port' ? String(target.port) : group.healthCheck.port,
    TargetHealth: { State: state, Reason: reason as TargetHealthReason, Description: description },
  }
}

type TargetHealthReason = NonNullable<TargetHealthDescription['TargetHealth']>['Reason']
