import type { Tag } from '@aws-sdk/client-ecs'
import { AwsError } from '../cloud.ts'
import { lastPart, resourceOf } from './arn.ts'
import { type Context, type EcsHandlers, invalid } from './context.ts'
import { type Engine, keepTask } from './engine.ts'

const MOST_TAGS = 50
const LONGEST_KEY = 128
const LONGEST_VALUE = 256

interface Tagged {
  tags: Tag[]
  keep(): void
}

/** Tags of clusters, services, task definitions and tasks. */
export function tagOperations({ engine, history }: Context): EcsHandlers {
  return {
    TagResource({ resourceArn = '', tags = [] }) {
      const tagged = taggedBy(engine, resourceArn)
      const merged = new Map(tagged.tags.map((tag) => [tag.key, tag]))
      for (const tag of tags) {
        merged.set(tag.key, tag)
      }
      checkTags([...merged.values()])
      tagged.tags.splice(0, tagged.tags.length, ...merged.values())
      tagged.keep()
      return {}
    },

    UntagResource({ resourceArn = '', tagKeys = [] }) {
      const tagged = taggedBy(engine, resourceArn)
      const left = tagged.tags.filter(({ key = '' }) => !tagKeys.includes(key))
      tagged.tags.splice(0, tagged.tags.length, ...left)
      tagged.keep()
      return {}
    },

    ListTagsForResource({ resourceArn = '' }) {
      const kind = KINDS.get(resourceOf(resourceArn).split('/')[0] ?? '')
      const key = kind === 'cluster' ? lastPart(resourceArn) : resourceArn
      if (kind && !history.seen('ListTagsForResource', kind, key)) throw notFound()
      return { tags: taggedBy(engine, resourceArn).tags }
    },
  }
}

/** Throws InvalidParameterException for tags that no resource of ECS can have (SDK, CreateClusterRequest.tags). */
export function checkTags(tags: readonly Tag[] = []): void {
  if (tags.length > MOST_TAGS) throw invalid('Number of tags exceeds the maximum allowed.')
  for (const { key = '', value = '' } of tags) {
    if (key === '' || key.length > LONGEST_KEY) throw invalid(`A tag key must have between 1 and ${LONGEST_KEY} characters.`)
    if (value.length > LONGEST_VALUE) throw invalid(`A tag value must have at most ${LONGEST_VALUE} characters.`)
    if (/^aws:/i.test(key)) throw invalid('System tags cannot be added, updated or deleted.')
  }
  if (new Set(tags.map(({ key }) => key)).size < tags.length) throw invalid('Duplicate tag keys are not allowed.')
}

const KINDS = new Map<string, 'cluster' | 'service' | 'definition' | 'task'>([
  ['cluster', 'cluster'],
  ['service', 'service'],
  ['task-definition', 'definition'],
  ['task', 'task'],
])

const notFound = () => invalid('The specified resource was not found.')

function taggedBy(engine: Engine, arn: string): Tagged {
  const resource = resourceOf(arn)
  if (!arn.startsWith('arn:')) throw invalid('Invalid resource ARN.')
  const kept = <T extends { tags: Tag[] }>(
    table: { get(key: string): T | undefined; set(key: string, value: T): unknown },
    key: string,
  ) => {
    const record = table.get(key)
    if (!record) throw notFound()
    return { tags: record.tags, keep: () => void table.set(key, record) }
  }
  switch (resource.split('/')[0]) {
    case 'cluster':
      return kept(engine.clusters, lastPart(resource))
    case 'service':
      return kept(engine.serviceRecords, arn)
    case 'task-definition':
      return kept(engine.definitions, arn)
    case 'task': {
      const record = engine.taskRecords.get(arn)
      if (!record) throw notFound()
      return { tags: record.tags, keep: () => keepTask(engine, record) }
    }
    default:
      throw new AwsError('InvalidParameterException', `Tagging of ${resource} is not supported.`)
  }
}
