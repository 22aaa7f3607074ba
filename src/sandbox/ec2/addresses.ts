// Which addresses of a subnet are taken.
import { randomBytes } from 'node:crypto'
import { AwsError } from '../cloud.ts'
import { addressText, parsedCidr } from './cidr.ts'
import { type Ec2Records, ec2Id, type InterfaceRecord, subnetAt } from './records.ts'

/** The first four addresses of a subnet and its last: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const RESERVED_AT_START = 4
const RESERVED = 5

interface Taken {
  addresses: Set<string>
  /** Where the next search begins, so that an address rests before it is used again. */
  next: number
}

export class Addresses {
  readonly #kept: Ec2Records
  readonly #taken = new Map<string, Taken>()
  readonly #byAddress = new Map<string, InterfaceRecord>()

  constructor(kept: Ec2Records) {
    this.#kept = kept
    for (const record of kept.interfaces.values()) {
      this.#of(record.subnetId).addresses.add(record.address)
      this.#byAddress.set(record.address, record)
    }
  }

  free(subnetId: string): number {
    return this.#usable(subnetId) - this.#of(subnetId).addresses.size
  }

  allocate(subnetId: string, securityGroups: string[]): InterfaceRecord {
    const subnet = subnetAt(this.#kept, subnetId)
    const base = (parsedCidr(subnet.cidr)?.base ?? 0) + RESERVED_AT_START
    const usable = this.#usable(subnetId)
    const taken = this.#of(subnetId)
    for (let tries = 0; tries < usable; tries++) {
      const address = addressText(base + taken.next)
      taken.next = (taken.next + 1) % usable
      if (taken.addresses.has(address)) continue
      taken.addresses.add(address)
      const record = { id: ec2Id('eni'), subnetId, address, macAddress: macAddress(), securityGroups }
      this.#kept.interfaces.set(record.id, record)
      this.#byAddress.set(address, record)
      return record
    }
    throw new AwsError(
      'InsufficientFreeAddressesInSubnet',
      'The specified subnet does not have enough free addresses to satisfy the request.',
      {},
      400,
    )
  }

  at(address: string): InterfaceRecord | undefined {
    return this.#byAddress.get(address)
  }

  release(interfaceId: string): void {
    const record = this.#kept.interfaces.get(interfaceId)
    if (!record) return
    this.#kept.interfaces.delete(interfaceId)
    this.#byAddress.delete(record.address)
    this.#of(record.subnetId).addresses.delete(record.address)
  }

  #usable(subnetId: string): number {
    return (parsedCidr(this.#kept.subnets.get(subnetId)?.cidr ?? '')?.size ?? RESERVED) - RESERVED
  }

  #of(subnetId: string): Taken {
    let taken = this.#taken.get(subnetId)
    if (!taken) {
      taken = { addresses: new Set(), next: 0 }
      this.#taken.set(subnetId, taken)
    }
    return taken
  }
}

/** Locally administered, as those of network interfaces in a VPC are. */
function macAddress(): string {
  return [0x02 | ((randomBytes(1)[0] ?? 0) & 0xfc), ...randomBytes(5)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
}
