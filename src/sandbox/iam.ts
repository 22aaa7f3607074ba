import type { Cloud, Roles, Service } from './cloud.ts'
import { attachmentOperations } from './identity/attachment-operations.ts'
import { Directory } from './identity/directory.ts'
import type { IamHandlers } from './identity/iam-answer.ts'
import { mfaOperations } from './identity/mfa-operations.ts'
import { policyOperations } from './identity/policy-operations.ts'
import { roleOperations } from './identity/role-operations.ts'
import { rolesOf } from './identity/roles.ts'
import { simulateOperations } from './identity/simulate-operations.ts'
import { userOperations } from './identity/user-operations.ts'

/** IAM: users, roles, policies and MFA devices of the one account. */
export function iam(cloud: Cloud): Service & { directory: Directory; roles: Roles } {
  const directory = new Directory(cloud)
  const handlers: IamHandlers = {
    ...roleOperations(directory),
    ...userOperations(directory),
    ...attachmentOperations(directory),
    ...policyOperations(directory),
    ...mfaOperations(directory),
    ...simulateOperations(directory),
  }
  return { client: () => import('@aws-sdk/client-iam'), signingName: 'iam', handlers, directory, roles: rolesOf(directory) }
}
