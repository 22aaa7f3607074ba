// IPv4 blocks as numbers.

export interface Cidr {
  /** The first address. */
  base: number
  bits: number
  size: number
}

/** Undefined for what is no block, or one with host bits set. */
export function parsedCidr(text: string): Cidr | undefined {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text)
  if (!found) return undefined
  const octets = found.slice(1, 5).map(Number)
  const bits = Number(found[5])
  if (octets.some((octet) => octet > 255) || bits > 32) return undefined
  const base = octets.reduce((sum, octet) => sum * 256 + octet, 0)
  const size = 2 ** (32 - bits)
  return base % size === 0 ? { base, bits, size } : undefined
}

export const addressText = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')

export const contains = (outer: Cidr, inner: Cidr): boolean =>
  inner.base >= outer.base && inner.base + inner.size <= outer.base + outer.size

export const overlaps = (a: Cidr, b: Cidr): boolean => a.base < b.base + b.size && b.base < a.base + a.size
