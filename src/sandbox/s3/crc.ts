// CRC-32C and CRC-64/NVME, which Node does not have. Both are reflected: https://reveng.sourceforge.io/crc-catalogue/

export interface RunningCrc {
  update(bytes: Uint8Array): void
  /** Big-endian, as the checksums of S3 are. */
  digest(): Buffer
}

const CRC32C_POLYNOMIAL = 0x82f63b78
const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n

export function crc32c(): RunningCrc {
  let crc = ~0
  return {
    update(bytes) {
      for (const byte of bytes) crc = (crc >>> 8) ^ (CRC32C_TABLE[(crc ^ byte) & 0xff] as number)
    },
    digest() {
      const out = Buffer.alloc(4)
      out.writeUInt32BE(~crc >>> 0)
      return out
    },
  }
}

/** In two halves of 32 bits, since BigInt is slow. */
export function crc64nvme(): RunningCrc {
  let [high, low] = [~0, ~0]
  return {
    update(bytes) {
      for (const byte of bytes) {
        const index = (low ^ byte) & 0xff
        low = ((low >>> 8) | (high << 24)) ^ (CRC64_LOW[index] as number)
        high = (high >>> 8) ^ (CRC64_HIGH[index] as number)
      }
    },
    digest() {
      const out = Buffer.alloc(8)
      out.writeUInt32BE(~high >>> 0, 0)
      out.writeUInt32BE(~low >>> 0, 4)
      return out
    },
  }
}

const CRC32C_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CRC32C_POLYNOMIAL : crc >>> 1
  return crc
})

const CRC64_TABLE = Array.from({ length: 256 }, (_, byte) => {
  let crc = BigInt(byte)
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ CRC64NVME_POLYNOMIAL : crc >> 1n
  return crc
})
const CRC64_LOW = Int32Array.from(CRC64_TABLE, (crc) => Number(crc & 0xffffffffn) | 0)
const CRC64_HIGH = Int32Array.from(CRC64_TABLE, (crc) => Number(crc >> 32n) | 0)
