// Waits until people have agreed to what a deployment or a task run would do.
import { KibanError } from '../../core/error.ts'
import { approvals } from '../../core/messages/approvals.ts'
import type { Queryable } from '../../database/database.ts'
import { APPROVAL_HOURS, type Approval, approvalFor, askApproval, expireApproval } from '../approvals/approval.ts'
import type { DeployEngine } from './engine.ts'

/** A vote is heard at once; this is for the end of the time, and for what a lost connection swallowed. */
const LOOK_AGAIN_MS = 5_000

/** Whatever drives the thing that waits. */
interface Waiting {
  engine: Pick<DeployEngine, 'database'>
  now: number
  cancelled(): Promise<unknown>
  pause(ms: number, subjects: readonly string[]): Promise<void>
  store(change: object, events: [], more: (tx: Queryable) => Promise<void>): Promise<void>
}

type Asked = Parameters<typeof askApproval>[1]

/** Why it may not go on: nobody agreed (an error), or it was stopped meanwhile; undefined once all have agreed. */
export async function disagreement(driver: Waiting, asked: Asked, face: string): Promise<KibanError | 'stopped' | undefined> {
  const { database } = driver.engine
  for (;;) {
    if (await driver.cancelled()) return 'stopped'
    const approval = (await approvalFor(database, asked.subject, asked.fingerprint)) ?? (await ask(driver, asked, face))
    switch (approval.state) {
      case 'agreed':
        return undefined
      case 'refused':
      case 'expired':
        return refusal(approval)
      default:
        if (await database.transaction((tx) => expireApproval(tx, approval.id, driver.now))) continue
        await driver.pause(LOOK_AGAIN_MS, [asked.subject])
    }
  }
}

async function ask(driver: Waiting, asked: Asked, face: string): Promise<Approval> {
  let approval: Approval | undefined
  await driver.store({}, [], async (tx) => {
    approval = await askApproval(tx, asked, face, driver.now)
  })
  return approval as Approval
}

function refusal({ state, votes }: Approval): KibanError {
  if (state === 'expired')
    return new KibanError('conflict', 'approval.expired', approvals.expired(APPROVAL_HOURS), { hint: approvals.expiredHint })
  const vote = votes.find(({ agrees }) => !agrees)
  return new KibanError('conflict', 'approval.refused', approvals.refusedBy(vote?.actor ?? '', vote?.reason ?? ''), {
    hint: approvals.refusedHint,
  })
}
