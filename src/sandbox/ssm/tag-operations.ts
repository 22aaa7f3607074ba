import type { Tag } from '@aws-sdk/client-ssm'
import { AwsError } from '../cloud.ts'
import type { Parameter } from './parameter.ts'
import type { ParameterStore } from './parameter-store.ts'
import type { SsmHandlers } from './ssm.ts'

const MAXIMUM_TAGS = 50

export function tagOperations(store: ParameterStore): SsmHandlers {
  return {
    AddTagsToResource(input) {
      const parameter = tagged(store, input)
      store.parameters.set(parameter.name, { ...parameter, tags: taggedWith(parameter.tags, input.Tags) })
      return {}
    },

    RemoveTagsFromResource(input) {
      const parameter = tagged(store, input)
      const tags = Object.fromEntries(Object.entries(parameter.tags).filter(([key]) => !input.TagKeys?.includes(key)))
      store.parameters.set(parameter.name, { ...parameter, tags })
      return {}
    },

    ListTagsForResource(input) {
      return { TagList: Object.entries(tagged(store, input).tags).map(([Key, Value]) => ({ Key, Value })) }
    },
  }
}

export function taggedWith(old: Record<string, string>, tags: Tag[] | undefined): Record<string, string> {
  const next = { ...old, ...Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key, Value])) }
  if (Object.keys(next).length > MAXIMUM_TAGS) {
    throw new AwsError('TooManyTagsError', `The number of tags exceeds the maximum of ${MAXIMUM_TAGS}.`)
  }
  return next
}

function tagged(store: ParameterStore, input: { ResourceType?: string; ResourceId?: string }): Parameter {
  if (input.ResourceType !== 'Parameter') {
    throw new AwsError(
      'InvalidResourceType',
      `${input.ResourceType} is not a resource type of this sandbox; it has Parameter only.`,
    )
  }
  const parameter = store.parameters.get(input.ResourceId as string)
  if (!parameter)
    throw new AwsError('InvalidResourceId', "The resource ID isn't valid. Verify that you entered the correct ID and try again.")
  return parameter
}
