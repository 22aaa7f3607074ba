// Approvals and freezes as people meet them.
import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import { approvals as text } from '../../core/messages/approvals.ts'
import { about, type Context, call, type Operation } from '../../core/operation.ts'
import { badCursor, nextField, pageFields, pageOf } from '../../core/paging.ts'
import { can, roles } from '../../core/permission.ts'
import type { Block, Line, View } from '../../core/view.ts'
import type { Database } from '../../database/database.ts'
import type { Approval } from './approval.ts'
import type { Freeze } from './freeze.ts'

export interface ApprovalDependencies {
  approvals(): Promise<{ database: Database; clock: Clock }>
}

const everywhere = () => ({ product: '*', environment: '*' })
const Words = z.object({ en: z.string(), ja: z.string() })

const ApprovalShape = z.object({
  id: z.string(),
  subject: z.string(),
  product: z.string(),
  environment: z.string(),
  summary: z.record(z.string(), z.unknown()),
  needed: z.number(),
  /** The least that whoever decides must be; absent where whoever may approve will do. */
  role: z.enum(roles).optional(),
  askedBy: z.string(),
  askedAt: z.number(),
  expiresAt: z.number(),
  state: z.enum(['open', 'agreed', 'refused', 'expired', 'withdrawn']),
  decidedAt: z.number().optional(),
  votes: z.array(z.object({ actor: z.string(), agrees: z.boolean(), reason: z.string().optional(), votedAt: z.number() })),
  /** Why the asking actor may not decide; absent when they may. */
  whyNot: Words.optional(),
})
type ApprovalShape = z.infer<typeof ApprovalShape>

const FreezeShape = z.object({
  id: z.string(),
  product: z.string(),
  environment: z.string(),
  fromAt: z.number(),
  untilAt: z.number().optional(),
  reason: z.string(),
  startedBy: z.string(),
  startedAt: z.number(),
})
type FreezeShape = z.infer<typeof FreezeShape>
const Freezes = z.object({ freezes: z.array(FreezeShape) })

const id = z.string().min(1).meta(about(text.fieldApproval.en, text.fieldApproval.ja))
const reason = z.string().max(1_000).optional().meta(about(text.fieldReason.en, text.fieldReason.ja))
const product = z.string().min(1).default('*').meta(about(text.fieldProduct.en, text.fieldProduct.ja))
const env = z.string().min(1).default('*').meta(about(text.fieldEnvironment.en, text.fieldEnvironment.ja))
const moment = z.iso.datetime({ offset: true })

export function approvalOperations({ approvals }: ApprovalDependencies): Operation[] {
  const decide = async (context: Context, given: { id: string; agrees: boolean; reason?: string }) => {
    const { vote } = await import('./approval.ts')
    const { database, clock } = await approvals()
    return shape(
      await database.transaction((tx) => vote(tx, context.actor, { reason: undefined, ...given }, clock.now())),
      context,
    )
  }
  return [
    call({
      name: 'approval.list',
      summary: text.list,
      http: { method: 'GET', path: '/approvals' },
      // Those that one may not see are left out.
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      input: z.object({
        all: z.boolean().default(false).meta(about(text.fieldAll.en, text.fieldAll.ja)),
        ...pageFields(50),
      }),
      output: z.object({ approvals: z.array(ApprovalShape), ...nextField }),
      cli: { alias: 'approvals' },
      async run(context, { all, cursor, limit }) {
        const { findApproval, listApprovals } = await import('./approval.ts')
        const { database } = await approvals()
        const before = cursor === undefined ? undefined : await findApproval(database, cursor)
        if (cursor !== undefined && !(before && can(context.actor, 'read', before))) throw badCursor()
        const found = await listApprovals(database, context.actor, { open: !all, before: cursor, limit: limit + 1 })
        const { items, next } = pageOf(found, limit, ({ id }) => id)
        return { approvals: await Promise.all(items.map((one) => shape(one, context))), next }
      },
      show: ({ approvals: found }): View =>
        found.length === 0 ? [{ kind: 'line', line: text.nothingWaits }] : found.flatMap(approvalView),
    }),
    call({
      name: 'approval.show',
      summary: text.show,
      http: { method: 'GET', path: '/approvals/{id}' },
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      input: z.object({ id }),
      output: ApprovalShape,
      cli: { positional: ['id'] },
      async run(context, input) {
        const { findApproval, unknown } = await import('./approval.ts')
        const found = await findApproval((await approvals()).database, input.id)
        // Whether one is there that one may not see is not told either.
        if (!found || !can(context.actor, 'read', found)) throw unknown(input.id)
        return shape(found, context)
      },
      show: approvalView,
    }),
    call({
      name: 'approval.agree',
      summary: text.agree,
      http: { method: 'POST', path: '/approvals/{id}/agreements' },
      // The place is that of the request; the vote asks for it.
      permission: 'signed-in',
      place: everywhere,
      risk: 1,
      input: z.object({ id, reason }),
      output: ApprovalShape,
      cli: { alias: 'approve', positional: ['id'] },
      run: (context, input) => decide(context, { ...input, agrees: true }),
      show: votedView,
    }),
    call({
      name: 'approval.refuse',
      summary: text.refuse,
      http: { method: 'POST', path: '/approvals/{id}/refusals' },
      permission: 'signed-in',
      place: everywhere,
      risk: 2,
      input: z.object({ id, reason }),
      output: ApprovalShape,
      cli: { alias: 'refuse', positional: ['id'] },
      run: (context, input) => decide(context, { ...input, agrees: false }),
      show: votedView,
    }),
    call({
      name: 'freeze.list',
      summary: text.freezeList,
      http: { method: 'GET', path: '/freezes' },
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      input: z.object({}),
      output: Freezes,
      async run({ actor }) {
        const { concerns, listFreezes } = await import('./freeze.ts')
        const { database, clock } = await approvals()
        const found = await listFreezes(database, clock.now())
        return { freezes: found.filter((freeze) => concerns(actor, freeze)).map(freezeShape) }
      },
      show: ({ freezes }): View => (freezes.length === 0 ? [{ kind: 'line', line: text.noFreezes }] : freezes.map(freezeLine)),
    }),
    call({
      name: 'freeze.start',
      summary: text.freezeStart,
      http: { method: 'POST', path: '/freezes' },
      permission: 'freeze',
      place: (input) => ({ product: input.product, environment: input.env }),
      risk: 2,
      input: z.object({
        product,
        env,
        from: moment.optional().meta(about(text.fieldFrom.en, text.fieldFrom.ja)),
        until: moment.optional().meta(about(text.fieldUntil.en, text.fieldUntil.ja)),
        reason: z.string().min(1).max(1_000).meta(about(text.fieldReason.en, text.fieldReason.ja)),
      }),
      output: FreezeShape,
      cli: { short: { e: 'env' } },
      async run({ actor }, input) {
        const { startFreeze } = await import('./freeze.ts')
        const { database, clock } = await approvals()
        const now = clock.now()
        const wanted = {
          product: input.product,
          environment: input.env,
          reason: input.reason,
          fromAt: input.from === undefined ? now : Date.parse(input.from),
          untilAt: input.until === undefined ? undefined : Date.parse(input.until),
        }
        return freezeShape(await database.transaction((tx) => startFreeze(tx, actor, wanted, now)))
      },
      show: (freeze) => [freezeLine(freeze)],
    }),
    call({
      name: 'freeze.end',
      summary: text.freezeEnd,
      http: { method: 'POST', path: '/freezes/{id}/end' },
      permission: 'signed-in',
      place: everywhere,
      risk: 1,
      input: z.object({ id: z.string().min(1).meta(about(text.fieldFreeze.en, text.fieldFreeze.ja)) }),
      output: FreezeShape,
      cli: { positional: ['id'] },
      async run({ actor }, input) {
        const { endFreeze } = await import('./freeze.ts')
        const { database, clock } = await approvals()
        return freezeShape(await database.transaction((tx) => endFreeze(tx, actor, input.id, clock.now())))
      },
      show: () => [{ kind: 'line', line: text.ended, mark: 'good' }],
    }),
  ]
}

