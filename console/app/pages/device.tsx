import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { call } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Heading } from '../ui/heading.tsx'
import { Panel } from '../ui/panel.tsx'
import { Refusal } from '../ui/refusal.tsx'
import { useWords } from '../words/language.ts'
import { login } from '../words/login.ts'

/** Where somebody at a browser lets a terminal in, which shows the same code. */
export function DevicePage() {
  const { words } = useWords()
  const { code } = useSearch({ from: '/inside/device' })
  const navigate = useNavigate()
  const asked = useQuery({
    queryKey: ['device', code],
    queryFn: ({ signal }) => call('device.show', { code: code ?? '' }, { signal }),
    enabled: code !== undefined,
    retry: false,
    refetchOnWindowFocus: false,
  })
  const allow = useMutation({ mutationFn: (shown: string) => call('device.approve', { code: shown }) })
  return (
    <div className="mx-auto max-w-md">
      <Heading title={words(login.deviceTitle)} />
      <Panel title={words(login.deviceCode)}>
        {allow.isSuccess ? (
          <p role="status">{words(login.deviceDone)}</p>
        ) : asked.data ? (
          <div className="grid gap-4">
            <p className="font-mono text-2xl font-semibold tracking-widest">{asked.data.code}</p>
            <p>{words(login.deviceAsk(asked.data.name))}</p>
            <p className="text-ink-muted">{words(login.deviceCheck)}</p>
            <Refusal error={allow.error} />
            <Button look="primary" disabled={allow.isPending} onClick={() => allow.mutate(asked.data.code)}>
              {words(login.deviceAllow)}
            </Button>
          </div>
        ) : (
          <form
            className="grid gap-4"
            onSubmit={(event) => {
              event.preventDefault()
              navigate({ to: '.', search: { code: String(new FormData(event.currentTarget).get('code')) } })
            }}
          >
            <Field
              label={words(login.deviceCode)}
              name="code"
              defaultValue={code}
              autoCapitalize="characters"
              spellCheck={false}
              required
            />
            <Refusal error={asked.error} />
            <Button type="submit" look="primary">
              {words(login.next)}
            </Button>
          </form>
        )}
      </Panel>
    </div>
  )
}
