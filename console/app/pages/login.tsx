import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { http } from '../../../src/core/messages/http.ts'
import { oidcRefusal } from '../../../src/core/messages/identity.ts'
import { call } from '../api/client.ts'
import { methodsQuery } from '../queries.ts'
import { ownPlace } from '../session.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Refusal } from '../ui/refusal.tsx'
import { type Text, useWords } from '../words/language.ts'
import { login } from '../words/login.ts'
import { DoorFrame } from './door-frame.tsx'
import { PasskeyRefusal } from './passkeys.tsx'

const refusals: Record<string, { text: Text; hint: Text }> = {
  ...oidcRefusal,
  'session.ended': { text: http.sessionEnded, hint: http.sessionEndedHint },
  'session.expired': { text: http.sessionExpired, hint: http.sessionExpiredHint },
}

export function LoginPage() {
  const { words } = useWords()
  const { to, refused } = useSearch({ from: '/login' })
  const navigate = useNavigate()
  const queries = useQueryClient()
  const entered = async () => {
    queries.clear()
    await navigate({ to: ownPlace(to) })
  }
  const enter = useMutation({
    mutationFn: (form: FormData) =>
      call('login.password', {
        name: String(form.get('name')),
        password: String(form.get('password')),
        code: String(form.get('code')),
      }),
    onSuccess: entered,
  })
  const methods = useQuery(methodsQuery)
  const byPasskey = useMutation({
    mutationFn: async () => (await import('../passkey.ts')).enterByPasskey(),
    onSuccess: entered,
  })
  const leave = useMutation({
    mutationFn: () => call('oidc.begin', { to: ownPlace(to) }),
    onSuccess: ({ url }) => location.assign(url),
  })
  const refusal = refused === undefined ? undefined : (refusals[refused] ?? refusals['oidc.failed'])
  return (
    <DoorFrame title={words(login.title)}>
      {refusal && (
        <div role="alert" className="mb-4 rounded-lg bg-bad-soft px-3 py-2 text-bad">
          <p className="font-medium">{words(refusal.text)}</p>
          <p className="mt-1 text-sm">{words(refusal.hint)}</p>
        </div>
      )}
      {(methods.data?.oidc || methods.data?.passkey) && (
        <div className="mb-4 grid gap-3 border-line border-b pb-4">
          {methods.data.oidc && (
            <Button look="primary" disabled={leave.isPending} onClick={() => leave.mutate()}>
              {words(login.enterBy(methods.data.oidc.name))}
            </Button>
          )}
          {methods.data.passkey && (
            <Button disabled={byPasskey.isPending} onClick={() => byPasskey.mutate()}>
              {words(login.enterByPasskey)}
            </Button>
          )}
          <Refusal error={leave.error} />
          <PasskeyRefusal error={byPasskey.error} />
        </div>
      )}
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          enter.mutate(new FormData(event.currentTarget))
        }}
      >
        <Field
          label={words(login.name)}
          name="name"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
        />
        <Field label={words(login.password)} name="password" type="password" autoComplete="current-password" required />
        <Field
          label={words(login.code)}
          help={words(login.codeHelp)}
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          pattern="[0-9 ]{6,8}"
          required
        />
        <Refusal error={enter.error} />
        <Button type="submit" look="primary" disabled={enter.isPending}>
          {words(login.enter)}
        </Button>
        <p className="text-sm text-ink-muted">{words(login.lost)}</p>
      </form>
    </DoorFrame>
  )
}
