import { expect } from 'vitest'
import { type Kept, type Scenario, type Step, step } from '../scenario.ts'
import { roleFor } from './role.ts'

const cluster = 'play'
const network = ({ subnet, group }: Kept) => ({
  awsvpcConfiguration: { subnets: [subnet], securityGroups: [group], assignPublicIp: 'ENABLED' },
})
const definition = (image: string, role: string | undefined) => ({
  ...{ family: 'play-web', networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], cpu: '256', memory: '512' },
  executionRoleArn: role,
  containerDefinitions: [
    {
      ...{ name: 'web', image, essential: true, cpu: 256, memory: 512, portMappings: [{ containerPort: 3000, protocol: 'tcp' }] },
      ...{ environment: [{ name: 'LOG_LEVEL', value: 'info' }], stopTimeout: 5 },
      healthCheck: { command: ['CMD-SHELL', 'true'], interval: 5, timeout: 2, retries: 2 },
    },
  ],
  runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
  tags: [{ key: 'team', value: 'bookshop' }],
})

const clusters: Step[] = [
  step(
    'ecs:CreateCluster',
    { clusterName: cluster, tags: [{ key: 'team', value: 'bookshop' }], capacityProviders: ['FARGATE', 'FARGATE_SPOT'] },
    {
      answer: { cluster: { clusterName: cluster, status: 'ACTIVE' } },
      keep: { cluster: 'cluster.clusterArn' },
    },
  ),
  step(
    'ecs:DescribeClusters',
    { clusters: [cluster, 'none'], include: ['TAGS', 'SETTINGS'] },
    {
      answer: { clusters: [{ clusterName: cluster }], failures: [{ reason: 'MISSING' }] },
    },
  ),
  step('ecs:ListClusters', {}, { answer: { clusterArns: expect.arrayContaining([expect.stringMatching(/\/play$/)]) } }),
  step(
    'ecs:UpdateClusterSettings',
    { cluster, settings: [{ name: 'containerInsights', value: 'enabled' }] },
    {
      answer: { cluster: { settings: [{ name: 'containerInsights', value: 'enabled' }] } },
    },
  ),
  step('ecs:UpdateCluster', { cluster, settings: [{ name: 'containerInsights', value: 'disabled' }] }),
  step('ecs:PutClusterCapacityProviders', {
    ...{ cluster, capacityProviders: ['FARGATE'] },
    defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }],
  }),
  step(
    'ecs:DescribeCapacityProviders',
    { capacityProviders: ['FARGATE'] },
    { answer: { capacityProviders: [{ name: 'FARGATE', status: 'ACTIVE' }] } },
  ),
  step('ecs:PutAccountSetting', { name: 'containerInsights', value: 'enabled' }, { answer: { setting: { value: 'enabled' } } }),
  step('ecs:PutAccountSettingDefault', { name: 'containerInsights', value: 'disabled' }),
  step(
    'ecs:ListAccountSettings',
    { name: 'containerInsights', effectiveSettings: true },
    { answer: { settings: [{ name: 'containerInsights' }] } },
  ),
]

const definitions: Step[] = [
  step('ecs:RegisterTaskDefinition', ({ execution }) => definition('example/web:1', execution), {
    answer: { taskDefinition: { family: 'play-web', revision: 1, status: 'ACTIVE' }, tags: [{ key: 'team', value: 'bookshop' }] },
    keep: { one: 'taskDefinition.taskDefinitionArn' },
  }),
  step('ecs:RegisterTaskDefinition', ({ execution }) => definition('example/web:2', execution), {
    answer: { taskDefinition: { revision: 2 } },
    keep: { two: 'taskDefinition.taskDefinitionArn' },
  }),
  step(
    'ecs:RegisterTaskDefinition',
    { ...definition('example/web:3', undefined), cpu: '256', memory: '8192' },
    { fails: 'ClientException' },
  ),
  step('ecs:RegisterTaskDefinition', { family: 'play-empty', containerDefinitions: [] }, { fails: 'ClientException' }),
  step(
    'ecs:DescribeTaskDefinition',
    { taskDefinition: 'play-web', include: ['TAGS'] },
    {
      answer: { taskDefinition: { revision: 2, containerDefinitions: [{ image: 'example/web:2' }] }, tags: [{ key: 'team' }] },
    },
  ),
  step('ecs:DescribeTaskDefinition', { taskDefinition: 'play-none' }, { fails: 'ClientException' }),
  step(
    'ecs:ListTaskDefinitions',
    { familyPrefix: 'play-web', sort: 'DESC' },
    {
      answer: { taskDefinitionArns: [expect.stringMatching(/:2$/), expect.stringMatching(/:1$/)] },
    },
  ),
  step('ecs:ListTaskDefinitionFamilies', { familyPrefix: 'play' }, { answer: { families: ['play-web'] } }),
]

