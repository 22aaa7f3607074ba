import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '../api/client.ts'
import { methodsQuery } from '../queries.ts'
import { Button } from '../ui/button.tsx'
import { Data } from '../ui/data.tsx'
import { Field } from '../ui/field.tsx'
import { Panel } from '../ui/panel.tsx'
import { Refusal } from '../ui/refusal.tsx'
import { Ago } from '../ui/time.tsx'
import { useWords } from '../words/language.ts'
import { login } from '../words/login.ts'

/** One's own passkeys, where the server has a name to which they can belong. */
export function Passkeys() {
  const { words } = useWords()
  const queries = useQueryClient()
  const methods = useQuery(methodsQuery)
  const passkeys = useQuery({
    queryKey: ['passkeys'],
    queryFn: async ({ signal }) => (await call('passkey.list', {}, { signal })).passkeys,
  })
  const remove = useMutation({
    mutationFn: (passkey: string) => call('passkey.remove', { passkey }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['passkeys'] }),
  })
  if (!methods.data?.passkey) return null
  return (
    <Panel title={words(login.passkeys)} flush>
      <Data of={passkeys}>
        {(found) => (
          <ul className="divide-y divide-line">
            {found.map(({ id, name, usedAt, createdAt }) => (
              <li key={id} className="flex flex-wrap items-center gap-3 px-4 py-2.5">
                <span className="min-w-0 flex-1 truncate">{name}</span>
                <span className="text-sm text-ink-muted">
                  <Ago at={usedAt ?? createdAt} />
                </span>
                <Button onClick={() => remove.mutate(id)}>{words(login.removePasskey)}</Button>
              </li>
            ))}
          </ul>
        )}
      </Data>
      <Refusal error={remove.error} />
      <div className="px-4 py-3">
        <PasskeyForm />
      </div>
    </Panel>
  )
}

export function PasskeyForm({ onAdded }: { onAdded?(): void }) {
  const { words } = useWords()
  const queries = useQueryClient()
  const add = useMutation({
    mutationFn: async (name: string) => (await import('../passkey.ts')).addPasskey(name),
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: ['passkeys'] })
      onAdded?.()
    },
  })
  return (
    <form
      className="grid justify-items-start gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        add.mutate(String(new FormData(event.currentTarget).get('device')))
      }}
    >
      <Field label={words(login.passkeyName)} name="device" maxLength={100} required />
      <PasskeyRefusal error={add.error} />
      <Button type="submit" disabled={add.isPending}>
        {words(login.addPasskey)}
      </Button>
    </form>
  )
}

/** Whoever closes the browser's own question, or has no passkey here, made no mistake. */
export function PasskeyRefusal({ error }: { error: unknown }) {
  const { words } = useWords()
  const name = error instanceof Error ? error.name : ''
  if (!/^(NotAllowedError|AbortError|InvalidStateError)$/.test(name)) return <Refusal error={error} />
  return (
    <p role="alert" className="rounded-lg bg-bad-soft px-3 py-2 text-bad">
      {words(name === 'InvalidStateError' ? login.passkeyThere : login.noPasskeyUsed)}
    </p>
  )
}
