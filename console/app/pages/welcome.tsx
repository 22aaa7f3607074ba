import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { call } from '../api/client.ts'
import { methodsQuery } from '../queries.ts'
import { Button, LinkButton } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Refusal } from '../ui/refusal.tsx'
import { useWords } from '../words/language.ts'
import { login } from '../words/login.ts'
import { DoorFrame } from './door-frame.tsx'
import { PasskeyForm } from './passkeys.tsx'

/** Uses a one-time link up, and has its owner set a password. The secret stands behind `#`, which is sent to no server. */
export function WelcomePage() {
  const { words } = useWords()
  const queries = useQueryClient()
  const used = useRef(false)
  const [link] = useState(() => location.hash.slice(1))
  const enter = useMutation({
    mutationFn: () => call('login.invitation', { link }),
    onSuccess() {
      queries.clear()
      // The link is used up, and its secret has no place in the history of the browser.
      history.replaceState(history.state, '', '/welcome')
    },
  })
  const { mutate } = enter
  useEffect(() => {
    if (used.current || link === '') return
    used.current = true
    mutate()
  }, [link, mutate])
  return (
    <DoorFrame title={words(login.welcome)}>
      {link === '' && <p>{words(login.noLink)}</p>}
      {enter.isPending && <p role="status">{words(login.entering)}</p>}
      <Refusal error={enter.error} />
      {enter.data && (
        <>
          <p className="mb-4">{words(login.youAre(enter.data.name))}</p>
          <WayBack />
        </>
      )}
    </DoorFrame>
  )
}

/** A passkey where the server has a name, and a password for everybody else. */
function WayBack() {
  const { words } = useWords()
  const navigate = useNavigate()
  const methods = useQuery(methodsQuery)
  return (
    <div className="grid gap-6">
      {methods.data?.passkey && (
        <section className="grid gap-3 border-line border-b pb-6">
          <p>{words(login.passkeyFirst)}</p>
          <PasskeyForm onAdded={() => navigate({ to: '/' })} />
        </section>
      )}
      <PasswordForm />
    </div>
  )
}

function PasswordForm() {
  const { words } = useWords()
  const navigate = useNavigate()
  const set = useMutation({ mutationFn: (password: string) => call('password.set', { password }) })
  const confirm = useMutation({
    mutationFn: (code: string) => call('password.confirm', { code }),
    onSuccess: () => navigate({ to: '/' }),
  })
  if (!set.data) {
    return (
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          set.mutate(String(new FormData(event.currentTarget).get('password')))
        }}
      >
        <p>{words(login.setPassword)}</p>
        <Field
          label={words(login.password)}
          help={words(login.rules)}
          name="password"
          type="password"
          autoComplete="new-password"
          required
          autoFocus
        />
        <Refusal error={set.error} />
        <div className="flex gap-2">
          <Button type="submit" look="primary" disabled={set.isPending}>
            {words(login.next)}
          </Button>
          <LinkButton to="/" look="quiet">
            {words(login.later)}
          </LinkButton>
        </div>
      </form>
    )
  }
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        confirm.mutate(String(new FormData(event.currentTarget).get('code')))
      }}
    >
      <p>{words(login.addSeed)}</p>
      <code className="block rounded-lg bg-raised px-3 py-2 break-all">{set.data.seed.replace(/(.{4})/g, '$1 ')}</code>
      <a href={set.data.uri} className="text-accent-ink">
        {words(login.openApp)}
      </a>
      <Field
        label={words(login.code)}
        help={words(login.codeHelp)}
        name="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        required
        autoFocus
      />
      <Refusal error={confirm.error} />
      <Button type="submit" look="primary" disabled={confirm.isPending}>
        {words(login.confirm)}
      </Button>
    </form>
  )
}