const newService = (kept: Kept) => ({
  ...{ cluster, serviceName: 'web', taskDefinition: 'play-web:1', desiredCount: 1, launchType: 'FARGATE' },
  ...{ networkConfiguration: network(kept), enableExecuteCommand: true, propagateTags: 'SERVICE', enableECSManagedTags: true },
  deploymentConfiguration: {
    ...{ minimumHealthyPercent: 100, maximumPercent: 200 },
    deploymentCircuitBreaker: { enable: true, rollback: true },
  },
  tags: [{ key: 'team', value: 'bookshop' }],
})

const rollout: Step[] = [
  step('ecs:CreateService', newService, {
    answer: {
      service: { serviceName: 'web', status: 'ACTIVE', desiredCount: 1, deployments: [{ rolloutState: 'IN_PROGRESS' }] },
    },
    keep: { service: 'service.serviceArn' },
  }),
  step('ecs:CreateService', newService, { fails: 'InvalidParameterException' }),
  step('ecs:CreateService', (kept) => ({ ...newService(kept), cluster: 'none' }), { fails: 'ClusterNotFoundException' }),
  step('ecs:CreateService', (kept) => ({ ...newService(kept), serviceName: 'other', taskDefinition: 'play-none' }), {
    fails: 'ClientException',
  }),
  step(
    'ecs:DescribeServices',
    { cluster, services: ['web', 'none'], include: ['TAGS'] },
    {
      until: { services: [{ runningCount: 1, deployments: [{ rolloutState: 'COMPLETED' }] }], failures: [{ reason: 'MISSING' }] },
    },
  ),
  step('ecs:ListServices', { cluster }, { answer: { serviceArns: [expect.stringMatching(/service\/play\/web$/)] } }),
  step(
    'ecs:UpdateService',
    { cluster, service: 'web', taskDefinition: 'play-web:2', desiredCount: 2 },
    {
      answer: { service: { desiredCount: 2, deployments: [{ status: 'PRIMARY' }, { status: 'ACTIVE' }] } },
    },
  ),
  step('ecs:UpdateService', { cluster, service: 'none', desiredCount: 2 }, { fails: 'ServiceNotFoundException' }),
  step(
    'ecs:ListServiceDeployments',
    { cluster, service: 'web' },
    {
      until: { serviceDeployments: [{ status: 'SUCCESSFUL' }, { status: 'SUCCESSFUL' }] },
      keep: {
        deployment: 'serviceDeployments.0.serviceDeploymentArn',
        revision: 'serviceDeployments.0.targetServiceRevisionArn',
      },
      newer: true,
    },
  ),
  step('ecs:DescribeServiceDeployments', ({ deployment }) => ({ serviceDeploymentArns: [deployment] }), {
    answer: { serviceDeployments: [{ status: 'SUCCESSFUL', targetServiceRevision: { requestedTaskCount: 2 } }] },
    newer: true,
  }),
  step('ecs:DescribeServiceRevisions', ({ revision }) => ({ serviceRevisionArns: [revision] }), {
    answer: { serviceRevisions: [{ taskDefinition: expect.stringMatching(/play-web:2$/), launchType: 'FARGATE' }] },
    newer: true,
  }),
  step('ecs:UpdateService', { cluster, service: 'web', forceNewDeployment: true }, {}),
  step(
    'ecs:ListServiceDeployments',
    { cluster, service: 'web', status: ['PENDING', 'IN_PROGRESS'] },
    {
      until: { serviceDeployments: [{ status: 'IN_PROGRESS' }] },
      keep: { going: 'serviceDeployments.0.serviceDeploymentArn' },
      newer: true,
    },
  ),
  step('ecs:ContinueServiceDeployment', ({ going }) => ({ serviceDeploymentArn: going, hookId: 'none' }), {
    fails: ['ClientException', 'InvalidParameterException'],
    newer: true,
  }),
  step('ecs:StopServiceDeployment', ({ going }) => ({ serviceDeploymentArn: going, stopType: 'ROLLBACK' }), { newer: true }),
  step(
    'ecs:ListServiceDeployments',
    { cluster, service: 'web' },
    {
      until: { serviceDeployments: [{ status: expect.stringMatching(/^ROLLBACK_SUCCESSFUL$/) }, {}, {}] },
      newer: true,
    },
  ),
]

