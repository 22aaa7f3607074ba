// The locks of services, as people take and give them.
import { z } from 'zod'
import { deployFields as text } from '../../core/messages/deploy-fields.ts'
import { about, type Context, call, type Operation } from '../../core/operation.ts'
import { productField as product } from '../products/product-field.ts'
import { env, place } from './fields.ts'
import type { DeployDependencies } from './operations.ts'
import { LockShape } from './shapes.ts'
import { showLocks } from './show-locks.ts'

const reason = z.string().optional().meta(about(text.reason.en, text.reason.ja))
const Locks = z.object({ locks: z.array(LockShape) })

export function lockOperations({ engine }: DeployDependencies): Operation[] {
  return [
    call({
      name: 'lock.list',
      summary: text.lockList,
      http: { method: 'GET', path: '/products/{product}/environments/{env}/locks' },
      permission: 'read',
      place,
      risk: 0,
      input: z.object({ product, env }),
      output: Locks,
      cli: { short: { e: 'env' } },
      async run(context, input) {
        const { heldLocks } = await import('./lock.ts')
        return { locks: await heldLocks((await engine(context.environment)).database, place(input)) }
      },
      show: showLocks,
    }),
    call({
      name: 'lock.take',
      summary: text.lockTake,
      http: { method: 'POST', path: '/products/{product}/environments/{env}/locks' },
      permission: 'deploy',
      place,
      risk: 0,
      input: z.object({
        product,
        env,
        services: z.array(z.string().min(1)).min(1).meta(about(text.lockServices.en, text.lockServices.ja)),
        reason,
      }),
      output: Locks,
      cli: { positional: ['services'], short: { e: 'env' } },
      async run(context, input) {
        const [{ takeByHand }, { refuseProtected }] = await Promise.all([
          import('./lock-by-hand.ts'),
          import('./refuse-protected.ts'),
        ])
        const here = await engine(context.environment)
        await refuseProtected(here.database, context.actor, place(input))
        return { locks: await takeByHand(here, place(input), input.services, byHand(context, input.reason)) }
      },
      show: showLocks,
    }),
    call({
      name: 'lock.release',
      summary: text.lockRelease,
      http: { method: 'POST', path: '/products/{product}/environments/{env}/lock-releases' },
      permission: (input) => (input.force ? 'force' : 'deploy'),
      place,
      risk: 0,
      input: z.object({
        product,
        env,
        services: z.array(z.string().min(1)).default([]).meta(about(text.lockService.en, text.lockService.ja)),
        force: z.boolean().default(false).meta(about(text.forceRelease.en, text.forceRelease.ja)),
        reason,
      }),
      output: Locks,
      cli: { positional: ['services'], short: { e: 'env' } },
      async run(context, input) {
        const { releaseByHand } = await import('./lock-by-hand.ts')
        const who = byHand(context, input.reason)
        return { locks: await releaseByHand(await engine(context.environment), place(input), input.services, who, input.force) }
      },
      show: showLocks,
    }),
  ]
}

const byHand = ({ actor }: Context, why: string | undefined) => ({
  holder: `person/${actor.name}`,
  actor: actor.name,
  face: actor.face,
  reason: why ?? '',
})
