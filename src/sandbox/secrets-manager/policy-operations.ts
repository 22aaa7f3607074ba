import { AwsError } from '../cloud.ts'
import type { SecretStore } from './secret-store.ts'
import type { SecretsManagerHandlers } from './secrets-manager.ts'

/** Resource policies are kept and given back; they grant and deny nothing. */
export function policyOperations(store: SecretStore): SecretsManagerHandlers {
  return {
    PutResourcePolicy(input) {
      const secret = store.findAlive(input.SecretId as string)
      store.save({ ...secret, policy: parsed(input.ResourcePolicy as string) })
      return { ARN: secret.arn, Name: secret.name }
    },

    GetResourcePolicy(input) {
      const secret = store.findAlive(input.SecretId as string)
      return { ARN: secret.arn, Name: secret.name, ResourcePolicy: secret.policy }
    },

    DeleteResourcePolicy(input) {
      const { policy: _, ...secret } = store.findAlive(input.SecretId as string)
      store.save(secret)
      return { ARN: secret.arn, Name: secret.name }
    },
  }
}

function parsed(text: string): string {
  try {
    const policy: unknown = JSON.parse(text)
    if (typeof policy === 'object' && policy !== null && 'Statement' in policy) return text
  } catch {}
  throw new AwsError('MalformedPolicyDocumentException', 'This resource policy contains invalid Json.')
}
