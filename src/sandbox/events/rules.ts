// Rules and their targets, as the API makes and changes them.
import type { PutRuleCommandInput, Rule, Target } from '@aws-sdk/client-eventbridge'
import { parsedExpression } from '../../core/schedule/expression.ts'
import { AwsError, type Cloud, type Handlers, type Table } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import { mustBePath } from './input.ts'
import { type Json, matchesPattern, parsedPattern } from './pattern.ts'
import { kindOf } from './target.ts'

export type EventHandlers = Handlers<typeof import('@aws-sdk/client-eventbridge')>

export interface RuleRecord {
  name: string
  arn: string
  pattern: string | undefined
  schedule: string | undefined
  enabled: boolean
  description: string | undefined
  roleArn: string | undefined
  /** By the calendar of schedules. */
  createdAt: number
  targets: Target[]
  tags: Record<string, string>
}

const TARGETS_MAX = 5
const PAGE_MAX = 100
export const BUS = 'default'

export const ruleTable = (cloud: Cloud): Table<RuleRecord> => cloud.table('events/rules')

/** `now` is the calendar of schedules; `changed` is told the name of each rule that was made, changed or deleted. */
export function ruleHandlers(
  cloud: Cloud,
  kept: Table<RuleRecord>,
  now: () => number,
  changed: (name: string) => void,
): EventHandlers {
  const at = (name: string | undefined, bus: string | undefined): RuleRecord => {
    mustBeDefaultBus(bus)
    const found = kept.get(name ?? '')
    if (!found) throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus ${BUS}.`)
    return found
  }
  const byArn = (arn: string | undefined) => {
    const found = [...kept.values()].find((rule) => rule.arn === arn)
    if (!found)
      throw new AwsError('ResourceNotFoundException', `Rule ${arn?.split('/').at(-1)} does not exist on EventBus ${BUS}.`)
    return found
  }
  const keep = (rule: RuleRecord) => {
    kept.set(rule.name, rule)
    changed(rule.name)
  }

  return {
    PutRule(input) {
      mustBeDefaultBus(input.EventBusName)
      mustBeRule(input)
      const name = input.Name ?? ''
      const before = kept.get(name)
      const rule: RuleRecord = {
        name,
        arn: `arn:aws:events:${cloud.region}:${cloud.account}:rule/${name}`,
        pattern: input.EventPattern,
        schedule: input.ScheduleExpression,
        enabled: input.State !== 'DISABLED',
        description: input.Description,
        roleArn: input.RoleArn,
        createdAt: before?.createdAt ?? now(),
        targets: before?.targets ?? [],
        tags: before?.tags ?? tagMap(input.Tags),
      }
      keep(rule)
      return { RuleArn: rule.arn }
    },
    DescribeRule(input) {
      return { ...ruleShape(at(input.Name, input.EventBusName)), CreatedBy: cloud.account }
    },
    DeleteRule(input) {
      mustBeDefaultBus(input.EventBusName)
      const rule = kept.get(input.Name ?? '')
      if (!rule) return {}
      if (rule.targets.length > 0) throw invalid("Rule can't be deleted since it has targets.")
      kept.delete(rule.name)
      changed(rule.name)
      return {}
    },
    EnableRule(input) {
      keep({ ...at(input.Name, input.EventBusName), enabled: true })
      return {}
    },
    DisableRule(input) {
      keep({ ...at(input.Name, input.EventBusName), enabled: false })
      return {}
    },
    ListRules(input) {
      mustBeDefaultBus(input.EventBusName)
      const asked = [...kept.values()].filter((rule) => rule.name.startsWith(input.NamePrefix ?? ''))
      const { items, NextToken } = cut(asked, input)
      return { Rules: items.map(ruleShape), NextToken }
    },
    PutTargets(input) {
      const rule = at(input.Rule, input.EventBusName)
      const given = input.Targets ?? []
      for (const target of given) mustBeTarget(target)
      const others = rule.targets.filter((target) => !given.some((each) => each.Id === target.Id))
      if (others.length + given.length > TARGETS_MAX) {
        throw new AwsError('LimitExceededException', 'The requested resource exceeds the maximum number allowed.')
      }
      keep({ ...rule, targets: [...others, ...given] })
      return { FailedEntryCount: 0, FailedEntries: [] }
    },
    RemoveTargets(input) {
      const rule = at(input.Rule, input.EventBusName)
      const known = new Set(rule.targets.map((target) => target.Id))
      const FailedEntries = (input.Ids ?? [])
        .filter((id) => !known.has(id))
        .map((TargetId) => ({
          TargetId,
          ErrorCode: 'ResourceNotFoundException',
          ErrorMessage: `Rule ${rule.name} does not have a target with Id ${TargetId}.`,
        }))
      keep({ ...rule, targets: rule.targets.filter((target) => !input.Ids?.includes(target.Id ?? '')) })
      return { FailedEntryCount: FailedEntries.length, FailedEntries }
    },
    ListTargetsByRule(input) {
      return { Targets: at(input.Rule, input.EventBusName).targets }
    },
    ListRuleNamesByTarget(input) {
      mustBeDefaultBus(input.EventBusName)
      const asked = [...kept.values()].filter((rule) => rule.targets.some((target) => target.Arn === input.TargetArn))
      const { items, NextToken } = cut(asked, input)
      return { RuleNames: items.map((rule) => rule.name), NextToken }
    },
    TestEventPattern(input) {
      let event: Json
      try {
        event = JSON.parse(input.Event ?? '') as Json
      } catch {
        throw invalid('Parameter Event is not valid.')
      }
      return { Result: matchesPattern(parsedPattern(input.EventPattern ?? ''), event) }
    },
    TagResource(input) {
      const rule = byArn(input.ResourceARN)
      kept.set(rule.name, { ...rule, tags: { ...rule.tags, ...tagMap(input.Tags) } })
      return {}
    },
    UntagResource(input) {
      const rule = byArn(input.ResourceARN)
      const rest = Object.entries(rule.tags).filter(([key]) => !input.TagKeys?.includes(key))
      kept.set(rule.name, { ...rule, tags: Object.fromEntries(rest) })
      return {}
    },
    ListTagsForResource(input) {
      return { Tags: Object.entries(byArn(input.ResourceARN).tags).map(([Key, Value]) => ({ Key, Value })) }
    },
  }
}

export const invalid = (message: string) => new AwsError('ValidationException', message)

export function mustBeDefaultBus(name: string | undefined): void {
  if (name === undefined || name === BUS || name.endsWith(`:event-bus/${BUS}`)) return
  throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`)
}

