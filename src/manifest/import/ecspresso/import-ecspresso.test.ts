import { expect, test } from 'vitest'
import { taskDefinition } from '../../../capabilities/deploy/definition.ts'
import { annotatedYaml } from '../../annotated-yaml.ts'
import { forEnvironment } from '../../environment.ts'
import { readManifest } from '../../load.ts'
import { ecsSees } from '../ecs-sees-for-tests.ts'
import type { ForeignFiles } from '../foreign.ts'
import { importEcspresso } from './import-ecspresso.ts'

const ACCOUNT = '123456789012'
const filesOf = (texts: Record<string, string>): ForeignFiles => ({
  files: Object.keys(texts),
  read: async (path) => texts[path],
})
const said = (remarks: readonly { file: string; line: number; text: { en: string } }[] = []) =>
  remarks.map(({ file, line, text }) => `${file}:${line} ${text.en}`)

const task = (environment: string) => `{
  "family": "shop-${environment}-api",
  "networkMode": "awsvpc",
  "requiresCompatibilities": ["FARGATE"],
  "cpu": "512",
  "memory": "1024",
  "executionRoleArn": "{{ tfstate \`aws_iam_role.execution.arn\` }}",
  "taskRoleArn": "arn:aws:iam::${ACCOUNT}:role/shop-api",
  "containerDefinitions": [
    {
      "name": "envoy",
      "image": "envoyproxy/envoy:v1.30",
      "essential": true,
      "portMappings": [{ "containerPort": 9901 }]
    },
    {
      "name": "api",
      "image": "${ACCOUNT}.dkr.ecr.ap-northeast-1.amazonaws.com/shop/api:{{ must_env \`IMAGE_TAG\` }}",
      "essential": true,
      "environment": [{ "name": "LEVEL", "value": "{{ env \`LEVEL\` \`info\` }}" }],
      "secrets": [{ "name": "DB", "valueFrom": "/shop/${environment}/db" }],
      "portMappings": [{ "containerPort": 8080, "hostPort": 8080, "protocol": "tcp" }],
      "readonlyRootFilesystem": true,
      "logConfiguration": {
        "logDriver": "awslogs",
        "options": { "awslogs-group": "/shop/${environment}", "awslogs-region": "ap-northeast-1", "awslogs-stream-prefix": "api" }
      }
    }
  ]
}`
const service = `
launchType: FARGATE
desiredCount: 2
healthCheckGracePeriodSeconds: 30
platformVersion: LATEST
deploymentConfiguration:
  minimumHealthyPercent: 50
  maximumPercent: 200
  deploymentCircuitBreaker: { enable: true, rollback: true }
loadBalancers:
  - { containerName: api, containerPort: 8080, targetGroupArn: "arn:aws:elasticloadbalancing:ap-northeast-1:${ACCOUNT}:targetgroup/shop-api/0123456789abcdef" }
networkConfiguration:
  awsvpcConfiguration: { assignPublicIp: DISABLED, securityGroups: [sg-1], subnets: [subnet-1, subnet-2] }
`
const texts = {
  ...Object.fromEntries(
    ['staging', 'production'].flatMap((environment) => [
      [
        `ecs/${environment}/ecspresso.yml`,
        `region: ap-northeast-1\ncluster: shop-${environment}\nservice: shop-${environment}-api\ntask_definition: task.json\nservice_definition: ../service.yaml\ntimeout: 10m\n`,
      ],
      [`ecs/${environment}/task.json`, task(environment)],
    ]),
  ),
  'ecs/service.yaml': service,
  'ecs/ecspresso.migrate.yml': 'region: ap-northeast-1\ncluster: shop-staging\ntask_definition: staging/task.json\n',
}
const state = {
  resources: [
    { type: 'aws_iam_role', name: 'execution', instances: [{ attributes: { arn: `arn:aws:iam::${ACCOUNT}:role/execution` } }] },
  ],
}

test('configurations of two environments become one service, which renders as ecspresso does', async () => {
  const imported = await importEcspresso(filesOf(texts), 'shop', { env: { IMAGE_TAG: 'v1' }, state })
  expect(said(imported?.lost)).toEqual([
    'ecs/service.yaml:5 "platformVersion" belongs to the infrastructure, which kiban leaves as it is',
    'ecs/service.yaml:5 "platformVersion" belongs to the infrastructure, which kiban leaves as it is',
  ])
  const { manifest } = readManifest(annotatedYaml(imported?.manifest ?? {}, '', () => undefined))
  for (const environment of ['staging', 'production']) {
    const here = forEnvironment(manifest, environment)
    const { api } = here.services
    if (!api) throw new Error('no api')
    const image = api.image ?? ''
    const rendered = taskDefinition(
      api,
      { own: image, beside: {} },
      { account: ACCOUNT, region: 'ap-northeast-1' },
      { commit: 'x' },
    )
    const theirs = JSON.parse(
      task(environment)
        .replace(/\{\{ tfstate .*? \}\}/, `arn:aws:iam::${ACCOUNT}:role/execution`)
        .replace(/\{\{ must_env .*? \}\}/, 'v1')
        .replace(/\{\{ env .*? \}\}/, 'info'),
    )
    expect(ecsSees({ ...rendered }, ACCOUNT)).toEqual(ecsSees(theirs, ACCOUNT))
    expect(api).toMatchObject({
      names: { cluster: `shop-${environment}`, service: `shop-${environment}-api`, targetGroup: 'shop-api', container: 'api' },
      count: { min: 2, max: 2, kept: false },
      balanced: true,
      health: { grace: 30 },
      deploy: { minimumPercent: 50 },
      network: { subnets: ['subnet-1', 'subnet-2'], securityGroups: ['sg-1'] },
    })
  }
  // A configuration without a service is run once.
  expect(Object.keys(forEnvironment(manifest, 'staging').tasks)).toHaveLength(1)
  expect(Object.keys(forEnvironment(manifest, 'production').tasks)).toEqual([])
})

test('what is not given is told, and nothing of this process is taken instead', async () => {
  const imported = await importEcspresso(filesOf(texts), 'shop', { env: {}, state: undefined })
  expect(said(imported?.lost.filter(({ blocks }) => blocks))).toContain(
    'ecs/staging/task.json:18 {{ must_env `IMAGE_TAG` }} has no value here; give it with --env or --tfstate',
  )
  expect(imported?.lost.some(({ text }) => text.en.includes('{{ tfstate'))).toBe(true)
})

test('Jsonnet is a program and refused, with what to do first', async () => {
  const files = filesOf({
    'ecspresso.yml': 'cluster: x\nservice: y\ntask_definition: task.jsonnet\n',
    'task.jsonnet': '{ family: "x" }',
  })
  await expect(importEcspresso(files, 'shop', { env: {}, state: undefined })).rejects.toMatchObject({
    code: 'import.blocked',
    hint: { en: expect.stringContaining('ecspresso render taskdef') },
  })
})

test('a repository without its files is none of its repositories', async () => {
  expect(await importEcspresso(filesOf({ 'README.md': '' }), 'shop', { env: {}, state: undefined })).toBeUndefined()
})
