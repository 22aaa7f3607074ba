// What a schedule must be to be taken.
import type { CreateScheduleInput } from '@aws-sdk/client-scheduler'
import { parsedExpression } from '../../core/schedule/expression.ts'
import { isTimeZone } from '../../core/schedule/zone.ts'
import type { Cloud } from '../cloud.ts'
import { kindOf } from '../events/target.ts'
import { invalid } from './records.ts'

const NAME = /^[0-9a-zA-Z_.-]{1,64}$/
const WINDOW_MAX_MINUTES = 1440
const RETRIES_MAX = 185
const AGE_SECONDS = { least: 60, most: 86_400 }

export function mustBeSchedule(cloud: Cloud, input: CreateScheduleInput): void {
  mustBeName(input.Name)
  const expression = input.ScheduleExpression ?? ''
  if (!parsedExpression(expression)) throw invalid(`Invalid Schedule Expression ${expression}.`)
  const zone = input.ScheduleExpressionTimezone
  if (zone !== undefined && !isTimeZone(zone)) throw invalid(`Invalid Schedule Expression Timezone ${zone}.`)
  const { StartDate: start, EndDate: end } = input
  if (start && end && start.getTime() >= end.getTime()) throw invalid('The StartDate you specify must be before the EndDate.')
  mustBeWindow(input.FlexibleTimeWindow)
  mustBeTarget(cloud, input.Target)
}

export function mustBeName(name: string | undefined): void {
  if (!NAME.test(name ?? '')) {
    throw invalid(
      `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$`,
    )
  }
}

function mustBeWindow(window: CreateScheduleInput['FlexibleTimeWindow']): void {
  const { Mode: mode, MaximumWindowInMinutes: minutes } = window ?? {}
  if (mode === 'OFF' && minutes !== undefined) throw invalid('MaximumWindowInMinutes must not be set when the mode is OFF.')
  if (mode === 'FLEXIBLE' && (minutes === undefined || minutes < 1 || minutes > WINDOW_MAX_MINUTES)) {
    throw invalid(`MaximumWindowInMinutes must be between 1 and ${WINDOW_MAX_MINUTES} when the mode is FLEXIBLE.`)
  }
  if (mode !== 'OFF' && mode !== 'FLEXIBLE') throw invalid(`The flexible time window mode ${mode} is not valid.`)
}

function mustBeTarget(cloud: Cloud, target: CreateScheduleInput['Target']): void {
  const arn = target?.Arn ?? ''
  const kind = kindOf(arn)
  const role = target?.RoleArn ?? ''
  if (!kind || kind === 'logs') throw invalid(`Provided Arn is not in correct format, or its target is not simulated: ${arn}`)
  if (!cloud.roles.exists(role) || !cloud.roles.trusts(role, 'scheduler.amazonaws.com')) {
    throw invalid('The execution role you provide must allow AWS EventBridge Scheduler to assume the role.')
  }
  if (kind === 'ecs' && !target?.EcsParameters?.TaskDefinitionArn)
    throw invalid('EcsParameters must be specified for an ECS target.')
  if (kind === 'events' && !target?.EventBridgeParameters?.Source) {
    throw invalid('EventBridgeParameters must be specified for an event bus target.')
  }
  const { MaximumRetryAttempts: retries = 0, MaximumEventAgeInSeconds: age = AGE_SECONDS.most } = target?.RetryPolicy ?? {}
  if (retries < 0 || retries > RETRIES_MAX) throw invalid(`MaximumRetryAttempts must be between 0 and ${RETRIES_MAX}.`)
  if (age < AGE_SECONDS.least || age > AGE_SECONDS.most) {
    throw invalid(`MaximumEventAgeInSeconds must be between ${AGE_SECONDS.least} and ${AGE_SECONDS.most}.`)
  }
}
