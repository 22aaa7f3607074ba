import { open } from 'node:fs/promises'
import { endianness } from 'node:os'

const ELF = 0x7f454c46
const MACHINE_AT = 18
/** https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html, and the ABI supplements of each machine */
const MACHINES: Partial<Record<NodeJS.Architecture, number>> = { x64: 62, arm64: 183, ia32: 3, arm: 40, riscv64: 243 }
const MACH_O = new Set([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe])

/**
 * Whether the kernel of this machine would run a file: a script with an interpreter line, or a program of its own kind.
 * Asked beforehand, because the C library gives whatever the kernel refuses to a shell, which a container runtime does not.
 */
export async function isForThisMachine(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined)
  // What may be run but not read is left to the kernel.
  if (!file) return true
  try {
    const head = Buffer.alloc(MACHINE_AT + 2)
    const { bytesRead } = await file.read(head, 0, head.length, 0)
    if (bytesRead >= 2 && head.toString('latin1', 0, 2) === '#!') return true
    if (bytesRead < head.length) return false
    const magic = head.readUInt32BE(0)
    if (process.platform === 'darwin') return MACH_O.has(magic)
    if (magic !== ELF) return false
    const machine = endianness() === 'LE' ? head.readUInt16LE(MACHINE_AT) : head.readUInt16BE(MACHINE_AT)
    return machine === (MACHINES[process.arch] ?? machine)
  } finally {
    await file.close()
  }
}
