// What is checked before anything changes, in a cloud in which this and that is missing.
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { KMS } from '@aws-sdk/client-kms'
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ACCOUNT,
  makeRole,
  type Outcome,
  type ProcessStage,
  processStage,
  type TestService,
} from '../../../../test/process-stage.ts'
import { eventsAbout } from '../../../database/events.ts'
import { BUILD_LABEL } from '../../../images/build.ts'
import { scriptedRuntime } from '../../../sandbox/ecs/scripted-runtime.ts'
import { subjectOf } from '../deployment.ts'
import type { Finding } from './finding.ts'

const REGION = 'ap-northeast-1'
const image = { files: { 'main.js': '' } }
const allow = (...Action: string[]) => ({ Effect: 'Allow', Action, Resource: '*' })

let stage: ProcessStage
beforeAll(async () => {
  stage = await processStage({ tasks: { runtime: (cloud) => scriptedRuntime(cloud.clock), timings: { settling: 300 } } })
})
afterAll(() => stage.close())

const findings = async ({ deployment }: Outcome): Promise<Finding[]> => {
  const events = await eventsAbout(stage.engine.database, subjectOf(deployment))
  return (events.findLast(({ type }) => type === 'deployment.checked')?.data.findings ?? []) as Finding[]
}
const brief = (all: readonly Finding[]) =>
  all.map(({ severity, class: of, service, place }) => [severity, service, of, place].filter(Boolean).join(' '))

