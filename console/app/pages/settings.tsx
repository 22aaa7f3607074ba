import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { roleName } from '../../../src/core/messages/identity.ts'
import { call } from '../api/client.ts'
import { freezesQuery, methodsQuery } from '../queries.ts'
import { logOut, useCan } from '../session.ts'
import { Button } from '../ui/button.tsx'
import { CommandLine } from '../ui/command-line.tsx'
import { Data, Empty } from '../ui/data.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { More } from '../ui/more.tsx'
import { Panel } from '../ui/panel.tsx'
import { Refusal } from '../ui/refusal.tsx'
import { Cell, Table } from '../ui/table.tsx'
import { Ago, fullTime } from '../ui/time.tsx'
import { useWords } from '../words/language.ts'
import { login } from '../words/login.ts'
import { pages } from '../words/pages.ts'
import { shell } from '../words/shell.ts'
import { Passkeys } from './passkeys.tsx'

export function SettingsPage() {
  const { words } = useWords()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const leave = useMutation({ mutationFn: () => logOut(queries), onSuccess: () => navigate({ to: '/login' }) })
  const everywhere = { product: '*', environment: '*' }
  const can = useCan()
  return (
    <>
      <header className="mb-4 flex items-center gap-3">
        <Heading title={words(pages.settings)} className="mr-auto" />
        <Button onClick={() => leave.mutate()}>{words(shell.logOut)}</Button>
      </header>
      <div className="grid gap-4">
        <Sessions />
        <Passkeys />
        <Account />
        {can('read', everywhere) && <People mayInvite={can('administer', everywhere)} />}
        <Freezes />
        <Tokens />
      </div>
    </>
  )
}

