import { KibanError } from '../../../core/error.ts'
import { approvals } from '../../../core/messages/approvals.ts'
import { freezeAt, tellBroken } from '../../approvals/freeze.ts'
import { subjectOf } from '../deployment.ts'
import type { Driver } from '../driver.ts'

/**
 * Nothing goes on in a frozen place but the way back, and what somebody breaks the glass for; `tell` says that on the
 * timeline. Throws `freeze.active`.
 */
export async function refuseFrozen(driver: Driver, { tell = false } = {}): Promise<void> {
  const { engine, deployment } = driver
  const { product, environment, createdBy, face, options, reason, kind } = deployment
  if (kind === 'rollback') return
  const freeze = await freezeAt(engine.database, deployment, driver.now)
  if (!freeze) return
  if (!options.breakGlass) {
    const place = `${product}/${environment}`
    throw new KibanError('conflict', 'freeze.active', approvals.frozen(place, freeze.startedBy, freeze.reason), {
      hint: approvals.frozenHint,
    })
  }
  if (!tell) return
  const broken = { freeze, place: { product, environment }, actor: { name: createdBy, face }, subject: subjectOf(deployment) }
  await driver.store({}, [], async (tx) => tellBroken(tx, { ...broken, reason: reason ?? '', at: driver.now }))
}
