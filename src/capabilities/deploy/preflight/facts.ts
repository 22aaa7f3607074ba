// Looks at everything that a deployment needs and does not make itself: in parallel, in as few calls as there can be.
import { alarmStates } from '../../../aws/alarms.ts'
import { repositoryUri } from '../../../aws/ecr.ts'
import { describeClusters } from '../../../aws/ecs-clusters.ts'
import { firstRoles, getRole, type Simulated, simulated } from '../../../aws/identity.ts'
import { keyArn } from '../../../aws/kms.ts'
import { targetGroup } from '../../../aws/load-balancing.ts'
import { logGroupNames } from '../../../aws/logs.ts'
import { securityGroups, subnetsById } from '../../../aws/network.ts'
import { parameterKeys, secretKey } from '../../../aws/secrets.ts'
import type { AwsSession } from '../../../aws/session.ts'
import type { EnvironmentManifest } from '../../../manifest/environment.ts'
import { type Plan, type ServicePlan, TO_BE_BUILT } from '../plan.ts'
import { type Access, accessOf } from './access.ts'
import { type ImageFacts, imageFacts } from './image-facts.ts'
import { type SecretReference, secretReferences } from './secret-reference.ts'
import { type Seen, seen, seenEach } from './seen.ts'

export interface Facts {
  clusters: Seen<Map<string, ClusterFacts>>
  /** By reference; undefined for one that does not exist. */
  images: Map<string, Seen<ImageFacts | undefined>>
  /** Whether each repository of an image that is still to be built exists. */
  repositories: Map<string, Seen<boolean>>
  /** By ARN: whether tasks may assume it; undefined for one that does not exist. */
  roles: Map<string, Seen<{ trusted: boolean } | undefined>>
  /** What each execution role must be allowed, and what IAM's simulator says. */
  access: Map<string, { wanted: Access[]; answers: Seen<Simulated[]> }>
  /** Whether each parameter and secret exists, by ARN. */
  secrets: Map<string, Seen<boolean>>
  logGroups: Map<string, Seen<boolean>>
  targetGroups: Map<string, Seen<TargetGroupFacts | undefined>>
  subnets: Seen<Map<string, { free: number; vpc: string }>>
  securityGroups: Seen<Set<string>>
  alarms: Seen<Map<string, string>>
}

export interface ClusterFacts {
  providers: string[]
  instances: number
}
export interface TargetGroupFacts {
  name: string
  type: string
  protocol: string
  vpc: string
  balanced: boolean
}

const TASKS = 'ecs-tasks.amazonaws.com'
/** The list of an account's roles is long: it is asked for only when it spares more than a few questions. */
const FEW_ROLES = 4

/** `services` are those whose plan does anything. */
export async function facts(
  session: AwsSession,
  plan: Pick<Plan, 'account' | 'region'>,
  manifest: EnvironmentManifest,
  services: readonly ServicePlan[],
  signal?: AbortSignal,
): Promise<Facts> {
  const containers = services.flatMap(({ definition }) => definition.containerDefinitions ?? [])
  const references = containers.flatMap(({ image = '' }) => (image.startsWith(TO_BE_BUILT) ? [] : [image]))
  const unbuilt = services.filter(({ image }) => image === undefined)
  const roles = services.flatMap(({ definition }) => [definition.executionRoleArn, definition.taskRoleArn])
  const rolling = services.filter(({ action }) => action === 'create' || action === 'update')
  const networks = services.map(({ place }) => place.network?.awsvpcConfiguration)
  const subnetIds = unique(networks.flatMap((network) => network?.subnets ?? []))
  const groupIds = unique(networks.flatMap((network) => network?.securityGroups ?? []))
  const alarmNames = unique(rolling.flatMap(({ settings }) => settings.deploymentConfiguration?.alarms?.alarmNames ?? []))
  const groups = unique(
    containers.flatMap(({ logConfiguration }) =>
      logConfiguration?.logDriver === 'awslogs' ? (logConfiguration.options?.['awslogs-group'] ?? []) : [],
    ),
  )
  const secrets = services.flatMap((service) => secretReferences(service, plan))
  const [images, stored] = await Promise.all([
    imageFacts(session, references, plan, signal),
    secretFacts(session, secrets, plan, signal),
  ])
  const isOurs = (image: string) => 'value' in (images.get(image) ?? { hidden: '' })
  const [clusters, repositories, known, access, logGroups, targets, subnets, walls, alarms] = await Promise.all([
    seen('ecs:DescribeClusters', () => clusterFacts(session, unique(services.map(({ cluster }) => cluster)), signal)),
    seenEach(
      'ecr:DescribeRepositories',
      unbuilt.flatMap(({ service }) => {
        const { names, sidecars = {} } = manifest.services[service] ?? {}
        return names ? [names.repository, ...Object.values(sidecars).map(({ repository }) => repository)] : []
      }),
      async (name) => (await repositoryUri(session, name, signal)) !== undefined,
    ),
    roleFacts(session, unique(roles.filter((role) => role !== undefined)), TASKS, signal),
    accessFacts(session, services, plan, isOurs, stored.keys, signal),
    logFacts(session, groups, signal),
    seenEach(
      'elasticloadbalancing:DescribeTargetGroups',
      rolling.flatMap(({ place }) => place.targetGroups),
      (arn) => targetGroupFacts(session, arn, signal),
    ),
    seen('ec2:DescribeSubnets', () => subnetFacts(session, subnetIds, signal)),
    seen('ec2:DescribeSecurityGroups', () => existingGroups(session, groupIds, signal)),
    seen('cloudwatch:DescribeAlarms', async () =>
      alarmNames.length > 0 ? alarmStates(session, alarmNames, signal) : new Map<string, string>(),
    ),
  ])
  return {
    clusters,
    images,
    repositories,
    roles: known,
    access,
    secrets: stored.there,
    logGroups,
    targetGroups: targets,
    subnets,
    securityGroups: walls,
    alarms,
  }
}

