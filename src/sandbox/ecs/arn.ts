import { randomBytes } from 'node:crypto'
import type { Cloud } from '../cloud.ts'

type Place = Pick<Cloud, 'account' | 'region'>

export const ecsArn = (cloud: Place, resource: string): string => `arn:aws:ecs:${cloud.region}:${cloud.account}:${resource}`

/** The resource part of an ARN of ECS, or the text itself when it is none: `service/demo/web` of `arn:aws:ecs:…:service/demo/web`. */
export function resourceOf(text: string): string {
  return text.startsWith('arn:') ? text.split(':').slice(5).join(':') : text
}

/** The last part of an ARN or path. */
export function lastPart(text: string): string {
  return text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf(':')) + 1)
}

// Ids are cut from a pool of random bytes: one system call for hundreds of them.
const POOL_BYTES = 8192
let pool = Buffer.alloc(0)
let used = 0

function chance(bytes: number): Buffer {
  if (used + bytes > pool.length) {
    pool = randomBytes(POOL_BYTES)
    used = 0
  }
  used += bytes
  return pool.subarray(used - bytes, used)
}

/** 32 hexadecimal digits, as a task's. */
export const newTaskId = (): string => chance(16).toString('hex')

/** 19 digits, as a deployment's and a service revision's. */
export function newNumber(): string {
  const high = 1_000_000_000 + (chance(4).readUInt32BE() % 1_000_000_000) * 9
  return `${high}${String(chance(4).readUInt32BE() % 1_000_000_000).padStart(9, '0')}`.slice(0, 19)
}

/** 21 URL-safe characters, as a service deployment's. */
export const newDeploymentId = (): string => chance(16).toString('base64url').slice(0, 21)

export const newPauseHookId = (): string => `ecs-pause-${chance(32).toString('base64url')}`
