import type { LogGroup as WireGroup } from '@aws-sdk/client-cloudwatch-logs'
import { AwsError, type Cloud } from '../cloud.ts'
import { page, sortedBy } from '../page.ts'
import { constraintError, invalidToken, pageSize } from './constraint.ts'
import type { LogGroup, LogStore } from './log-store.ts'
import type { LogsHandlers } from './logs.ts'

const GROUP_PAGE = 50
const MAXIMUM_NAME_LENGTH = 512
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]

export function groupOperations(cloud: Cloud, store: LogStore): LogsHandlers {
  return {
    CreateLogGroup(input) {
      if (input.deletionProtectionEnabled) {
        throw new AwsError('InvalidParameterException', 'deletionProtectionEnabled is not supported by this sandbox.')
      }
      store.createGroup(newName(input.logGroupName as string), {
        class: input.logGroupClass ?? 'STANDARD',
        tags: input.tags ?? {},
        ...(input.kmsKeyId !== undefined && { kmsKeyId: input.kmsKeyId }),
      })
      return {}
    },

    DeleteLogGroup(input) {
      store.deleteGroup(input.logGroupName as string)
      return {}
    },

    DescribeLogGroups(input) {
      if (input.logGroupNamePrefix !== undefined && input.logGroupNamePattern !== undefined) {
        throw new AwsError(
          'InvalidParameterException',
          'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
        )
      }
      const groups = [...store.groups.values()].filter(
        (group) =>
          group.name.startsWith(input.logGroupNamePrefix ?? '') &&
          group.name.includes(input.logGroupNamePattern ?? '') &&
          (input.logGroupClass === undefined || group.class === input.logGroupClass) &&
          (input.logGroupIdentifiers?.some((identifier) => nameOf(identifier) === group.name) ?? true),
      )
      const { items, nextToken } = page(sortedBy(groups, byName), byName, {
        token: input.nextToken,
        size: pageSize(input.limit, GROUP_PAGE),
        invalid: invalidToken,
      })
      return { logGroups: items.map((group) => wireGroup(cloud, store, group)), nextToken }
    },

    PutRetentionPolicy(input) {
      const group = store.group(input.logGroupName as string)
      const days = input.retentionInDays as number
      if (!RETENTION_DAYS.includes(days)) {
        throw constraintError(days, 'retentionInDays', `Member must satisfy enum value set: [${RETENTION_DAYS.join(', ')}]`)
      }
      store.groups.set(group.name, { ...group, retentionDays: days })
      return {}
    },

    DeleteRetentionPolicy(input) {
      const { retentionDays: _, ...group } = store.group(input.logGroupName as string)
      store.groups.set(group.name, group)
      return {}
    },
  }
}

export function groupArn(cloud: { region: string; account: string }, name: string): string {
  return `arn:aws:logs:${cloud.region}:${cloud.account}:log-group:${name}`
}

/** The group that a name or ARN means. */
export function nameOf(identifier: string): string {
  return identifier.replace(/^arn:[^:]*:logs:[^:]*:[^:]*:log-group:/, '').replace(/:\*$/, '')
}

/** The group of a request that names it in one of two ways. */
export function groupOf(input: { logGroupName?: string; logGroupIdentifier?: string }): string {
  if ((input.logGroupName === undefined) === (input.logGroupIdentifier === undefined)) {
    throw new AwsError('InvalidParameterException', 'Exactly one of logGroupName and logGroupIdentifier must be specified.')
  }
  return input.logGroupName ?? nameOf(input.logGroupIdentifier ?? '')
}

const byName = ({ name }: LogGroup) => name

function newName(name: string): string {
  if (!/^[.\-_/#A-Za-z0-9]+$/.test(name)) {
    throw constraintError(name, 'logGroupName', 'Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+')
  }
  if (name.length > MAXIMUM_NAME_LENGTH) {
    throw constraintError(name, 'logGroupName', `Member must have length less than or equal to ${MAXIMUM_NAME_LENGTH}`)
  }
  if (name.startsWith('aws/'))
    throw new AwsError('InvalidParameterException', 'Log groups starting with AWS/ are reserved for AWS.')
  return name
}

function wireGroup(cloud: Cloud, store: LogStore, group: LogGroup): WireGroup {
  const arn = groupArn(cloud, group.name)
  return {
    logGroupName: group.name,
    creationTime: group.createdAt,
    retentionInDays: group.retentionDays,
    metricFilterCount: 0,
    arn: `${arn}:*`,
    storedBytes: store.storedBytes(group.name),
    kmsKeyId: group.kmsKeyId,
    logGroupClass: group.class as WireGroup['logGroupClass'],
    logGroupArn: arn,
  }
}
