// Listener rules, as the API makes and changes them.
import type { Rule } from '@aws-sdk/client-elastic-load-balancing-v2'
import { AwsError, type Cloud } from '../cloud.ts'
import { completedActions } from './actions.ts'
import { completedConditions } from './conditions.ts'
import type { FrontEnds } from './front-ends.ts'
import { page } from './page.ts'
import { type ElbHandlers, elbArn, elbId, listenerAt, type Records, type RuleRecord, ruleAt, rulesOf } from './records.ts'
import { tag, tagMap } from './tags.ts'
import { mustBeWithin } from './target-groups.ts'

const PRIORITY_MAX = 50_000
const RULES_PER_LISTENER_MAX = 100

export function ruleHandlers(cloud: Cloud, kept: Records, fronts: FrontEnds): ElbHandlers {
  return {
    CreateRule(input) {
      const listener = listenerAt(kept, input.ListenerArn)
      const priority = input.Priority ?? 0
      mustBeWithin('priority', priority, 1, PRIORITY_MAX)
      const conditions = completedConditions(input.Conditions)
      const actions = completedActions(kept, listener.loadBalancerArn, input.Actions)
      const tags = tagMap(input.Tags)
      const rules = rulesOf(kept, listener.arn)
      if (rules.some((rule) => rule.priority === priority)) throw inUse(priority)
      if (rules.length > RULES_PER_LISTENER_MAX) {
        throw new AwsError('TooManyRulesException', 'The maximum number of rules has been reached')
      }
      const arn = elbArn(cloud, `listener-rule/${listener.arn.split('listener/')[1]}/${elbId()}`)
      const rule = { arn, listenerArn: listener.arn, loadBalancerArn: listener.loadBalancerArn, priority, conditions, actions }
      kept.rules.set(arn, rule)
      tag(kept, arn, tags)
      fronts.changed()
      return { Rules: [ruleShape(rule)] }
    },
    DescribeRules(input) {
      const rules = input.RuleArns?.length
        ? input.RuleArns.map((arn) => ruleAt(kept, arn))
        : rulesOf(kept, listenerAt(kept, input.ListenerArn).arn)
      const { items, NextMarker } = page(rules, input)
      return { Rules: items.map(ruleShape), NextMarker }
    },
    ModifyRule(input) {
      const rule = ruleAt(kept, input.RuleArn)
      if (rule.priority === 'default') throw defaultRule('modified')
      const conditions = input.Conditions ? completedConditions(input.Conditions) : rule.conditions
      const actions = input.Actions ? completedActions(kept, rule.loadBalancerArn, input.Actions) : rule.actions
      kept.rules.set(rule.arn, { ...rule, conditions, actions })
      fronts.changed()
      return { Rules: [ruleShape(ruleAt(kept, rule.arn))] }
    },
    DeleteRule(input) {
      const rule = ruleAt(kept, input.RuleArn)
      if (rule.priority === 'default') throw defaultRule('deleted')
      kept.rules.delete(rule.arn)
      kept.tags.delete(rule.arn)
      fronts.changed()
      return {}
    },
    SetRulePriorities(input) {
      const wanted = new Map<string, number>()
      for (const { RuleArn, Priority = 0 } of input.RulePriorities ?? []) {
        const rule = ruleAt(kept, RuleArn)
        if (rule.priority === 'default') throw defaultRule('modified')
        mustBeWithin('priority', Priority, 1, PRIORITY_MAX)
        wanted.set(rule.arn, Priority)
      }
      for (const [arn, priority] of wanted) {
        const taken = rulesOf(kept, ruleAt(kept, arn).listenerArn).some(
          (other) => other.arn !== arn && (wanted.get(other.arn) ?? other.priority) === priority,
        )
        if (taken) throw inUse(priority)
      }
      for (const [arn, priority] of wanted) kept.rules.set(arn, { ...ruleAt(kept, arn), priority })
      fronts.changed()
      return { Rules: [...wanted.keys()].map((arn) => ruleShape(ruleAt(kept, arn))) }
    },
  }
}

const inUse = (priority: number) => new AwsError('PriorityInUseException', `Priority '${priority}' is currently in use`)
const defaultRule = (what: string) => new AwsError('OperationNotPermittedException', `Default rule '[default]' cannot be ${what}`)

function ruleShape(rule: RuleRecord): Rule {
  return {
    RuleArn: rule.arn,
    Priority: String(rule.priority),
    Conditions: rule.conditions,
    Actions: rule.actions,
    IsDefault: rule.priority === 'default',
  }
}
