// EventBridge: the default event bus, and rules that lead from events and schedules to targets.
import { randomUUID } from 'node:crypto'
import type { PutEventsRequestEntry, PutEventsResultEntry } from '@aws-sdk/client-eventbridge'
import { dueAfter, parsedExpression } from '../../core/schedule/expression.ts'
import type { Bus, Cloud, Service } from '../cloud.ts'
import { Timetable } from '../schedule/timetable.ts'
import { attempt } from './attempts.ts'
import { inputOf } from './input.ts'
import { type Json, matchesPattern, parsedPattern } from './pattern.ts'
import { BUS, type EventHandlers, invalid, mustBeDefaultBus, type RuleRecord, ruleHandlers, ruleTable } from './rules.ts'

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const ENTRIES_MAX = 10
const ENTRY_MAX_BYTES = 1024 * 1024

type Event = { [key: string]: Json }

/** Delivery is asynchronous; the fault `events:PutEvents` makes it repeat events and change their order. */
export function eventBridge(cloud: Cloud): Service & Bus & { handlers: EventHandlers } {
  const kept = ruleTable(cloud)
  const patterns = new Map<string, ReturnType<typeof parsedPattern>>()
  const timetable = new Timetable(cloud.clock)
  cloud.onClose(() => timetable.close())

  const ruleChanged = (name: string) => {
    const rule = kept.get(name)
    patterns.delete(name)
    timetable.delete(name)
    if (rule?.pattern !== undefined) patterns.set(name, parsedPattern(rule.pattern))
    if (rule?.schedule !== undefined && rule.enabled) scheduleNext(rule, timetable.now())
  }
  const scheduleNext = (rule: RuleRecord, after: number) => {
    const expression = parsedExpression(rule.schedule ?? '')
    const at = expression && dueAfter(expression, after, 'UTC', Math.min(rule.createdAt, after))
    if (at === undefined) return
    timetable.set(rule.name, at, () => {
      const current = kept.get(rule.name)
      if (!current?.enabled) return
      send(current, eventOf(cloud, { Source: 'aws.events', DetailType: 'Scheduled Event', Resources: [current.arn] }, {}))
      scheduleNext(current, at)
    })
  }
  for (const name of kept.keys()) ruleChanged(name)

  const publish = (event: Event) => {
    for (const [name, pattern] of patterns) {
      const rule = kept.get(name)
      if (rule?.enabled && matchesPattern(pattern, event)) send(rule, event)
    }
  }

  const send = (rule: RuleRecord, event: Event) => {
    for (const target of rule.targets) {
      const delivery = {
        target,
        input: inputOf(target, event, rule),
        caller: { principal: 'events.amazonaws.com' as const, startedBy: `events-rule/${rule.name}` },
        about: { RULE_ARN: rule.arn },
      }
      const { duplicate, disorderMs } = cloud.delivery('events:PutEvents')
      const copies = Math.random() < duplicate ? 2 : 1
      for (let i = 0; i < copies; i++) {
        if (disorderMs > 0) cloud.clock.after(Math.random() * disorderMs, () => void attempt(cloud, delivery))
        else setImmediate(() => void attempt(cloud, delivery))
      }
    }
  }

  return {
    client: () => import('@aws-sdk/client-eventbridge'),
    signingName: 'events',
    put({ source, detailType, resources, detail }) {
      if (patterns.size === 0) return
      // As on a wire: what is not JSON, such as an undefined member, is left out.
      const parsed = JSON.parse(JSON.stringify(detail())) as Json
      publish(eventOf(cloud, { Source: source, DetailType: detailType, Resources: resources }, parsed))
    },
    handlers: {
      ...ruleHandlers(cloud, kept, timetable.now, ruleChanged),
      PutEvents(input) {
        const given = input.Entries ?? []
        if (given.length > ENTRIES_MAX) {
          throw invalid(
            `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to ${ENTRIES_MAX}`,
          )
        }
        const Entries = given.map((entry): PutEventsResultEntry => {
          const detail = acceptedDetail(entry)
          if ('ErrorCode' in detail) return detail
          const event = eventOf(cloud, entry, detail.value)
          publish(event)
          return { EventId: String(event.id) }
        })
        return { FailedEntryCount: Entries.filter((entry) => entry.ErrorCode !== undefined).length, Entries }
      },
      DescribeEventBus(input) {
        mustBeDefaultBus(input.Name)
        return { Name: BUS, Arn: busArn(cloud) }
      },
      ListEventBuses(input) {
        const isAsked = BUS.startsWith(input.NamePrefix ?? '')
        return { EventBuses: isAsked ? [{ Name: BUS, Arn: busArn(cloud) }] : [] }
      },
    },
  }
}

const busArn = (cloud: Cloud) => `arn:aws:events:${cloud.region}:${cloud.account}:event-bus/${BUS}`

function eventOf(cloud: Cloud, entry: PutEventsRequestEntry, detail: Json): Event {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': entry.DetailType ?? '',
    source: entry.Source ?? '',
    account: cloud.account,
    time: `${new Date(entry.Time ?? cloud.clock.now()).toISOString().slice(0, 19)}Z`,
    region: cloud.region,
    resources: entry.Resources ?? [],
    detail,
  }
}

function acceptedDetail(entry: PutEventsRequestEntry): { value: Json } | { ErrorCode: string; ErrorMessage: string } {
  const missing = (['Source', 'DetailType', 'Detail'] as const).find((name) => !entry[name])
  if (missing) return refused('InvalidArgument', `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`)
  if (entry.Source?.startsWith('aws.')) return refused('NotAuthorizedForSourceException', 'Not authorized for the source.')
  if (Buffer.byteLength(entry.Detail ?? '') > ENTRY_MAX_BYTES) return refused('InvalidArgument', 'The event is too large.')
  mustBeDefaultBus(entry.EventBusName)
  try {
    const value = JSON.parse(entry.Detail ?? '') as Json
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value }
  } catch {
    // Told below.
  }
  return refused('MalformedDetail', 'Detail is malformed.')
}

const refused = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage })
