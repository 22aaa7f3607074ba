// What the sandbox serves, by the names that the clients have for it. The key is that of the `aws` CLI.

export const services = {
  'application-autoscaling': {
    signing: 'application-autoscaling',
    sdk: () => import('@aws-sdk/client-application-auto-scaling'),
  },
  cloudwatch: { signing: 'monitoring', sdk: () => import('@aws-sdk/client-cloudwatch') },
  ec2: { signing: 'ec2', sdk: () => import('@aws-sdk/client-ec2') },
  ecr: { signing: 'ecr', sdk: () => import('@aws-sdk/client-ecr') },
  ecs: { signing: 'ecs', sdk: () => import('@aws-sdk/client-ecs') },
  elbv2: { signing: 'elasticloadbalancing', sdk: () => import('@aws-sdk/client-elastic-load-balancing-v2') },
  events: { signing: 'events', sdk: () => import('@aws-sdk/client-eventbridge') },
  iam: { signing: 'iam', sdk: () => import('@aws-sdk/client-iam') },
  kms: { signing: 'kms', sdk: () => import('@aws-sdk/client-kms') },
  lambda: { signing: 'lambda', sdk: () => import('@aws-sdk/client-lambda') },
  logs: { signing: 'logs', sdk: () => import('@aws-sdk/client-cloudwatch-logs') },
  s3: { signing: 's3', sdk: () => import('@aws-sdk/client-s3') },
  scheduler: { signing: 'scheduler', sdk: () => import('@aws-sdk/client-scheduler') },
  secretsmanager: { signing: 'secretsmanager', sdk: () => import('@aws-sdk/client-secrets-manager') },
  sqs: { signing: 'sqs', sdk: () => import('@aws-sdk/client-sqs') },
  ssm: { signing: 'ssm', sdk: () => import('@aws-sdk/client-ssm') },
  sts: { signing: 'sts', sdk: () => import('@aws-sdk/client-sts') },
} satisfies Record<string, { signing: string; sdk: () => Promise<object> }>

export type ServiceName = keyof typeof services
