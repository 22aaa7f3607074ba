// `secrets[].valueFrom` of a container definition: a parameter by name or ARN, or a secret by ARN.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
import type { Plan, ServicePlan } from '../plan.ts'

export interface SecretReference {
  kind: 'parameter' | 'secret'
  /** As people name it: `/bookshop/staging/applications/database-url`. */
  name: string
  /** Without JSON key and version. */
  arn: string
  variable: string
  account: string
  region: string
}

export function secretReferences({ definition }: Pick<ServicePlan, 'definition'>, where: Place): SecretReference[] {
  return (definition.containerDefinitions ?? []).flatMap(({ secrets = [] }) =>
    secrets.map(({ name = '', valueFrom = '' }) => secretReference(name, valueFrom, where)),
  )
}

type Place = Pick<Plan, 'account' | 'region'>

function secretReference(variable: string, valueFrom: string, { account, region }: Place): SecretReference {
  if (!valueFrom.startsWith('arn:')) {
    const name = unversioned(valueFrom)
    const arn = `arn:${partition(region)}:ssm:${region}:${account}:parameter/${name.replace(/^\//, '')}`
    return { kind: 'parameter', name, arn, variable, account, region }
  }
  const [arn, partitionName, service, inRegion = '', ofAccount = '', ...resource] = valueFrom.split(':')
  const place = { variable, account: ofAccount, region: inRegion }
  const stem = [arn, partitionName, service, inRegion, ofAccount].join(':')
  if (service !== 'ssm') return { kind: 'secret', name: resource[1] ?? '', arn: `${stem}:secret:${resource[1]}`, ...place }
  return { kind: 'parameter', name: (resource[0] ?? '').replace(/^parameter/, ''), arn: `${stem}:${resource[0]}`, ...place }
}

/** A parameter's version or label follows its name behind a colon. */
const unversioned = (name: string): string => name.replace(/:[^/]*$/, '')

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
export const partition = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