function mustBeRule(input: PutRuleCommandInput): void {
  if (!/^[.\w-]{1,64}$/.test(input.Name ?? '')) throw invalid('Parameter Name is not valid.')
  if (input.EventPattern === undefined && input.ScheduleExpression === undefined) {
    throw invalid('Parameter(s) EventPattern or ScheduleExpression must be specified.')
  }
  if (input.EventPattern !== undefined) parsedPattern(input.EventPattern)
  if (input.ScheduleExpression === undefined) return
  const expression = parsedExpression(input.ScheduleExpression)
  if (!expression || expression.kind === 'at') throw invalid('Parameter ScheduleExpression is not valid.')
}

function mustBeTarget(target: Target): void {
  const arn = target.Arn ?? ''
  const kind = kindOf(arn)
  if (!kind || kind === 'events') throw invalid(`Parameter ${arn} is not valid. Reason: Targets of this kind are not simulated.`)
  if (kind === 'ecs' && !target.EcsParameters?.TaskDefinitionArn) {
    throw invalid(`Parameter(s) EcsParameters must be specified for target: ${target.Id}.`)
  }
  if (kind === 'ecs' && !target.RoleArn) throw invalid(`RoleArn is required for target ${arn}.`)
  if ([target.Input, target.InputPath, target.InputTransformer].filter((each) => each !== undefined).length > 1) {
    throw invalid(`Only one of Input, InputPath, or InputTransformer must be provided for target ${target.Id}.`)
  }
  if (target.InputPath !== undefined) mustBePath(target.InputPath)
  for (const path of Object.values(target.InputTransformer?.InputPathsMap ?? {})) mustBePath(path)
}

const tagMap = (tags: { Key?: string | undefined; Value?: string | undefined }[] | undefined) =>
  Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))

function cut(rules: RuleRecord[], input: { Limit?: number | undefined; NextToken?: string | undefined }) {
  const { items, nextToken } = page(
    sortedBy(rules, (rule) => rule.name),
    (rule) => rule.name,
    {
      token: input.NextToken,
      size: Math.min(input.Limit ?? PAGE_MAX, PAGE_MAX),
      invalid: () => {
        throw invalid('Parameter NextToken is not valid.')
      },
    },
  )
  return { items, NextToken: nextToken }
}

function ruleShape(rule: RuleRecord): Rule {
  return {
    Name: rule.name,
    Arn: rule.arn,
    EventPattern: rule.pattern,
    ScheduleExpression: rule.schedule,
    State: rule.enabled ? 'ENABLED' : 'DISABLED',
    Description: rule.description,
    RoleArn: rule.roleArn,
    EventBusName: BUS,
  }
}
