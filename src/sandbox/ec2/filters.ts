import type { Filter } from '@aws-sdk/client-ec2'
import { AwsError } from '../cloud.ts'
import { matchesWildcard } from '../wildcard.ts'

/** What a filter of a name is compared with, for one record. */
export type FilterFields<T> = Record<string, (record: T) => string | string[] | undefined>

/** The records that match every filter, each by any of its values, in which `*` and `?` are wild. */
export function filtered<T extends { tags: Record<string, string> }>(
  records: T[],
  filters: Filter[] | undefined,
  fields: FilterFields<T>,
): T[] {
  return (filters ?? []).reduce((left, { Name: name = '', Values: values = [] }) => {
    const field = fieldNamed(name, fields)
    return left.filter((record) => {
      const has = [field(record) ?? []].flat()
      return has.some((value) => values.some((pattern) => matchesWildcard(pattern, value)))
    })
  }, records)
}

function fieldNamed<T extends { tags: Record<string, string> }>(name: string, fields: FilterFields<T>): FilterFields<T>[string] {
  if (name.startsWith('tag:')) return (record) => record.tags[name.slice('tag:'.length)]
  if (name === 'tag-key') return (record) => Object.keys(record.tags)
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (!field) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`, {}, 400)
  return field
}
