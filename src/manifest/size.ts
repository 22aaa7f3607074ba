// The sizes of a Fargate task: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
import { z } from 'zod'
import { rules } from '../core/messages/manifest.ts'
import { broken } from './field.ts'

/** CPU in units of 1/1024 vCPU, memory in MiB: as a task definition has them. */
export interface Size {
  cpu: number
  memory: number
}

const GB = 1024

const fargateSizes: readonly Size[] = [
  ...row(256, [0.5 * GB, GB, 2 * GB]),
  ...row(512, steps(1, 4, 1)),
  ...row(1024, steps(2, 8, 1)),
  ...row(2048, steps(4, 16, 1)),
  ...row(4096, steps(8, 30, 1)),
  ...row(8192, steps(16, 60, 4)),
  ...row(16_384, steps(32, 120, 8)),
]

function row(cpu: number, memories: number[]): Size[] {
  return memories.map((memory) => ({ cpu, memory }))
}

function steps(from: number, to: number, step: number): number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => (from + index * step) * GB)
}

export function isFargateSize(size: Size): boolean {
  return fargateSizes.some(({ cpu, memory }) => cpu === size.cpu && memory === size.memory)
}

/** The Fargate size that differs by the smallest factor; the larger one of two that are equally near. */
export function nearestFargateSize(size: Size): Size {
  const far = (one: Size) => Math.abs(Math.log2(one.cpu / size.cpu)) + Math.abs(Math.log2(one.memory / size.memory))
  return fargateSizes.reduce((best, one) =>
    far(one) < far(best) - 1e-9 || (far(one) <= far(best) + 1e-9 && one.memory > best.memory) ? one : best,
  )
}

/** `{ cpu: 512, memory: 1024 }` is `0.5vCPU/1GB`. */
export function sizeText({ cpu, memory }: Size): string {
  return `${cpu / 1024}vCPU/${memory % 512 === 0 ? `${memory / GB}GB` : `${memory}MB`}`
}

const form = /^\s*(\d{1,5}(?:\.\d{1,4})?)\s*(?:v?cpus?)?\s*\/\s*(\d{1,7}(?:\.\d{1,4})?)\s*(gb|gib|g|mb|mib|m)?\s*$/i
const strictForm = /^\d+(\.\d+)?vCPU\/\d+(\.\d+)?(GB|MB)$/

/** `0.5vCPU/1GB`, read as a task definition's numbers. */
export const Size = z
  .string()
  .meta({ pattern: strictForm.source, examples: ['0.25vCPU/0.5GB', '0.5vCPU/1GB', '1vCPU/2GB', '2vCPU/4GB'] })
  .transform((value, context): Size => {
    const size = readSize(value)
    if (size && strictForm.test(value)) return size
    return broken(context, { text: rules.size, nearest: size && sizeText(nearestFargateSize(size)) })
  })

function readSize(value: string): Size | undefined {
  const [, cpu, memory, unit] = form.exec(value) ?? []
  if (cpu === undefined || memory === undefined) return undefined
  // Bare numbers as large as these are a task definition's own units.
  const read = {
    cpu: Math.round(Number(cpu) * (Number(cpu) >= 128 ? 1 : 1024)),
    memory: Math.round(Number(memory) * (unit?.toLowerCase().startsWith('m') || (!unit && Number(memory) >= 128) ? 1 : GB)),
  }
  return read.cpu > 0 && read.memory > 0 ? read : undefined
}