async function shape(approval: Approval, { actor }: Context): Promise<ApprovalShape> {
  const { whyNot } = await import('./approval.ts')
  return ApprovalShape.parse({ ...approval, whyNot: whyNot(actor, approval)?.text })
}

const freezeShape = (freeze: Freeze): FreezeShape => FreezeShape.parse(freeze)

function approvalView(approval: ApprovalShape): View {
  const { id: name, product: of, environment, subject, votes, needed, askedBy, state, expiresAt } = approval
  const agreed = votes.filter(({ agrees }) => agrees).length
  return [
    {
      kind: 'line',
      mark: state === 'open' ? 'busy' : state === 'agreed' ? 'good' : 'warn',
      line: [
        { text: name, tone: 'strong' },
        `  ${of}/${environment}  ${subject}  `,
        text.state(state),
        '  ',
        text.agreedCount(agreed, needed),
      ],
    },
    {
      kind: 'line',
      indent: 2,
      line: [text.askedBy(askedBy), ...(state === 'open' ? ['  ', text.until, ' ', { time: expiresAt }] : [])],
    },
    ...summaryLines(approval),
    ...votes.map(
      (vote): Block => ({
        kind: 'line',
        indent: 2,
        mark: vote.agrees ? 'good' : 'bad',
        line: [vote.actor, '  ', vote.reason ?? '', '  ', { time: vote.votedAt, tone: 'muted' }],
      }),
    ),
    ...(state === 'open' && approval.whyNot ? [{ kind: 'line' as const, indent: 2, line: approval.whyNot }] : []),
  ]
}

/** What people decide on, in a line: what of which commit, and why it is wanted. */
function summaryLines({ summary, role }: ApprovalShape): Block[] {
  const { workflow, task, commit, reason } = summary
  const services = Array.isArray(summary.services) ? summary.services.map(({ service }: { service: string }) => service) : []
  const what = [workflow ?? task ?? services.join(', '), String(commit ?? '').slice(0, 12), reason, role]
  const told = what.filter((one) => typeof one === 'string' && one !== '').join('  ')
  return told === '' ? [] : [{ kind: 'line', indent: 2, line: { text: told, tone: 'muted' } }]
}

const votedView = (approval: ApprovalShape): View => [
  { kind: 'line', line: text.voted(approval.state), mark: approval.state === 'refused' ? 'bad' : 'good' },
  ...approvalView(approval),
]

const freezeLine = ({ id: name, product: of, environment, reason: why, startedBy, fromAt, untilAt }: FreezeShape): Block => ({
  kind: 'line',
  mark: 'warn',
  line: [
    { text: `${of}/${environment}`, tone: 'strong' },
    `  ${why}  (${startedBy})  `,
    { time: fromAt },
    ' – ',
    ...(untilAt === undefined ? [text.untilEnded] : [{ time: untilAt }]),
    { text: `  ${name}`, tone: 'muted' },
  ] satisfies Line,
})