const tasks: Step[] = [
  step(
    'ecs:RunTask',
    (kept) => ({
      ...{ cluster, taskDefinition: 'play-web:2', launchType: 'FARGATE', networkConfiguration: network(kept), startedBy: 'play' },
      overrides: { containerOverrides: [{ name: 'web', command: ['node', 'once.js'] }] },
    }),
    { answer: { tasks: [{ lastStatus: 'PROVISIONING', startedBy: 'play' }] }, keep: { task: 'tasks.0.taskArn' } },
  ),
  step('ecs:RunTask', { cluster, taskDefinition: 'play-web:2', launchType: 'FARGATE' }, { fails: 'InvalidParameterException' }),
  step('ecs:ListTasks', { cluster, startedBy: 'play' }, { answer: { taskArns: [expect.anything()] } }),
  step('ecs:DescribeTasks', ({ task }) => ({ cluster, tasks: [task, task?.replace(/\w{32}$/, '0'.repeat(32))] }), {
    until: {
      tasks: [{ lastStatus: 'RUNNING', containers: [{ name: 'web', lastStatus: 'RUNNING' }] }],
      failures: [{ reason: 'MISSING' }],
    },
  }),
  step('ecs:ExecuteCommand', ({ task }) => ({ cluster, task, command: 'sh', interactive: true }), {
    fails: 'InvalidParameterException',
    // The CLI does not ask where the Session Manager plugin is missing.
    newer: true,
  }),
  step('ecs:StopTask', ({ task }) => ({ cluster, task, reason: 'enough' }), {
    answer: { task: { desiredStatus: 'STOPPED', stoppedReason: 'enough' } },
  }),
  step('ecs:DescribeTasks', ({ task }) => ({ cluster, tasks: [task] }), {
    until: { tasks: [{ lastStatus: 'STOPPED', stopCode: 'UserInitiated', containers: [{ exitCode: expect.any(Number) }] }] },
  }),
  step('ecs:StopTask', { cluster, task: '0'.repeat(32) }, { fails: 'InvalidParameterException' }),
  step('ecs:ListTasks', { cluster, serviceName: 'web' }, { keep: { ofService: 'taskArns.0' } }),
  step(
    'ecs:UpdateTaskProtection',
    ({ ofService }) => ({ cluster, tasks: [ofService], protectionEnabled: true, expiresInMinutes: 10 }),
    {
      answer: { protectedTasks: [{ protectionEnabled: true }] },
    },
  ),
  step('ecs:GetTaskProtection', ({ ofService }) => ({ cluster, tasks: [ofService] }), {
    answer: { protectedTasks: [{ protectionEnabled: true }] },
  }),
  step('ecs:UpdateTaskProtection', ({ ofService }) => ({ cluster, tasks: [ofService], protectionEnabled: false })),
]

const instance = ({ machine }: Kept) => ({ cluster, containerInstances: [machine] })

