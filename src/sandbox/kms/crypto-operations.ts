import { randomBytes } from 'node:crypto'
import { AwsError } from '../cloud.ts'
import { sealedBy } from './ciphertext.ts'
import type { Context, KeyRing } from './keys.ts'
import type { KmsHandlers } from './kms.ts'

const ALGORITHM = 'SYMMETRIC_DEFAULT'
const DATA_KEY_BYTES = { AES_256: 32, AES_128: 16 }

export function cryptoOperations(ring: KeyRing): KmsHandlers {
  return {
    Encrypt(input) {
      refuseOtherAlgorithm(input.EncryptionAlgorithm)
      const key = ring.usable(input.KeyId as string)
      refuseDryRun(input.DryRun)
      const { blob } = ring.encrypt(key.id, input.Plaintext as Uint8Array, input.EncryptionContext ?? {})
      return { CiphertextBlob: blob, KeyId: key.arn, EncryptionAlgorithm: ALGORITHM }
    },

    Decrypt(input) {
      refuseOtherAlgorithm(input.EncryptionAlgorithm)
      if (input.Recipient) throw new AwsError('UnsupportedOperationException', 'Recipient is not supported by this sandbox.')
      const { plaintext, keyArn } = decrypted(ring, input.CiphertextBlob, input.EncryptionContext, input.KeyId)
      refuseDryRun(input.DryRun)
      return { KeyId: keyArn, Plaintext: plaintext, EncryptionAlgorithm: ALGORITHM }
    },

    ReEncrypt(input) {
      refuseOtherAlgorithm(input.SourceEncryptionAlgorithm)
      refuseOtherAlgorithm(input.DestinationEncryptionAlgorithm)
      const source = decrypted(ring, input.CiphertextBlob, input.SourceEncryptionContext, input.SourceKeyId)
      const target = ring.usable(input.DestinationKeyId as string)
      refuseDryRun(input.DryRun)
      const { blob } = ring.encrypt(target.id, source.plaintext, input.DestinationEncryptionContext ?? {})
      return {
        CiphertextBlob: blob,
        SourceKeyId: source.keyArn,
        KeyId: target.arn,
        SourceEncryptionAlgorithm: ALGORITHM,
        DestinationEncryptionAlgorithm: ALGORITHM,
      }
    },

    GenerateDataKey(input) {
      if (input.Recipient) throw new AwsError('UnsupportedOperationException', 'Recipient is not supported by this sandbox.')
      const { plaintext, blob, keyArn } = dataKey(ring, input)
      return { CiphertextBlob: blob, Plaintext: plaintext, KeyId: keyArn }
    },

    GenerateDataKeyWithoutPlaintext(input) {
      const { blob, keyArn } = dataKey(ring, input)
      return { CiphertextBlob: blob, KeyId: keyArn }
    },

    GenerateRandom(input) {
      if (input.CustomKeyStoreId) throw new AwsError('CustomKeyStoreNotFoundException', '')
      if (input.NumberOfBytes === undefined) throw new AwsError('ValidationException', 'NumberOfBytes is required.')
      return { Plaintext: randomBytes(input.NumberOfBytes) }
    },
  }
}

/** Only a dry run may come without a blob, and the sandbox makes none. */
function decrypted(ring: KeyRing, blob: Uint8Array | undefined, context: Context | undefined, keyId: string | undefined) {
  if (!blob) {
    const problem = "Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null"
    throw new AwsError('ValidationException', `1 validation error detected: ${problem}`)
  }
  if (keyId !== undefined && ring.usable(keyId).id !== sealedBy(blob).keyId) {
    throw new AwsError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a CMK that can perform this operation.',
    )
  }
  return ring.decrypt(blob, context ?? {})
}

function dataKey(
  ring: KeyRing,
  input: { KeyId?: string; KeySpec?: string; NumberOfBytes?: number; EncryptionContext?: Context; DryRun?: boolean },
) {
  if ((input.KeySpec === undefined) === (input.NumberOfBytes === undefined)) {
    throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.')
  }
  const bytes = input.NumberOfBytes ?? DATA_KEY_BYTES[input.KeySpec as keyof typeof DATA_KEY_BYTES]
  const key = ring.usable(input.KeyId as string)
  refuseDryRun(input.DryRun)
  const plaintext = randomBytes(bytes)
  return { plaintext, ...ring.encrypt(key.id, plaintext, input.EncryptionContext ?? {}) }
}

function refuseOtherAlgorithm(algorithm: string | undefined): void {
  if (algorithm !== undefined && algorithm !== ALGORITHM) {
    throw new AwsError('InvalidKeyUsageException', `Algorithm ${algorithm} is incompatible with key spec ${ALGORITHM}.`)
  }
}

function refuseDryRun(dryRun: boolean | undefined): void {
  if (dryRun) throw new AwsError('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.')
}
