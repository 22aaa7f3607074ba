// What other services ask of roles.
import { AwsError, type Roles } from '../cloud.ts'
import type { Directory, Role } from './directory.ts'
import { decisionOf } from './evaluation.ts'
import { trustOf } from './trust.ts'

export function rolesOf(directory: Directory): Roles {
  return {
    exists: (roleArn) => directory.roleByArn(roleArn) !== undefined,

    trusts(roleArn, service) {
      const role = directory.roleByArn(roleArn)
      return role !== undefined && trustOf(role.trust, { service }, 'sts:AssumeRole', {}) === 'direct'
    },

    allows(roleArn, action, resource) {
      const role = directory.roleByArn(roleArn)
      if (!role) return false
      const context = { 'aws:principalarn': roleArn, 'aws:requestedregion': directory.cloud.region }
      return decisionOf(directory.statements(role), { action, resource, context }) === 'allowed'
    },

    assume(roleArn, sessionName, seconds) {
      const role = directory.roleByArn(roleArn)
      if (!role) throw new AwsError('NoSuchEntityException', `Role ${roleArn} cannot be found.`)
      return openSession(directory, role, sessionName, seconds)
    },
  }
}

/** Credentials of a role's session; whoever calls has made sure that the role may be assumed. */
export function openSession(
  directory: Directory,
  role: Role,
  sessionName: string,
  seconds: number,
  more: { mfaAt?: number; policies?: string[] } = {},
) {
  const { account } = directory.cloud
  return directory.keys.open(
    {
      arn: `arn:aws:sts::${account}:assumed-role/${role.name}/${sessionName}`,
      account,
      userId: `${role.id}:${sessionName}`,
      session: { issuedAt: 0, expiresAt: 0, roleArn: role.arn, ...(more.mfaAt !== undefined && { mfaAt: more.mfaAt }) },
    },
    seconds,
    more.policies,
  )
}
