import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { EC2 } from '@aws-sdk/client-ec2'
import { ECR } from '@aws-sdk/client-ecr'
import { ECS } from '@aws-sdk/client-ecs'
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2'
import { IAM } from '@aws-sdk/client-iam'
import { SSM } from '@aws-sdk/client-ssm'
import { STS } from '@aws-sdk/client-sts'

export interface Clients {
  ec2: EC2
  ecr: ECR
  ecs: ECS
  elb: ElasticLoadBalancingV2
  iam: IAM
  logs: CloudWatchLogs
  ssm: SSM
  sts: STS
  close(): void
}

/** The region of the manifest stands in where no AWS_REGION is set. */
export function cloudClients(fallbackRegion: string | undefined): Clients {
  const options = { region: process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION || fallbackRegion }
  const clients = {
    ec2: new EC2(options),
    ecr: new ECR(options),
    ecs: new ECS(options),
    elb: new ElasticLoadBalancingV2(options),
    iam: new IAM(options),
    logs: new CloudWatchLogs(options),
    ssm: new SSM(options),
    sts: new STS(options),
  }
  return {
    ...clients,
    close() {
      for (const client of Object.values(clients)) client.destroy()
    },
  }
}
