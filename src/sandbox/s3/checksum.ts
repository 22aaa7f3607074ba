// Checksums that clients send with an object and ask back. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { crc32c, crc64nvme, type RunningCrc } from './crc.ts'
import { s3Error } from './error.ts'

export type Algorithm = keyof typeof MEMBERS
/** Base64 by algorithm. */
export type Checksums = Partial<Record<Algorithm, string>>

const MEMBERS = {
  CRC32: 'ChecksumCRC32',
  CRC32C: 'ChecksumCRC32C',
  CRC64NVME: 'ChecksumCRC64NVME',
  SHA1: 'ChecksumSHA1',
  SHA256: 'ChecksumSHA256',
} as const
const UNKNOWN = ['ChecksumSHA512', 'ChecksumMD5', 'ChecksumXXHASH64', 'ChecksumXXHASH3', 'ChecksumXXHASH128']

export type ChecksumMembers = Partial<Record<(typeof MEMBERS)[Algorithm], string>>

/** What a request says its checksums are, trailers included. */
export function givenChecksums(input: object, trailers: Record<string, string> = {}): Checksums {
  const members = new Map<string, unknown>(Object.entries(input))
  const unknown = UNKNOWN.find((name) => members.get(name) !== undefined)
  if (unknown) throw s3Error('NotImplemented', {}, `${unknown} is not supported by this sandbox.`)
  const found: Checksums = {}
  for (const algorithm of algorithms()) {
    const value = members.get(MEMBERS[algorithm]) ?? trailers[`x-amz-checksum-${algorithm.toLowerCase()}`]
    if (typeof value === 'string') found[algorithm] = value
  }
  return found
}

export function checksumMembers(checksums: Checksums): ChecksumMembers {
  const members: ChecksumMembers = {}
  for (const algorithm of algorithms()) if (checksums[algorithm] !== undefined) members[MEMBERS[algorithm]] = checksums[algorithm]
  return members
}

export function runningChecksum(algorithm: Algorithm): RunningCrc {
  if (algorithm === 'CRC32C') return crc32c()
  if (algorithm === 'CRC64NVME') return crc64nvme()
  if (algorithm === 'CRC32') return nodeCrc32()
  const hash = createHash(algorithm.toLowerCase())
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() }
}

/** Throws BadDigest where what was received is not what was announced. */
export function checkDigests(announced: Checksums, actual: Checksums): void {
  for (const algorithm of algorithms()) {
    if (announced[algorithm] !== undefined && announced[algorithm] !== actual[algorithm]) {
      throw s3Error('BadDigest', {}, `The ${algorithm} you specified did not match the calculated checksum.`)
    }
  }
}

/** The checksum over the checksums of the parts, as a multipart object has it. */
export function compositeChecksum(algorithm: Algorithm, parts: string[]): string {
  const running = runningChecksum(algorithm)
  for (const part of parts) running.update(Buffer.from(part, 'base64'))
  return `${running.digest().toString('base64')}-${parts.length}`
}

export function isAlgorithm(name: string | undefined): name is Algorithm {
  return name !== undefined && Object.hasOwn(MEMBERS, name)
}

const algorithms = () => Object.keys(MEMBERS) as Algorithm[]

function nodeCrc32(): RunningCrc {
  let crc = 0
  return {
    update(bytes) {
      crc = crc32(bytes, crc)
    },
    digest() {
      const out = Buffer.alloc(4)
      out.writeUInt32BE(crc)
      return out
    },
  }
}