test('all that is missing is told at once, and nothing is changed', async () => {
  const { client } = stage.sandbox
  const kms = new KMS(client)
  const { KeyMetadata } = await kms.createKey({})
  await stage.ssm.putParameter({ Name: '/shop/locked', Value: 'x', Type: 'SecureString', KeyId: KeyMetadata?.KeyId })
  await stage.ssm.putParameter({ Name: '/shop/plain', Value: 'x', Type: 'SecureString' })
  await makeRole(stage.iam, 'shop-untrusted', [], 'lambda.amazonaws.com')
  const instance = await stage.elb.createTargetGroup({
    Name: 'shop-instances',
    Protocol: 'HTTP',
    Port: 80,
    VpcId: stage.network.vpc,
    TargetType: 'instance',
  })
  const secrets = (TOKEN: string) => ({ secrets: { TOKEN } })
  const services: Record<string, TestService> = {
    alarmed: { image, manifest: { deploy: { alarms: ['nobody-made-it'] } } },
    balanced: { image, manifest: { port: 8080 }, without: ['target group'] },
    graviton: { image: { ...image, architecture: 'arm64' } },
    homemade: { image: { ...image, labels: { [BUILD_LABEL]: 'process' } } },
    imageless: { reference: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/shop/none:v9` },
    instances: { image, manifest: { port: 8080, names: { target_group: 'shop-instances' } } },
    locked: { image, manifest: secrets('/shop/locked'), allows: [allow('ecr:*', 'logs:*', 'ssm:GetParameters')] },
    mute: { image, without: ['log group'] },
    'no-parameter': { image, manifest: secrets('/shop/none') },
    'no-secret': { image, manifest: secrets(`arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:shop/none-AbCdEf`) },
    'no-subnet': {
      image,
      manifest: { network: { subnets: ['subnet-0123456789abcdef0'], security_groups: ['sg-0123456789abcdef0'] } },
    },
    powerless: { image, manifest: secrets('/shop/plain'), allows: [allow('ecr:GetAuthorizationToken')] },
    roleless: { image, without: ['task role'] },
    spot: { image, manifest: { capacity: { providers: [{ provider: 'shop-instances' }] } } },
    untrusted: { image, manifest: { names: { execution_role: 'shop-untrusted' } } },
  }
  const outcome = await stage.deploy(services)
  const { deployment, rollouts } = outcome
  const problems = brief((await findings(outcome)).filter(({ severity }) => severity === 'problem'))
  expect(problems.toSorted()).toEqual([
    'problem balanced target-group-missing services/balanced/names/target_group',
    'problem graviton architecture services/graviton/architecture',
    'problem homemade process-image services/homemade/image',
    'problem imageless image-missing services/imageless/image',
    'problem instances target-group-idle services/instances/names/target_group',
    'problem instances target-group-unfit services/instances/names/target_group',
    'problem mute log-group-missing services/mute/names/log_group',
    'problem no-parameter parameter-missing services/no-parameter/secrets/TOKEN',
    'problem no-secret secret-missing services/no-secret/secrets/TOKEN',
    'problem no-subnet network-missing services/no-subnet/network/subnets',
    'problem no-subnet security-group-missing services/no-subnet/network/security_groups',
    'problem powerless log-denied services/powerless/names/execution_role',
    'problem powerless secret-denied services/powerless/names/execution_role',
    'problem roleless role-missing services/roleless/names/task_role',
    'problem spot capacity-unknown services/spot/capacity',
    'problem untrusted role-unusable services/untrusted/names/execution_role',
  ])
  // Policies of the key and of the repository may allow these: they keep nobody from deploying.
  expect(brief((await findings(outcome)).filter(({ severity }) => severity === 'warning')).toSorted()).toEqual([
    'warning alarmed alarm-unknown services/alarmed/deploy/alarms',
    'warning locked key-denied services/locked/names/execution_role',
    'warning powerless image-denied services/powerless/names/execution_role',
  ])
  expect(deployment).toMatchObject({
    verdict: 'failed',
    error: {
      kind: 'conflict',
      code: 'deploy.not-ready',
      text: { en: '16 things stand in the way of this deployment', ja: 'このデプロイには 16 件の問題があります' },
      hint: { en: expect.stringContaining('Nothing was changed') },
    },
  })
  expect(deployment.error?.details?.map(({ en }) => en)).toContain(
    'mute: There is no log group /shop/staging/mute (services/mute/names/log_group) – Create it: aws logs create-log-group --log-group-name /shop/staging/mute',
  )
  expect(deployment.causes).toHaveLength(16)
  expect(deployment.fences).toBeUndefined()
  expect(Object.values(rollouts).some(({ registeringAt, sentAt }) => registeringAt ?? sentAt)).toBe(false)
  const { taskDefinitionArns } = await stage.ecs.listTaskDefinitions({})
  expect(taskDefinitionArns).toEqual([])
  await stage.elb.deleteTargetGroup({ TargetGroupArn: instance.TargetGroups?.[0]?.TargetGroupArn })
  kms.destroy()
})

test('an image of the process builder runs where it was chosen by name', async () => {
  stage.engine.environment.KIBAN_BUILDER = 'process'
  const outcome = await stage.deploy({ homemade: { image: { ...image, labels: { [BUILD_LABEL]: 'process' } } } })
  delete stage.engine.environment.KIBAN_BUILDER
  expect(outcome.deployment.verdict).toBe('succeeded')
})

test('a cluster that is not there is told, with its place in the manifest', async () => {
  const outcome = await stage.deploy({ lost: { image } }, { manifest: { environments: { staging: { cluster: 'nowhere' } } } })
  expect(brief(await findings(outcome))).toEqual(['problem cluster-missing environments/staging/cluster'])
})

test('warnings and notices stop nothing', async () => {
  const alarms = new CloudWatch(stage.sandbox.client)
  const vault = new SecretsManager(stage.sandbox.client)
  await alarms.putMetricAlarm({
    AlarmName: 'shop-5xx',
    Namespace: 'shop',
    MetricName: 'errors',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
  })
  await alarms.setAlarmState({ AlarmName: 'shop-5xx', StateValue: 'ALARM', StateReason: 'the test says so' })
  const { ARN = '' } = await vault.createSecret({ Name: 'shop/database', SecretString: 'x' })
  const { Subnet } = await stage.ec2.createSubnet({ VpcId: stage.network.vpc, CidrBlock: '172.31.254.0/28' })
  const outcome = await stage.deploy(
    {
      ringing: { image, manifest: { deploy: { alarms: ['shop-5xx'], circuit_breaker: false } } },
      shared: { image, manifest: { secrets: { TOKEN: ARN } }, allows: [allow('ecr:*', 'logs:*')] },
      crowded: {
        image,
        manifest: { count: 12, network: { subnets: [Subnet?.SubnetId] }, deploy: { circuit_breaker: { threshold: 50 } } },
      },
    },
    {
      meanwhile: async () => {
        const gone = new Promise((resolve) => setTimeout(resolve, 3_000))
        await gone
        await stage.ecs.updateService({ cluster: 'shop-staging', service: 'shop-staging-crowded', desiredCount: 3 })
      },
    },
  )
  expect(brief(await findings(outcome)).toSorted()).toEqual([
    'notice ringing breaker-off services/ringing/deploy/circuit_breaker',
    'warning crowded few-addresses services/crowded/network/subnets',
    'warning ringing alarms-ignored services/ringing/deploy/alarms',
    'warning shared secret-denied services/shared/names/execution_role',
  ])
  expect(outcome.deployment.verdict).toBe('succeeded')
  for (const client of [alarms, vault]) client.destroy()
})

test('percentages that would hang are told by the count that is there now', async () => {
  const manifest = { count: '4-8', deploy: { minimum_percent: 75, maximum_percent: 100 } }
  await stage.deploy({ narrow: { image, manifest } })
  await stage.ecs.updateService({ cluster: 'shop-staging', service: 'shop-staging-narrow', desiredCount: 2 })
  const outcome = await stage.deploy({ narrow: { image: { files: { 'main.js': '//' } }, manifest } })
  expect(brief(await findings(outcome))).toEqual(['problem narrow stuck services/narrow/deploy/maximum_percent'])
})

test('a deployment that is ready costs few calls', async () => {
  const services = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((name) => [name, { image: { files: { 'main.js': `// ${name}` } }, manifest: { count: 2 } }]),
  )
  const { calls } = stage.engine.aws(REGION)
  const before = new Map(calls)
  const outcome = await stage.deploy(services)
  expect(outcome.deployment.verdict).toBe('succeeded')
  expect(await findings(outcome)).toEqual([])
  const looks = ['ecr', 'iam', 'logs', 'ssm', 'cloudwatch', 'elbv2', 'ecs.DescribeClusters']
  const made = [...calls].flatMap(([name, count]) => {
    const own = count - (before.get(name) ?? 0)
    return own > 0 && looks.some((look) => name.startsWith(look)) ? [`${name} ${own}`] : []
  })
  expect(made.toSorted()).toEqual([
    'ecr.BatchGetImage 4',
    'ecr.GetAuthorizationToken 1',
    'ecr.GetDownloadUrlForLayer 4',
    'ecs.DescribeClusters 1',
    'iam.ListRoles 1',
    'iam.SimulatePrincipalPolicy 4',
    'logs.DescribeLogGroups 1',
  ])
})
