import { AwsError } from '../cloud.ts'
import type { Directory, Role } from './directory.ts'
import { DEFAULT_SESSION_SECONDS, type IamHandlers, listed, pathOf, roleAnswer, tagList, tagsFrom } from './iam-answer.ts'
import { statementsOf } from './policy.ts'

/** Roles and their trust. */
export function roleOperations(directory: Directory): IamHandlers {
  const { roles } = directory

  function create(
    name: string,
    path: string,
    trust: string,
    more: Partial<Pick<Role, 'description' | 'maxSessionSeconds' | 'tags'>>,
  ) {
    if (roles.has(name)) throw new AwsError('EntityAlreadyExistsException', `Role with name ${name} already exists.`)
    statementsOf(trust, 'trust')
    const role: Role = {
      ...directory.newIdentity('role', name, path, more.tags ?? {}),
      trust,
      description: more.description,
      maxSessionSeconds: more.maxSessionSeconds ?? DEFAULT_SESSION_SECONDS,
    }
    roles.set(name, role)
    return { Role: { ...roleAnswer(role), Tags: tagList(role.tags) } }
  }

  return {
    CreateRole(input) {
      return create(input.RoleName ?? '', pathOf(input.Path), input.AssumeRolePolicyDocument ?? '', {
        description: input.Description,
        maxSessionSeconds: input.MaxSessionDuration,
        tags: tagsFrom(input.Tags),
      })
    },

    CreateServiceLinkedRole({ AWSServiceName = '', Description, CustomSuffix }) {
      const name = serviceLinkedName(AWSServiceName) + (CustomSuffix ? `_${CustomSuffix}` : '')
      if (roles.has(name)) {
        const message = `Service role name ${name} has been taken in this account, please try a different suffix.`
        throw new AwsError('InvalidInputException', message)
      }
      return create(name, `/aws-service-role/${AWSServiceName}/`, trustOfService(AWSServiceName), { description: Description })
    },

    GetRole({ RoleName = '' }) {
      const role = directory.role(RoleName)
      return { Role: { ...roleAnswer(role), Tags: tagList(role.tags), RoleLastUsed: {} } }
    },

    ListRoles(input) {
      const found = [...roles.values()].filter((role) => role.path.startsWith(input.PathPrefix ?? '/'))
      const { items, paging } = listed(found, ({ name }) => name, input)
      return { Roles: items.map(roleAnswer), ...paging }
    },

    UpdateRole({ RoleName = '', Description, MaxSessionDuration }) {
      const role = directory.role(RoleName)
      const maxSessionSeconds = MaxSessionDuration ?? role.maxSessionSeconds
      roles.set(RoleName, { ...role, description: Description ?? role.description, maxSessionSeconds })
      return {}
    },

    UpdateAssumeRolePolicy({ RoleName = '', PolicyDocument = '' }) {
      const role = directory.role(RoleName)
      statementsOf(PolicyDocument, 'trust')
      roles.set(RoleName, { ...role, trust: PolicyDocument })
      return {}
    },

    DeleteRole({ RoleName = '' }) {
      const role = directory.role(RoleName)
      if (role.attached.length > 0) throw conflict('must detach all policies first.')
      if (Object.keys(role.inline).length > 0) throw conflict('must delete policies first.')
      roles.delete(RoleName)
      return {}
    },

    TagRole({ RoleName = '', Tags }) {
      const role = directory.role(RoleName)
      roles.set(RoleName, { ...role, tags: { ...role.tags, ...tagsFrom(Tags) } })
      return {}
    },

    UntagRole({ RoleName = '', TagKeys = [] }) {
      const role = directory.role(RoleName)
      const tags = Object.fromEntries(Object.entries(role.tags).filter(([key]) => !TagKeys.includes(key)))
      roles.set(RoleName, { ...role, tags })
      return {}
    },

    ListRoleTags(input) {
      const { items, paging } = listed(tagList(directory.role(input.RoleName ?? '').tags), ({ Key = '' }) => Key, input)
      return { Tags: items, ...paging }
    },
  }
}

export const conflict = (message: string): AwsError => new AwsError('DeleteConflictException', `Cannot delete entity, ${message}`)

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html */
const SERVICE_LINKED = new Map([
  ['ecs.amazonaws.com', 'AWSServiceRoleForECS'],
  ['elasticloadbalancing.amazonaws.com', 'AWSServiceRoleForElasticLoadBalancing'],
  ['ecs.application-autoscaling.amazonaws.com', 'AWSServiceRoleForApplicationAutoScaling_ECSService'],
])

function serviceLinkedName(service: string): string {
  const name = SERVICE_LINKED.get(service)
  if (!name) throw new AwsError('InvalidInputException', `${service} has no service-linked role that the sandbox knows`)
  return name
}

const trustOfService = (service: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  })
