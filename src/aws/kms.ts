import type { KMS } from '@aws-sdk/client-kms'
import { awsErrorName } from './error.ts'
import type { Api, AwsSession } from './session.ts'

const kms: Api<KMS> = {
  service: 'kms',
  bucket: 'all',
  load: async (config) => new (await import('@aws-sdk/client-kms')).KMS(config),
}

/** What was not encrypted by a key that is here: https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors */
const UNREADABLE = ['InvalidCiphertextException', 'IncorrectKeyException', 'InvalidKeyUsageException', 'NotFoundException']

/** The ARN of a key, from its id, ARN or alias; undefined when there is none. */
export async function keyArn(session: AwsSession, id: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const { KeyMetadata } = await session.ask(kms, (client, options) => client.describeKey({ KeyId: id }, options), signal)
    return KeyMetadata?.Arn
  } catch (error) {
    if (awsErrorName(error) === 'NotFoundException') return undefined
    throw error
  }
}

/** The text that a base64 ciphertext holds; undefined when KMS cannot make one of it. */
export async function decrypted(session: AwsSession, ciphertext: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const CiphertextBlob = Buffer.from(ciphertext, 'base64')
    const { Plaintext } = await session.ask(kms, (client, options) => client.decrypt({ CiphertextBlob }, options), signal)
    return Plaintext && Buffer.from(Plaintext).toString('utf8')
  } catch (error) {
    const name = awsErrorName(error)
    if (name !== undefined && UNREADABLE.includes(name)) return undefined
    throw error
  }
}
