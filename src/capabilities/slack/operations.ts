// Accounts of Slack: whoever has linked theirs may in Slack what they may elsewhere.
import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import { KibanError } from '../../core/error.ts'
import { slack as text } from '../../core/messages/slack.ts'
import { about, call, type Operation } from '../../core/operation.ts'
import type { Line } from '../../core/view.ts'
import type { Database } from '../../database/database.ts'

export interface SlackDependencies {
  slack(): Promise<{ database: Database; clock: Clock /** Throws `user.unknown`. */; known(name: string): Promise<void> }>
}

const everywhere = () => ({ product: '*', environment: '*' })
const code = z.string().min(1).max(40).meta(about(text.fieldCode.en, text.fieldCode.ja))
const team = z
  .string()
  .regex(/^[TE][A-Z0-9]{2,20}$/)
  .meta(about(text.fieldTeam.en, text.fieldTeam.ja))
const slackUser = z
  .string()
  .regex(/^[UW][A-Z0-9]{2,20}$/)
  .meta(about(text.fieldUser.en, text.fieldUser.ja))

const CodeShape = z.object({ team: z.string(), slackUser: z.string(), slackName: z.string() })
const AccountShape = CodeShape.extend({ name: z.string(), linkedAt: z.number(), linkedBy: z.string() })
type AccountShape = z.infer<typeof AccountShape>

export function slackOperations({ slack }: SlackDependencies): Operation[] {
  return [
    call({
      name: 'slack.show',
      summary: text.show,
      http: { method: 'GET', path: '/slack/codes/{code}' },
      permission: 'signed-in',
      place: everywhere,
      risk: 0,
      hidden: true,
      input: z.object({ code }),
      output: CodeShape,
      async run(_, input) {
        const { ofSlackCode } = await import('./accounts.ts')
        const { database, clock } = await slack()
        return CodeShape.parse(await ofSlackCode(database, input.code, clock.now()))
      },
      show: ({ slackName, slackUser: id, team: of }) => [
        { kind: 'line', line: text.becomesYou(slackName, id, of), mark: 'warn' },
      ],
    }),
    call({
      name: 'slack.link',
      summary: text.link,
      http: { method: 'POST', path: '/slack/accounts' },
      permission: 'signed-in',
      place: everywhere,
      risk: 1,
      question: () => text.linkQuestion,
      preview: { operation: 'slack.show', carry: () => ({}) },
      input: z.object({ code }),
      output: AccountShape,
      cli: { positional: ['code'] },
      async run({ actor }, input) {
        // A machine is nobody who sits in Slack.
        if (actor.kind !== 'user')
          throw new KibanError('forbidden', 'permission.denied', text.peopleOnly, { hint: text.peopleOnlyHint })
        const { linkByCode } = await import('./accounts.ts')
        const { database, clock } = await slack()
        return AccountShape.parse(await database.transaction((tx) => linkByCode(tx, actor, input.code, clock.now())))
      },
      show: (account) => [{ kind: 'line', line: accountLine(account), mark: 'good' }],
    }),
    call({
      name: 'slack.map',
      summary: text.map,
      http: { method: 'PUT', path: '/slack/accounts/{user}' },
      permission: 'administer',
      place: everywhere,
      risk: 1,
      question: ({ user, name }) => text.mapQuestion(user, name),
      input: z.object({
        user: slackUser,
        name: z.string().min(1).max(100).meta(about(text.fieldName.en, text.fieldName.ja)),
        team,
        lang: z.enum(['en', 'ja']).default('en').meta(about(text.fieldLang.en, text.fieldLang.ja)),
      }),
      output: AccountShape,
      cli: { positional: ['user', 'name'] },
      async run({ actor }, input) {
        const { link } = await import('./accounts.ts')
        const { database, clock, known } = await slack()
        await known(input.name)
        const wanted = { team: input.team, slackUser: input.user, slackName: input.user, name: input.name, language: input.lang }
        return AccountShape.parse(await database.transaction((tx) => link(tx, actor, wanted, clock.now())))
      },
      show: (account) => [{ kind: 'line', line: accountLine(account), mark: 'good' }],
    }),
    call({
      name: 'slack.unlink',
      summary: text.unlink,
      http: { method: 'DELETE', path: '/slack/accounts/{user}' },
      // One's own, or anybody's for those who administer.
      permission: 'signed-in',
      place: everywhere,
      risk: 1,
      question: ({ user }) => text.unlinkQuestion(user),
      input: z.object({ user: slackUser }),
      output: z.object({ slackUser: z.string() }),
      cli: { positional: ['user'] },
      async run({ actor }, input) {
        const { unlink } = await import('./accounts.ts')
        const { database, clock } = await slack()
        await database.transaction((tx) => unlink(tx, actor, input.user, clock.now()))
        return { slackUser: input.user }
      },
      show: ({ slackUser: user }) => [{ kind: 'line', line: text.unlinked(user), mark: 'good' }],
    }),
    call({
      name: 'slack.list',
      summary: text.list,
      http: { method: 'GET', path: '/slack/accounts' },
      permission: 'administer',
      place: everywhere,
      risk: 0,
      input: z.object({}),
      output: z.object({ accounts: z.array(AccountShape) }),
      async run() {
        const { slackAccounts } = await import('./accounts.ts')
        const { database } = await slack()
        return { accounts: (await slackAccounts(database)).map((one) => AccountShape.parse(one)) }
      },
      show: ({ accounts }) =>
        accounts.length === 0
          ? [{ kind: 'line', line: text.nobodyLinked }]
          : [
              {
                kind: 'table',
                columns: [{}, {}, {}, {}],
                rows: accounts.map((one): Line[] => [
                  { text: one.name, tone: 'strong' },
                  one.slackName,
                  `${one.team}/${one.slackUser}`,
                  { time: one.linkedAt },
                ]),
              },
            ],
    }),
  ]
}

const accountLine = ({ slackName, slackUser: user, name }: AccountShape): Line => text.linked(slackName, user, name)
