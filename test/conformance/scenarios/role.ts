import { type Step, step } from '../scenario.ts'

/** Makes a role that a service may assume. */
export function roleFor(name: string, service: string): Step {
  const statement = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  return step('iam:CreateRole', { RoleName: name, AssumeRolePolicyDocument: policy }, { keep: { [name]: 'Role.Arn' } })
}
