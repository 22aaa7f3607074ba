// Whether secrets exist. Their values are never read here.
import type { SecretsManager } from '@aws-sdk/client-secrets-manager'
import type { SSM } from '@aws-sdk/client-ssm'
import { batches } from './batches.ts'
import { awsErrorName } from './error.ts'
import type { Api, AwsSession } from './session.ts'

const ssm: Api<SSM> = {
  service: 'ssm',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-ssm')).SSM(config),
}
const secretsManager: Api<SecretsManager> = {
  service: 'secretsmanager',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-secrets-manager')).SecretsManager(config),
}

const FILTER_VALUES_MAX = 50

/** The key with which each parameter that exists is encrypted, by the parameters' full names; undefined for a plain one. */
export async function parameterKeys(
  session: AwsSession,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<Map<string, string | undefined>> {
  const found = new Map<string, string | undefined>()
  for (const Values of batches(names, FILTER_VALUES_MAX)) {
    let NextToken: string | undefined
    do {
      const page = await session.ask(
        ssm,
        (client, options) =>
          client.describeParameters({ ParameterFilters: [{ Key: 'Name', Option: 'Equals', Values }], NextToken }, options),
        signal,
      )
      for (const { Name, KeyId } of page.Parameters ?? []) if (Name) found.set(Name, KeyId)
      NextToken = page.NextToken
    } while (NextToken)
  }
  return found
}

/** The key of a secret of Secrets Manager, by the secret's name or ARN; null when there is no such secret. */
export async function secretKey(session: AwsSession, id: string, signal?: AbortSignal): Promise<string | undefined | null> {
  try {
    const { KmsKeyId, DeletedDate } = await session.ask(
      secretsManager,
      (client, options) => client.describeSecret({ SecretId: id }, options),
      signal,
    )
    return DeletedDate ? null : KmsKeyId
  } catch (error) {
    if (awsErrorName(error) === 'ResourceNotFoundException') return null
    throw error
  }
}
