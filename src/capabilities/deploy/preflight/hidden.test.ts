// What the caller may not look at is said, and keeps nobody from deploying.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ProcessStage, processStage } from '../../../../test/process-stage.ts'
import { eventsAbout } from '../../../database/events.ts'
import { scriptedRuntime } from '../../../sandbox/ecs/scripted-runtime.ts'
import { subjectOf } from '../deployment.ts'
import type { Finding } from './finding.ts'

let stage: ProcessStage
beforeAll(async () => {
  stage = await processStage({
    tasks: { runtime: (cloud) => scriptedRuntime(cloud.clock), timings: { settling: 300 } },
    deployer: [
      {
        Effect: 'Allow',
        Action: ['ecs:DescribeServices', 'ecs:CreateService', 'ecs:RegisterTaskDefinition', 'ecs:TagResource', 'iam:PassRole'],
        Resource: '*',
      },
      { Effect: 'Allow', Action: ['ecs:DescribeService*', 'ecs:ListServiceDeployments'], Resource: '*' },
    ],
  })
})
afterAll(() => stage.close())

test('a caller who may only deploy deploys, and is told what was not checked', async () => {
  const { SecurityGroups = [] } = await stage.ec2.describeSecurityGroups({ GroupNames: ['default'] })
  const network = { subnets: stage.network.subnets, security_groups: SecurityGroups.map(({ GroupId }) => GroupId) }
  await stage.ssm.putParameter({ Name: '/shop/token', Value: 'x', Type: 'SecureString' })
  const { deployment } = await stage.deploy({
    api: {
      image: { files: { 'main.js': '' } },
      manifest: { secrets: { TOKEN: '/shop/token' }, network },
    },
  })
  expect(deployment).toMatchObject({ verdict: 'succeeded', error: undefined })
  const events = await eventsAbout(stage.engine.database, subjectOf(deployment))
  const findings = (events.find(({ type }) => type === 'deployment.checked')?.data.findings ?? []) as Finding[]
  expect(findings.map(({ severity, title }) => `${severity} ${title.en}`).toSorted()).toEqual([
    'unchecked Not checked: no permission ec2:DescribeSecurityGroups',
    'unchecked Not checked: no permission ec2:DescribeSubnets',
    'unchecked Not checked: no permission ecr:GetAuthorizationToken',
    'unchecked Not checked: no permission ecs:DescribeClusters',
    'unchecked Not checked: no permission iam:GetRole',
    'unchecked Not checked: no permission iam:SimulatePrincipalPolicy',
    'unchecked Not checked: no permission logs:DescribeLogGroups',
    'unchecked Not checked: no permission ssm:DescribeParameters',
  ])
})
