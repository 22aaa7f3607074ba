// Words in which scheduler tests speak of services.
import type { CreateServiceRequest, RegisterTaskDefinitionRequest, Service, ServiceDeployment, Task } from '@aws-sdk/client-ecs'
import { groupArn, type Stage } from './stage-for-tests.ts'

/** What comes of a call: its answer, or `Code: message`. */
export const outcome = <Answer>(call: Promise<Answer>): Promise<Answer | string> =>
  call.catch(({ code, message }) => `${code}: ${message}`)

export const SUBNETS = { awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-c'] } }

/** Registers the next revision of `family`; its image is `family:tag`. */
export async function register(
  stage: Stage,
  tag: string,
  more: Partial<RegisterTaskDefinitionRequest> = {},
  family = 'web',
): Promise<string> {
  const { taskDefinition } = await stage.api.RegisterTaskDefinition({
    family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: family, image: `registry.test/${family}:${tag}`, portMappings: [{ containerPort: 80 }] }],
    ...more,
  })
  return taskDefinition?.taskDefinitionArn ?? ''
}

/** A cluster `demo` with a service `web` of `web:v1`, which has not been given time yet. */
export async function createWeb(stage: Stage, more: Partial<CreateServiceRequest> = {}, tag = 'v1'): Promise<void> {
  await stage.api.CreateCluster({ clusterName: 'demo' })
  const taskDefinition = await register(stage, tag)
  await stage.api.CreateService({
    cluster: 'demo',
    serviceName: 'web',
    taskDefinition,
    desiredCount: 2,
    networkConfiguration: SUBNETS,
    ...more,
  })
}

export const behind = (...groups: string[]) =>
  groups.map((name) => ({ targetGroupArn: groupArn(name), containerName: 'web', containerPort: 80 }))

export async function web(stage: Stage): Promise<Service> {
  const { services } = await stage.api.DescribeServices({ cluster: 'demo', services: ['web'] })
  const [service] = services ?? []
  if (!service) throw new Error('There is no service web')
  return service
}

/** The newest service deployment of `web`, whole. */
export async function newest(stage: Stage): Promise<ServiceDeployment> {
  return (await deployments(stage))[0] ?? {}
}

/** All service deployments of `web`, newest first. */
export async function deployments(stage: Stage): Promise<ServiceDeployment[]> {
  const { serviceDeployments = [] } = await stage.api.ListServiceDeployments({ cluster: 'demo', service: 'web' })
  const serviceDeploymentArns = serviceDeployments.map(({ serviceDeploymentArn = '' }) => serviceDeploymentArn)
  if (serviceDeploymentArns.length === 0) return []
  const described = await stage.api.DescribeServiceDeployments({ serviceDeploymentArns })
  return described.serviceDeployments ?? []
}

/** Tasks of `web` that are wanted, or of another desired status. */
export async function webTasks(stage: Stage, desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING'): Promise<Task[]> {
  const { taskArns = [] } = await stage.api.ListTasks({ cluster: 'demo', serviceName: 'web', desiredStatus })
  if (taskArns.length === 0) return []
  return (await stage.api.DescribeTasks({ cluster: 'demo', tasks: taskArns })).tasks ?? []
}

/** The service's events, oldest first, without its name, ids and numbers: `has started 2 tasks: (task)`. */
export async function told(stage: Stage): Promise<string[]> {
  const { events = [] } = await web(stage)
  return events
    .map(({ message = '' }) =>
      message
        .replace('(service web)', '')
        .replace(/\(task [0-9a-f]{32}\)/g, '(task)')
        .trim(),
    )
    .reverse()
}
