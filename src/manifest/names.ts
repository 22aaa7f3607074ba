// What things are called in AWS, from what they are called in a manifest (one rule, no lookups).
import { createHash } from 'node:crypto'

export interface EnvironmentNames {
  cluster: string
  /** Name tag of the VPC. */
  vpc: string
  /** Where a bare secret name is looked up; without a slash at the end. */
  parameters: string
  /** Its group of schedules. */
  schedules: string
}

export interface ServiceNames {
  cluster: string
  service: string
  family: string
  targetGroup: string
  /** The second one, for strategies that shift traffic. */
  alternateTargetGroup: string
  /** Role names or ARNs. */
  executionRole: string
  taskRole: string
  loadBalancerRole: string
  logGroup: string
  repository: string
  securityGroup: string
  /** The service's own container in its task definition. */
  container: string
}

export function environmentNames(product: string, environment: string): EnvironmentNames & { schedulerRole: string } {
  return {
    cluster: `${product}-${environment}`,
    vpc: `${product}-${environment}`,
    parameters: `/${product}/${environment}/applications`,
    schedules: cut(`${product}-${environment}`, SCHEDULE_GROUP_CHARACTERS),
    schedulerRole: cut(`${product}-${environment}-scheduler`, ROLE_CHARACTERS),
  }
}

export function names(product: string, environment: string, service: string): ServiceNames {
  const full = `${product}-${environment}-${service}`
  return {
    cluster: environmentNames(product, environment).cluster,
    service: full,
    family: full,
    targetGroup: cut(full, TARGET_GROUP_CHARACTERS),
    alternateTargetGroup: cut(`${full}-alt`, TARGET_GROUP_CHARACTERS),
    executionRole: `${full}-execution`,
    taskRole: `${full}-task`,
    loadBalancerRole: `${full}-balancing`,
    logGroup: `/${product}/${environment}/${service}`,
    repository: `${product}/${service}`,
    securityGroup: full,
    container: service,
  }
}

/** ELBv2 CreateTargetGroup: "This name must be unique … can have a maximum of 32 characters". */
export const TARGET_GROUP_CHARACTERS = 32
/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html */
const SCHEDULE_GROUP_CHARACTERS = 64
/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
const ROLE_CHARACTERS = 64
const HASH_CHARACTERS = 6

/** A name that fits: one too long keeps its beginning and ends in a hash of the whole, so that two never meet. */
export function cut(name: string, characters: number): string {
  if (name.length <= characters) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_CHARACTERS)
  return `${name.slice(0, characters - HASH_CHARACTERS - 1).replace(/-+$/, '')}-${hash}`
}

/** Fills `{product}`, `{env}` and `{service}` into a name that the manifest gives. */
export function filled(name: string, product: string, environment: string, service: string): string {
  return name.replaceAll('{product}', product).replaceAll('{env}', environment).replaceAll('{service}', service)
}
