// Service revisions: the immutable answer to "what is to run", and the deployments that bring them to a service.
import { ecsArn, newNumber } from './arn.ts'
import type { Engine, LiveRevision, LiveService } from './engine.ts'
import { shiftsTraffic } from './stages.ts'
import type { DeploymentRecord, RevisionRecord, RevisionSpec, ServiceRecord } from './state.ts'

/** `serving` is the revision that production traffic goes to. */
export function newRevision(
  engine: Engine,
  service: ServiceRecord,
  spec: RevisionSpec,
  serving: string | undefined,
): RevisionRecord {
  const id = newNumber()
  const record: RevisionRecord = {
    arn: ecsArn(engine.cloud, `service-revision/${service.cluster}/${service.name}/${id}`),
    id,
    service: service.arn,
    createdAt: engine.clock.now(),
    spec,
    digests: {},
    targetGroups: targetGroups(service, spec, serving === undefined ? undefined : engine.revisionRecords.get(serving)),
  }
  engine.revisionRecords.set(record.arn, record)
  return record
}

/** Traffic shifts alternate between the two target groups of a load balancer; everything else stays where it is. */
function targetGroups(service: ServiceRecord, spec: RevisionSpec, serving: RevisionRecord | undefined): string[] {
  const isShifting = shiftsTraffic(service.deploymentConfiguration)
  return spec.loadBalancers.map(({ targetGroupArn = '', advancedConfiguration }, index) => {
    const alternate = advancedConfiguration?.alternateTargetGroupArn
    const now = serving?.targetGroups[index]
    if (alternate === undefined || now === undefined) return targetGroupArn
    if (!isShifting) return now
    return now === targetGroupArn ? alternate : targetGroupArn
  })
}

export function newDeployment(engine: Engine, revision: RevisionRecord): DeploymentRecord {
  const now = engine.clock.now()
  const id = `ecs-svc/${revision.id}`
  return {
    id,
    revision: revision.arn,
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    failedTasks: 0,
    createdAt: now,
    updatedAt: now,
  }
}

export function liveRevision(engine: Engine, record: RevisionRecord, deployment: DeploymentRecord): LiveRevision {
  const definition = engine.definitions.get(record.spec.taskDefinition)
  if (!definition) throw new Error(`Revision ${record.arn} has no task definition`)
  const subnets = record.spec.networkConfiguration?.awsvpcConfiguration?.subnets ?? []
  const zones = subnets.map((subnet) => ({ subnet, zone: engine.cloud.network.availabilityZone(subnet) }))
  return { record, deployment, definition, tasks: [], zones, containers: undefined }
}

/** Makes a revision the PRIMARY of its service; the others become ACTIVE. */
export function promote(service: LiveService, revision: LiveRevision): void {
  for (const { deployment } of service.revisions) deployment.status = 'ACTIVE'
  revision.deployment.status = 'PRIMARY'
  service.revisions = [revision, ...service.revisions.filter((each) => each !== revision)]
  service.record.deployments = service.revisions.map(({ deployment }) => deployment)
  service.record.revision = revision.record.arn
}
