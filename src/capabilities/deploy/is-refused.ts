import type { DeploymentItem } from './shapes.ts'

/** Whether a deployment ended before it had done anything that could have a verdict. */
export const isRefused = ({ deployment, rollouts, migrations }: DeploymentItem): boolean =>
  deployment.verdict === 'failed' &&
  deployment.error !== undefined &&
  rollouts.every(({ sentAt }) => sentAt === undefined) &&
  migrations.every(({ taskArn }) => taskArn === undefined)