function Sessions() {
  const { words, language } = useWords()
  const queries = useQueryClient()
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: async ({ signal }) => (await call('session.list', {}, { signal })).sessions,
  })
  const end = useMutation({
    mutationFn: (session: string) => call('session.revoke', { session }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['sessions'] }),
  })
  return (
    <Panel title={words(pages.mySessions)} flush>
      <Data of={sessions}>
        {(found) => (
          <ul className="divide-y divide-line">
            {found.map(({ id, method, seenAt, expiresAt, agent, current }) => (
              <li key={id} className="flex flex-wrap items-center gap-3 px-4 py-2.5">
                <div className="min-w-0 flex-1">
                  <p className="truncate" title={agent}>
                    {agent ?? id}
                  </p>
                  <p className="flex flex-wrap gap-x-3 text-sm text-ink-muted">
                    <span>{method}</span>
                    <Ago at={seenAt} />
                    <span>– {fullTime(expiresAt, language)}</span>
                  </p>
                </div>
                {current ? (
                  <span className="text-sm text-ink-muted">{words(pages.thisOne)}</span>
                ) : (
                  <Button onClick={() => end.mutate(id)}>{words(pages.endSession)}</Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Data>
      <Refusal error={end.error} />
    </Panel>
  )
}

/** Where somebody who came in by an invitation links the company's account, to come in by it from then on. */
function Account() {
  const { words } = useWords()
  const methods = useQuery(methodsQuery)
  const link = useMutation({
    mutationFn: () => call('oidc.begin', { to: '/settings', link: true }),
    onSuccess: ({ url }) => location.assign(url),
  })
  const name = methods.data?.oidc?.name
  if (name === undefined) return null
  return (
    <Panel title={words(pages.companyAccount)}>
      <div className="grid justify-items-start gap-3">
        <p>{words(pages.accountWhy)}</p>
        <Refusal error={link.error} />
        <Button disabled={link.isPending} onClick={() => link.mutate()}>
          {words(login.linkWith(name))}
        </Button>
      </div>
    </Panel>
  )
}

function People({ mayInvite }: { mayInvite: boolean }) {
  const { words } = useWords()
  const users = useInfiniteQuery({
    queryKey: ['users'],
    queryFn: ({ signal, pageParam }) => call('user.list', { cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  })
  const found = users.data?.pages.flatMap((page) => page.users) ?? []
  const [inviting, setInviting] = useState(false)
  return (
    <Panel
      title={words(pages.people)}
      note={`${found.length}${users.hasNextPage ? '+' : ''}`}
      flush
      actions={
        <Button because={mayInvite ? undefined : words(pages.mayNot)} onClick={() => setInviting(true)}>
          {words(pages.invite)}
        </Button>
      }
    >
      <Data of={users}>
        {() => (
          <Table label={words(pages.people)} head={[words(pages.people), words(pages.roles)]}>
            {found.map(({ name, displayName, grants }) => (
              <tr key={name}>
                <Cell>
                  {displayName} <span className="text-ink-muted">{name}</span>
                </Cell>
                <Cell>
                  {grants.length === 0 ? (
                    <span className="text-ink-muted">{words(pages.noRole)}</span>
                  ) : (
                    grants.map(({ id, role, product, environment }) => (
                      <div key={id}>
                        {words(roleName[role])}{' '}
                        <span className="text-ink-muted">
                          {product}/{environment}
                        </span>
                      </div>
                    ))
                  )}
                </Cell>
              </tr>
            ))}
          </Table>
        )}
      </Data>
      <More of={users} />
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
    </Panel>
  )
}

function InviteDialog({ onClose }: { onClose(): void }) {
  const { words } = useWords()
  const invite = useMutation({ mutationFn: (form: FormData) => call('user.invite', { name: String(form.get('name')) }) })
  return (
    <Dialog open onClose={onClose} title={words(pages.inviteTitle)} wide>
      {invite.data ? (
        <div className="mt-3 grid gap-3">
          <p>{words(pages.inviteDone)}</p>
          <CommandLine command={invite.data.link} />
          <Button className="justify-self-end" onClick={onClose}>
            {words(pages.close)}
          </Button>
        </div>
      ) : (
        <form
          className="mt-3 grid gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            invite.mutate(new FormData(event.currentTarget))
          }}
        >
          <Field label={words(pages.people)} name="name" required autoFocus autoCapitalize="none" spellCheck={false} />
          <Refusal error={invite.error} />
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>{words(pages.close)}</Button>
            <Button type="submit" look="primary" disabled={invite.isPending}>
              {words(pages.invite)}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  )
}

function Freezes() {
  const { words, language } = useWords()
  const freezes = useQuery(freezesQuery)
  return (
    <Panel title={words(pages.freezes)} flush>
      <Data of={freezes}>
        {(found) =>
          found.length === 0 ? (
            <Empty title={words(pages.noFreezes)} command='kiban freeze start --product NAME --reason "…"' />
          ) : (
            <ul className="divide-y divide-line">
              {found.map(({ id, product, environment, reason, startedBy, untilAt }) => (
                <li key={id} className="px-4 py-2.5">
                  <span className="font-semibold">
                    {product}/{environment}
                  </span>{' '}
                  {reason} <span className="text-ink-muted">{startedBy}</span>{' '}
                  {untilAt !== undefined && fullTime(untilAt, language)}
                </li>
              ))}
            </ul>
          )
        }
      </Data>
    </Panel>
  )
}

function Tokens() {
  const { words, language } = useWords()
  const tokens = useInfiniteQuery({
    queryKey: ['tokens'],
    queryFn: ({ signal, pageParam }) => call('token.list', { cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  })
  const found = tokens.data?.pages.flatMap((page) => page.tokens) ?? []
  return (
    <Panel title={words(pages.tokens)} flush>
      <Data of={tokens}>
        {() =>
          found.length === 0 ? (
            <Empty title={words(pages.noTokens)} />
          ) : (
            <ul className="divide-y divide-line">
              {found.map(({ id, name, owner, grants, expiresAt }) => (
                <li key={id} className="flex flex-wrap gap-x-3 px-4 py-2.5">
                  <span className="font-semibold">{name}</span>
                  <span>{owner}</span>
                  <span className="text-ink-muted">
                    {grants.map(({ role, product, environment }) => `${role} ${product}/${environment}`).join(', ')}
                  </span>
                  <span className="text-ink-muted">– {fullTime(expiresAt, language)}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Data>
      <More of={tokens} />
    </Panel>
  )
}