const machines: Step[] = [
  step(
    'ecs:RegisterContainerInstance',
    {
      cluster,
      instanceIdentityDocument: JSON.stringify({ instanceId: 'i-0123456789abcdef0', instanceType: 't3.small' }),
      totalResources: [
        { name: 'CPU', type: 'INTEGER', integerValue: 512 },
        { name: 'MEMORY', type: 'INTEGER', integerValue: 1024 },
      ],
    },
    {
      answer: { containerInstance: { ec2InstanceId: 'i-0123456789abcdef0', status: 'ACTIVE', agentConnected: true } },
      keep: { machine: 'containerInstance.containerInstanceArn' },
    },
  ),
  step('ecs:ListContainerInstances', { cluster }, { answer: { containerInstanceArns: [expect.anything()] } }),
  step('ecs:RegisterTaskDefinition', {
    ...{ family: 'play-host', networkMode: 'bridge', requiresCompatibilities: ['EC2'], cpu: '1024', memory: '512' },
    containerDefinitions: [{ name: 'web', image: 'example/web:1' }],
  }),
  step(
    'ecs:RunTask',
    { cluster, taskDefinition: 'play-host', launchType: 'EC2' },
    { answer: { tasks: [], failures: [{ reason: 'RESOURCE:CPU' }] } },
  ),
  step('ecs:UpdateContainerInstancesState', (kept) => ({ ...instance(kept), status: 'DRAINING' }), {
    answer: { containerInstances: [{ status: 'DRAINING' }] },
  }),
  step('ecs:DescribeContainerInstances', instance, { answer: { containerInstances: [{ status: 'DRAINING' }], failures: [] } }),
  step('ecs:DeregisterContainerInstance', ({ machine }) => ({ cluster, containerInstance: machine }), {
    answer: { containerInstance: { status: 'INACTIVE' } },
  }),
  step('ecs:DeregisterContainerInstance', ({ machine }) => ({ cluster, containerInstance: machine }), {
    fails: ['InvalidParameterException', 'ClientException'],
  }),
]

const away: Step[] = [
  step('ecs:TagResource', ({ service }) => ({ resourceArn: service, tags: [{ key: 'owner', value: 'aoi' }] })),
  step('ecs:UntagResource', ({ service }) => ({ resourceArn: service, tagKeys: ['team'] })),
  step('ecs:ListTagsForResource', ({ service }) => ({ resourceArn: service }), {
    answer: { tags: [{ key: 'owner', value: 'aoi' }] },
  }),
  step('ecs:DeleteService', { cluster, service: 'web' }, { fails: 'InvalidParameterException' }),
  step('ecs:DeleteCluster', { cluster }, { fails: 'ClusterContainsServicesException' }),
  step('ecs:DeleteService', { cluster, service: 'web', force: true }, { answer: { service: { status: 'DRAINING' } } }),
  step('ecs:DescribeServices', { cluster, services: ['web'] }, { until: { services: [{ status: 'INACTIVE' }] } }),
  step('ecs:DeregisterTaskDefinition', { taskDefinition: 'play-web:1' }, { answer: { taskDefinition: { status: 'INACTIVE' } } }),
  step(
    'ecs:DeleteTaskDefinitions',
    { taskDefinitions: ['play-web:1'] },
    {
      answer: { taskDefinitions: [{ status: 'DELETE_IN_PROGRESS' }] },
      newer: true,
    },
  ),
  step(
    'ecs:DeleteTaskDefinitions',
    { taskDefinitions: ['play-web:2'] },
    { answer: { failures: [expect.anything()] }, newer: true },
  ),
  // A service does not wait for its tasks to have stopped, but its cluster does.
  step('ecs:DeleteCluster', { cluster }, { until: { cluster: { status: 'INACTIVE' } } }),
]

export const ecs: Scenario = {
  name: 'Clusters, definitions, services, rollouts and tasks, from their making to their end',
  steps: [
    roleFor('execution', 'ecs-tasks.amazonaws.com'),
    step('ec2:DescribeVpcs', { Filters: [{ Name: 'is-default', Values: ['true'] }] }, { keep: { vpc: 'Vpcs.0.VpcId' } }),
    step('ec2:DescribeSubnets', ({ vpc }) => ({ Filters: [{ Name: 'vpc-id', Values: [vpc] }] }), {
      keep: { subnet: 'Subnets.0.SubnetId' },
    }),
    step(
      'ec2:DescribeSecurityGroups',
      ({ vpc }) => ({
        Filters: [
          { Name: 'vpc-id', Values: [vpc] },
          { Name: 'group-name', Values: ['default'] },
        ],
      }),
      {
        keep: { group: 'SecurityGroups.0.GroupId' },
      },
    ),
    ...clusters,
    ...definitions,
    ...rollout,
    ...tasks,
    ...machines,
    ...away,
  ],
}
