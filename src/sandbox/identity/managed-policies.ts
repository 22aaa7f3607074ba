// Policies that AWS manages: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/
import type { ManagedPolicy } from './directory.ts'

export function awsManagedPolicy(arn: string): ManagedPolicy | undefined {
  return AWS_MANAGED.get(arn)
}

const managed = (path: string, name: string, id: string, statement: object): [string, ManagedPolicy] => {
  const arn = `arn:aws:iam::aws:policy${path}${name}`
  const document = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  const createdAt = Date.UTC(2015, 1, 6)
  return [arn, { arn, name, path, id, createdAt, versions: [{ id: 'v1', document, createdAt }], defaultVersion: 'v1', tags: {} }]
}

/** Reading actions of the services that the sandbox simulates; AWS's own document lists every service there is. */
const READS = [
  'application-autoscaling:Describe*',
  'application-autoscaling:List*',
  'cloudwatch:Describe*',
  'cloudwatch:Get*',
  'cloudwatch:List*',
  'ec2:Describe*',
  'ec2:Get*',
  'ecr:BatchCheck*',
  'ecr:BatchGet*',
  'ecr:Describe*',
  'ecr:Get*',
  'ecr:List*',
  'ecs:Describe*',
  'ecs:List*',
  'elasticloadbalancing:Describe*',
  'events:Describe*',
  'events:List*',
  'events:Test*',
  'iam:Get*',
  'iam:List*',
  'iam:Simulate*',
  'kms:Describe*',
  'kms:Get*',
  'kms:List*',
  'lambda:Get*',
  'lambda:List*',
  'logs:Describe*',
  'logs:FilterLogEvents',
  'logs:Get*',
  'logs:ListTagsForResource',
  'logs:ListTagsLogGroup',
  'logs:StartQuery',
  'logs:StopQuery',
  'logs:TestMetricFilter',
  's3:Get*',
  's3:List*',
  'scheduler:Get*',
  'scheduler:List*',
  'secretsmanager:Describe*',
  'secretsmanager:GetResourcePolicy',
  'secretsmanager:List*',
  'sqs:Get*',
  'sqs:List*',
  'sqs:Receive*',
  'ssm:Describe*',
  'ssm:Get*',
  'ssm:List*',
  'sts:GetAccessKeyInfo',
  'sts:GetCallerIdentity',
  'sts:GetSessionToken',
]

const AWS_MANAGED = new Map([
  managed('/', 'AdministratorAccess', 'ANPAIWMBCKSKIEE64ZLYK', { Effect: 'Allow', Action: '*', Resource: '*' }),
  managed('/', 'ReadOnlyAccess', 'ANPAILL3HVNFSB6DCOWYQ', { Effect: 'Allow', Action: READS, Resource: '*' }),
  managed('/service-role/', 'AmazonECSTaskExecutionRolePolicy', 'ANPAJG4T4G4PV56DE72PY', {
    Effect: 'Allow',
    Action: [
      'ecr:GetAuthorizationToken',
      'ecr:BatchCheckLayerAvailability',
      'ecr:GetDownloadUrlForLayer',
      'ecr:BatchGetImage',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ],
    Resource: '*',
  }),
])

export const awsManagedPolicies = (): ManagedPolicy[] => [...AWS_MANAGED.values()]
