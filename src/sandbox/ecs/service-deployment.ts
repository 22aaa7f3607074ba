// What is read of service deployments and revisions, and how a person stops or continues one.
import type { ServiceDeployment, ServiceRevision } from '@aws-sdk/client-ecs'
import { AwsError } from '../cloud.ts'
import { sortedBy } from '../page.ts'
import { type Context, clusterOf, type EcsHandlers, invalid, paged, serviceArn } from './context.ts'
import type { Engine, LiveRollout, LiveService } from './engine.ts'
import { answerPause } from './hooks.ts'
import { renderedBrief } from './render-service.ts'
import { requestRollback } from './rollback.ts'
import type { ServiceDeploymentRecord } from './state.ts'

const DESCRIBED_AT_ONCE = 20
const RETENTION_MS = 90 * 24 * 60 * 60 * 1000
/** States in which a stop that is asked for again changes nothing (Developer Guide, "Stopping Amazon ECS service deployments"). */
const STOPPING = ['STOP_REQUESTED', 'ROLLBACK_REQUESTED', 'ROLLBACK_IN_PROGRESS']

export function serviceDeploymentOperations({ engine, history }: Context): EcsHandlers {
  return {
    ListServiceDeployments({ cluster: name, service, status, createdAt, ...input }) {
      const cluster = clusterOf(engine, name)
      const arn = serviceArn(engine, cluster.name, service ?? '')
      if (!engine.serviceRecords.has(arn)) throw new AwsError('ServiceNotFoundException', 'Service not found.')
      const after = createdAt?.after?.getTime() ?? engine.clock.now() - RETENTION_MS
      const before = createdAt?.before?.getTime() ?? Number.POSITIVE_INFINITY
      const ofService = `${arn.replace(':service/', ':service-deployment/')}/`
      const found = history.all<ServiceDeployment>('ListServiceDeployments', 'deployment', ofService).filter(({ value }) => {
        if (status?.length && !status.some((each) => each === value.status)) return false
        const made = value.createdAt?.getTime() ?? 0
        return made >= after && made <= before
      })
      const sorted = sortedBy(found, ({ value }) => newestFirst(value))
      const { items, nextToken } = paged(sorted, ({ value }) => newestFirst(value), input, 20)
      return { serviceDeployments: items.map(({ value }) => renderedBrief(value)), nextToken }
    },

    DescribeServiceDeployments({ serviceDeploymentArns = [] }) {
      checkNumber(serviceDeploymentArns, 'serviceDeploymentArns')
      const failures: { arn: string; reason: string }[] = []
      const serviceDeployments = serviceDeploymentArns.flatMap((arn) => {
        const found = history.seen<ServiceDeployment>('DescribeServiceDeployments', 'deployment', arn)
        if (!found) failures.push({ arn, reason: 'MISSING' })
        return found ?? []
      })
      return { serviceDeployments, failures }
    },

    DescribeServiceRevisions({ serviceRevisionArns = [] }) {
      checkNumber(serviceRevisionArns, 'serviceRevisionArns')
      const failures: { arn: string; reason: string }[] = []
      const serviceRevisions = serviceRevisionArns.flatMap((arn) => {
        const found = history.seen<ServiceRevision>('DescribeServiceRevisions', 'revision', arn)
        if (!found) failures.push({ arn, reason: 'MISSING' })
        return found ?? []
      })
      return { serviceRevisions, failures }
    },

    StopServiceDeployment({ serviceDeploymentArn = '', stopType = 'ROLLBACK' }) {
      if (stopType !== 'ROLLBACK') throw invalid('Invalid stopType. The valid values are ROLLBACK.')
      const { record, current } = deploymentOf(engine, serviceDeploymentArn)
      if (STOPPING.includes(record.status ?? '')) return { serviceDeploymentArn }
      if (!current) {
        throw new AwsError(
          'ConflictException',
          `Unable to stop the service deployment because it is in the ${record.status} state.`,
        )
      }
      requestRollback(
        engine,
        current.service,
        current.rollout,
        'Service deployment rolled back because of a StopServiceDeployment request.',
      )
      return { serviceDeploymentArn }
    },

    ContinueServiceDeployment({ serviceDeploymentArn = '', hookId = '', action = 'CONTINUE' }) {
      const { record, current } = deploymentOf(engine, serviceDeploymentArn)
      const hook = record.hooks.find((each) => each.hookId === hookId)
      if (!hook) throw invalid(`The lifecycle hook ${hookId} was not found.`)
      if (hook.status !== 'AWAITING_ACTION') throw invalid(`The lifecycle hook ${hookId} is not in the AWAITING_ACTION state.`)
      if (!current || record.status !== 'IN_PROGRESS') throw invalid('The service deployment is not in the IN_PROGRESS state.')
      answerPause(engine, current.service, current.rollout, hook, action)
      return { serviceDeploymentArn }
    },
  }
}

function deploymentOf(
  engine: Engine,
  arn: string,
): { record: ServiceDeploymentRecord; current: { service: LiveService; rollout: LiveRollout } | undefined } {
  const record = engine.serviceDeployments.get(arn)
  if (!record) throw new AwsError('ServiceDeploymentNotFoundException', 'Service deployment not found.')
  const service = engine.services.get(record.service)
  const rollout = service?.rollout
  return { record, current: service && rollout?.record.arn === arn ? { service, rollout } : undefined }
}

function checkNumber(arns: string[], name: string): void {
  if (arns.length === 0) throw invalid(`${name} can not be empty.`)
  if (arns.length > DESCRIBED_AT_ONCE) throw invalid(`${name} can have at most ${DESCRIBED_AT_ONCE} items.`)
}

const LATEST = 8.64e15

const newestFirst = ({ createdAt, serviceDeploymentArn }: ServiceDeployment) =>
  `${String(LATEST - (createdAt?.getTime() ?? 0)).padStart(16, '0')} ${serviceDeploymentArn}`