const unique = <Item>(items: readonly Item[]): Item[] => [...new Set(items)]

async function clusterFacts(session: AwsSession, names: string[], signal?: AbortSignal): Promise<Map<string, ClusterFacts>> {
  const found = await describeClusters(session, names, signal)
  return new Map(
    [...found].map(([name, { capacityProviders = [], registeredContainerInstancesCount = 0 }]) => [
      name,
      { providers: capacityProviders, instances: registeredContainerInstancesCount },
    ]),
  )
}

/** Many are read off one list; whatever is not on it, or may not be listed, is asked for by itself. */
export async function roleFacts(
  session: AwsSession,
  arns: string[],
  principal: string,
  signal?: AbortSignal,
): Promise<Facts['roles']> {
  const listed = arns.length > FEW_ROLES ? await seen('iam:ListRoles', () => firstRoles(session, signal)) : undefined
  return seenEach('iam:GetRole', arns, async (arn) => {
    const name = arn.split('/').at(-1) ?? arn
    const role = (listed && 'value' in listed ? listed.value.get(name) : undefined) ?? (await getRole(session, name, signal))
    return role && { trusted: trusts(decodeURIComponent(role.AssumeRolePolicyDocument ?? '{}'), principal) }
  })
}

interface TrustStatement {
  Effect?: string
  Action?: string | string[]
  Principal?: string | { Service?: string | string[] }
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html */
function trusts(document: string, principal: string): boolean {
  const { Statement = [] } = JSON.parse(document) as { Statement?: TrustStatement | TrustStatement[] }
  return [Statement].flat().some(({ Effect, Action = [], Principal }) => {
    const services = Principal === '*' ? ['*'] : typeof Principal === 'object' ? [Principal.Service ?? []].flat() : []
    return (
      Effect === 'Allow' &&
      [Action].flat().some((action) => /^(\*|sts:(\*|AssumeRole))$/i.test(action)) &&
      services.some((service) => service === '*' || service === principal)
    )
  })
}

/** One question per execution role: all that is needed of all of its services. */
async function accessFacts(
  session: AwsSession,
  services: readonly ServicePlan[],
  plan: Pick<Plan, 'account' | 'region'>,
  isOurs: (image: string) => boolean,
  keys: ReadonlyMap<string, string>,
  signal?: AbortSignal,
): Promise<Facts['access']> {
  const wanted = new Map<string, Access[]>()
  for (const service of services) {
    const role = service.definition.executionRoleArn
    if (role !== undefined) wanted.set(role, [...(wanted.get(role) ?? []), ...accessOf(service, plan, isOurs, keys)])
  }
  const asked = [...wanted].map(async ([role, all]) => {
    const actions = unique(all.map(({ action }) => action))
    const resources = unique(all.map(({ resource }) => resource))
    const answers = await seen('iam:SimulatePrincipalPolicy', async () =>
      actions.length > 0 ? simulated(session, role, actions, resources, signal) : [],
    )
    return [role, { wanted: all, answers }] as const
  })
  return new Map(await Promise.all(asked))
}

async function secretFacts(
  session: AwsSession,
  references: readonly SecretReference[],
  { account, region }: Pick<Plan, 'account' | 'region'>,
  signal?: AbortSignal,
): Promise<{ there: Map<string, Seen<boolean>>; keys: Map<string, string> }> {
  const there = new Map<string, Seen<boolean>>()
  const keyIds = new Map<string, string>()
  const here = references.filter((one) => one.account === account && one.region === region)
  for (const { arn, name } of references) if (!here.some((one) => one.arn === arn)) there.set(arn, { hidden: name })
  const parameters = here.filter(({ kind }) => kind === 'parameter')
  const names = unique(parameters.map(({ name }) => name))
  const [found, secrets] = await Promise.all([
    seen('ssm:DescribeParameters', async () => (names.length > 0 ? parameterKeys(session, names, signal) : new Map())),
    seenEach(
      'secretsmanager:DescribeSecret',
      here.filter(({ kind }) => kind === 'secret').map(({ arn }) => arn),
      (arn) => secretKey(session, arn, signal),
    ),
  ])
  for (const { arn, name } of parameters) {
    there.set(arn, 'hidden' in found ? found : { value: found.value.has(name) })
    const key = 'value' in found ? found.value.get(name) : undefined
    if (isOwnKey(key)) keyIds.set(arn, key)
  }
  for (const [arn, secret] of secrets) {
    there.set(arn, 'hidden' in secret ? secret : { value: secret.value !== null })
    if ('value' in secret && isOwnKey(secret.value)) keyIds.set(arn, secret.value)
  }
  const arns = await seenEach('kms:DescribeKey', keyIds.values(), (id) => keyArn(session, id, signal))
  const keys = [...keyIds].flatMap(([arn, id]): [string, string][] => {
    const key = arns.get(id)
    return key && 'value' in key && key.value !== undefined ? [[arn, key.value]] : []
  })
  return { there, keys: new Map(keys) }
}

/** The keys that AWS manages serve everybody in the account. */
const isOwnKey = (id: string | null | undefined): id is string => typeof id === 'string' && !/(^|:)alias\/aws\//.test(id)

/** Groups that share the beginning of their names are listed together. */
async function logFacts(session: AwsSession, names: string[], signal?: AbortSignal): Promise<Map<string, Seen<boolean>>> {
  const prefix = names.length > 1 ? commonPrefix(names) : ''
  if (prefix.length < 2)
    return seenEach('logs:DescribeLogGroups', names, async (name) => (await logGroupNames(session, name, signal)).has(name))
  const found = await seen('logs:DescribeLogGroups', () => logGroupNames(session, prefix, signal))
  return new Map(names.map((name) => [name, 'hidden' in found ? found : { value: found.value.has(name) }]))
}

function commonPrefix(names: readonly string[]): string {
  const [first = '', ...others] = names
  let length = first.length
  while (others.some((name) => name.slice(0, length) !== first.slice(0, length))) length--
  return first.slice(0, length)
}

async function targetGroupFacts(session: AwsSession, arn: string, signal?: AbortSignal): Promise<TargetGroupFacts | undefined> {
  const group = await targetGroup(session, arn, signal)
  return (
    group && {
      name: group.TargetGroupName ?? arn,
      type: group.TargetType ?? 'instance',
      protocol: group.Protocol ?? 'HTTP',
      vpc: group.VpcId ?? '',
      balanced: (group.LoadBalancerArns?.length ?? 0) > 0,
    }
  )
}

async function subnetFacts(session: AwsSession, ids: string[], signal?: AbortSignal) {
  const found = ids.length > 0 ? await subnetsById(session, ids, signal) : []
  return new Map(
    found.map(({ SubnetId = '', AvailableIpAddressCount = 0, VpcId = '' }) => [
      SubnetId,
      { free: AvailableIpAddressCount, vpc: VpcId },
    ]),
  )
}

async function existingGroups(session: AwsSession, ids: string[], signal?: AbortSignal): Promise<Set<string>> {
  const found = ids.length > 0 ? await securityGroups(session, [{ Name: 'group-id', Values: ids }], signal) : []
  return new Set(found.map(({ GroupId = '' }) => GroupId))
}
