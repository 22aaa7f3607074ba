// Values that KMS encrypted: what is stored and shown is what the manifest says; only ECS is told what they mean.
import type { RegisterTaskDefinitionRequest, TaskDefinition } from '../../aws/ecs-shapes.ts'
import { decrypted } from '../../aws/kms.ts'
import type { AwsSession } from '../../aws/session.ts'
import { KibanError } from '../../core/error.ts'
import { deploy } from '../../core/messages/deploy.ts'
import { KMS_VALUE } from '../../manifest/secret.ts'

const UNREAD = '(KMS)'

/**
 * The definition with its encrypted values decrypted, for ECS alone. Throws `deploy.kms-unreadable`, with the variable and
 * without the value.
 */
export async function revealed(
  session: AwsSession,
  definition: RegisterTaskDefinitionRequest,
  signal?: AbortSignal,
): Promise<RegisterTaskDefinitionRequest> {
  const containerDefinitions = (definition.containerDefinitions ?? []).map(async (container) => ({
    ...container,
    environment: await Promise.all(
      (container.environment ?? []).map(async ({ name, value }) => {
        if (!value?.startsWith(KMS_VALUE)) return { name, value }
        const plain = await decrypted(session, value.slice(KMS_VALUE.length), signal)
        if (plain !== undefined) return { name, value: plain }
        throw new KibanError('invalid', 'deploy.kms-unreadable', deploy.kmsUnreadable(`${container.name}.${name}`), {
          hint: deploy.kmsUnreadableHint,
        })
      }),
    ),
  }))
  return { ...definition, containerDefinitions: await Promise.all(containerDefinitions) }
}

/**
 * The live definition with what an encrypted variable was last deployed with in the place of its value: nobody is shown
 * it, and a value that was deployed from the same text has not changed.
 */
export function concealed(
  live: TaskDefinition,
  declared: RegisterTaskDefinitionRequest,
  deployed: RegisterTaskDefinitionRequest | undefined,
): TaskDefinition {
  return {
    ...live,
    containerDefinitions: live.containerDefinitions?.map((container) => ({
      ...container,
      environment: container.environment?.map(({ name, value }) => {
        const texts = [deployed, declared].map((definition) => variableOf(definition, container.name, name))
        const isEncrypted = texts.some((text) => text?.startsWith(KMS_VALUE))
        return isEncrypted ? { name, value: texts[0]?.startsWith(KMS_VALUE) ? texts[0] : UNREAD } : { name, value }
      }),
    })),
  }
}

const variableOf = (
  definition: RegisterTaskDefinitionRequest | undefined,
  container: string | undefined,
  variable: string | undefined,
): string | undefined =>
  definition?.containerDefinitions?.find(({ name }) => name === container)?.environment?.find(({ name }) => name === variable)
    ?.value
