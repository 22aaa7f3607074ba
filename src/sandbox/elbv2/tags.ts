import type { Tag } from '@aws-sdk/client-elastic-load-balancing-v2'
import { AwsError } from '../cloud.ts'
import type { ElbHandlers, Records } from './records.ts'

const TAGS_MAX = 50

/** Refuses a key that occurs twice, as every operation that takes tags does. */
export function tagMap(tags: Tag[] | undefined): Record<string, string> {
  const map = new Map<string, string>()
  for (const { Key: key = '', Value: value = '' } of tags ?? []) {
    if (map.has(key)) throw new AwsError('DuplicateTagKeysException', 'A tag key was specified more than once')
    map.set(key, value)
  }
  return Object.fromEntries(map)
}

/** Lays tags over those of a resource. */
export function tag(kept: Records, arn: string, tags: Record<string, string>): void {
  const merged = { ...kept.tags.get(arn), ...tags }
  if (Object.keys(merged).length > TAGS_MAX) {
    throw new AwsError('TooManyTagsException', 'The maximum number of tags has already been assigned to the resource')
  }
  kept.tags.set(arn, merged)
}

export function tagHandlers(kept: Records): ElbHandlers {
  return {
    AddTags(input) {
      const tags = tagMap(input.Tags)
      for (const arn of input.ResourceArns ?? []) mustExist(kept, arn)
      for (const arn of input.ResourceArns ?? []) tag(kept, arn, tags)
      return {}
    },
    RemoveTags(input) {
      for (const arn of input.ResourceArns ?? []) mustExist(kept, arn)
      for (const arn of input.ResourceArns ?? []) {
        const rest = { ...kept.tags.get(arn) }
        for (const key of input.TagKeys ?? []) delete rest[key]
        kept.tags.set(arn, rest)
      }
      return {}
    },
    DescribeTags(input) {
      const TagDescriptions = (input.ResourceArns ?? []).map((arn) => {
        mustExist(kept, arn)
        return { ResourceArn: arn, Tags: Object.entries(kept.tags.get(arn) ?? {}).map(([Key, Value]) => ({ Key, Value })) }
      })
      return { TagDescriptions }
    },
  }
}

function mustExist(kept: Records, arn: string): void {
  if (kept.loadBalancers.has(arn) || kept.listeners.has(arn) || kept.rules.has(arn) || kept.targetGroups.has(arn)) return
  const kind = arn.slice(arn.lastIndexOf(':') + 1).split('/')[0]
  if (kind === 'listener') throw new AwsError('ListenerNotFoundException', 'One or more listeners not found')
  if (kind === 'listener-rule') throw new AwsError('RuleNotFoundException', 'One or more rules not found')
  if (kind === 'targetgroup') throw new AwsError('TargetGroupNotFoundException', 'One or more target groups not found')
  throw new AwsError('LoadBalancerNotFoundException', `Load balancer '${arn}' not found`)
}
