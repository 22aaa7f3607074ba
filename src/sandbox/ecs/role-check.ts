import type { TaskOverride } from '@aws-sdk/client-ecs'
import type { Engine } from './engine.ts'
import type { TaskDefinitionRecord } from './state.ts'

const TASKS_PRINCIPAL = 'ecs-tasks.amazonaws.com'

/** The sentence of ECS when a role of the task cannot be assumed by tasks; undefined when all can. */
export function unassumableRole(engine: Engine, definition: TaskDefinitionRecord, overrides?: TaskOverride): string | undefined {
  const { roles } = engine.cloud
  const wanted = [
    overrides?.executionRoleArn ?? definition.spec.executionRoleArn,
    overrides?.taskRoleArn ?? definition.spec.taskRoleArn,
  ]
  for (const role of wanted) {
    if (role === undefined || (roles.exists(role) && roles.trusts(role, TASKS_PRINCIPAL))) continue
    const check = 'Please verify that the role being passed has the proper trust relationship and permissions'
    return `ECS was unable to assume the role '${role}' that was provided for this task. ${check} and that your IAM user has permissions to pass this role.`
  }
  return undefined
}
