// From a request to what a revision is made of.
import type { CreateServiceRequest, UpdateServiceRequest } from '@aws-sdk/client-ecs'
import { usableDefinition } from './context.ts'
import type { Engine } from './engine.ts'
import { usualLaunchType } from './service-check.ts'
import type { ClusterRecord, RevisionSpec } from './state.ts'

const PLATFORM = { platformVersion: 'LATEST', platformFamily: 'Linux' }

export function initialSpec(engine: Engine, cluster: ClusterRecord, input: CreateServiceRequest): RevisionSpec {
  const { arn, compatibilities } = usableDefinition(engine, input.taskDefinition)
  const usual =
    input.launchType === undefined && !input.capacityProviderStrategy?.length ? cluster.defaultCapacityProviderStrategy : []
  const given = input.capacityProviderStrategy?.length ? input.capacityProviderStrategy : usual
  const launchType = usualLaunchType({ compatibilities }, input.launchType)
  return {
    taskDefinition: arn,
    launchType: given.length > 0 ? 'FARGATE' : launchType,
    capacityProviderStrategy: given.length > 0 ? given : undefined,
    ...(given.length > 0 || launchType === 'FARGATE' ? PLATFORM : {}),
    ...(input.platformVersion === undefined ? {} : { platformVersion: input.platformVersion }),
    loadBalancers: input.loadBalancers ?? [],
    networkConfiguration: network(input.networkConfiguration),
    serviceRegistries: input.serviceRegistries,
    serviceConnectConfiguration: input.serviceConnectConfiguration,
    volumeConfigurations: input.volumeConfigurations,
    vpcLatticeConfigurations: input.vpcLatticeConfigurations,
  }
}

/** `null` and absence both leave a setting as it is; an empty strategy goes back to the launch type. */
export function changedSpec(engine: Engine, before: RevisionSpec, input: UpdateServiceRequest): RevisionSpec {
  const strategy = input.capacityProviderStrategy ?? before.capacityProviderStrategy
  return {
    ...before,
    taskDefinition: input.taskDefinition ? usableDefinition(engine, input.taskDefinition).arn : before.taskDefinition,
    capacityProviderStrategy: strategy?.length ? strategy : undefined,
    platformVersion: input.platformVersion ?? before.platformVersion,
    loadBalancers: input.loadBalancers ?? before.loadBalancers,
    networkConfiguration: input.networkConfiguration ? network(input.networkConfiguration) : before.networkConfiguration,
    serviceRegistries: input.serviceRegistries ?? before.serviceRegistries,
    serviceConnectConfiguration: input.serviceConnectConfiguration ?? before.serviceConnectConfiguration,
    volumeConfigurations: input.volumeConfigurations ?? before.volumeConfigurations,
    vpcLatticeConfigurations: input.vpcLatticeConfigurations ?? before.vpcLatticeConfigurations,
  }
}

function network(given: RevisionSpec['networkConfiguration']): RevisionSpec['networkConfiguration'] {
  const vpc = given?.awsvpcConfiguration
  if (!vpc) return given
  const { subnets, securityGroups = [], assignPublicIp = 'DISABLED' } = vpc
  return { awsvpcConfiguration: { subnets, securityGroups, assignPublicIp } }
}
