import { AwsError, type Cloud } from '../cloud.ts'
import { groupArn, nameOf } from './group-operations.ts'
import type { LogGroup, LogStore } from './log-store.ts'
import type { LogsHandlers } from './logs.ts'

const MAXIMUM_TAGS = 50

export function tagOperations(cloud: Cloud, store: LogStore): LogsHandlers {
  const tagged = (arn: string | undefined): LogGroup => {
    const name = nameOf(arn ?? '')
    if (arn?.replace(/:\*$/, '') !== groupArn(cloud, name)) {
      throw new AwsError('ResourceNotFoundException', 'The specified resource does not exist.')
    }
    return store.group(name)
  }
  const tag = (group: LogGroup, tags: Record<string, string> = {}) => {
    const all = { ...group.tags, ...tags }
    if (Object.keys(all).length > MAXIMUM_TAGS) {
      throw new AwsError('TooManyTagsException', `A resource can have no more than ${MAXIMUM_TAGS} tags.`)
    }
    store.groups.set(group.name, { ...group, tags: all })
    return {}
  }
  const untag = (group: LogGroup, keys: string[] = []) => {
    const tags = Object.fromEntries(Object.entries(group.tags).filter(([key]) => !keys.includes(key)))
    store.groups.set(group.name, { ...group, tags })
    return {}
  }

  return {
    TagResource: (input) => tag(tagged(input.resourceArn), input.tags),
    UntagResource: (input) => untag(tagged(input.resourceArn), input.tagKeys),
    ListTagsForResource: (input) => ({ tags: tagged(input.resourceArn).tags }),
    TagLogGroup: (input) => tag(store.group(input.logGroupName as string), input.tags),
    UntagLogGroup: (input) => untag(store.group(input.logGroupName as string), input.tags),
    ListTagsLogGroup: (input) => ({ tags: store.group(input.logGroupName as string).tags }),
  }
}
