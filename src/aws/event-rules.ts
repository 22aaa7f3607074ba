import type { EventBridge, Target } from '@aws-sdk/client-eventbridge'
import { KibanError } from '../core/error.ts'
import type { Api, AwsSession } from './session.ts'

const events: Api<EventBridge> = {
  service: 'events',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-eventbridge')).EventBridge(config),
}

export interface RuleTarget {
  rule: string
  target: Target
}

/** Every target of the default bus's rules that runs tasks in a cluster, as it stands. */
export async function clusterTargets(session: AwsSession, clusterArn: string, signal?: AbortSignal): Promise<RuleTarget[]> {
  const rules: string[] = []
  let token: string | undefined
  do {
    const page = await session.ask(
      events,
      (client, options) => client.listRuleNamesByTarget({ TargetArn: clusterArn, NextToken: token }, options),
      signal,
    )
    rules.push(...(page.RuleNames ?? []))
    token = page.NextToken
  } while (token)
  const found = await Promise.all(rules.map((rule) => targetsOf(session, rule, signal)))
  return found.flat().filter(({ target }) => target.Arn === clusterArn && target.EcsParameters !== undefined)
}

async function targetsOf(session: AwsSession, rule: string, signal?: AbortSignal): Promise<RuleTarget[]> {
  const targets: RuleTarget[] = []
  let token: string | undefined
  do {
    const page = await session.ask(
      events,
      (client, options) => client.listTargetsByRule({ Rule: rule, NextToken: token }, options),
      signal,
    )
    targets.push(...(page.Targets ?? []).map((target) => ({ rule, target })))
    token = page.NextToken
  } while (token)
  return targets
}

/** Lets one target run another definition, and leaves the rest of it as it stands now; false when it is gone. */
export async function retarget(
  session: AwsSession,
  { rule, id, definition }: { rule: string; id: string; definition: string },
  signal?: AbortSignal,
): Promise<boolean> {
  const standing = (await targetsOf(session, rule, signal)).find(({ target }) => target.Id === id)?.target
  if (!standing?.EcsParameters) return false
  const target = { ...standing, EcsParameters: { ...standing.EcsParameters, TaskDefinitionArn: definition } }
  const { FailedEntries: [failed] = [] } = await session.ask(
    events,
    (client, options) => client.putTargets({ Rule: rule, Targets: [target] }, options),
    signal,
  )
  if (!failed) return true
  const words = `${failed.ErrorCode}: ${failed.ErrorMessage}`
  throw new KibanError('conflict', 'aws.rejected', { en: words, ja: words })
}
