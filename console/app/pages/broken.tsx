import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { ApiError, Offline } from '../api/client.ts'
import { Button, LinkButton } from '../ui/button.tsx'
import { Heading } from '../ui/heading.tsx'
import { useWords } from '../words/language.ts'
import { shell } from '../words/shell.ts'

/** What went wrong, in the server's words where it has some, and the way on. */
export function BrokenPage({ error, reset }: ErrorComponentProps) {
  const { words, language } = useWords()
  const router = useRouter()
  const problem = error instanceof ApiError ? error.problem : undefined
  return (
    <div role="alert" className="mx-auto max-w-xl py-16">
      <Heading title={problem?.words.text[language] ?? words(error instanceof Offline ? shell.offline : shell.broken)} />
      {problem?.words.hint && <p className="mt-3 text-ink-muted">{problem.words.hint[language]}</p>}
      {problem && <p className="mt-3 font-mono text-sm text-ink-muted">{problem.requestId}</p>}
      <div className="mt-6 flex gap-2">
        <Button
          look="primary"
          onClick={() => {
            reset()
            router.invalidate()
          }}
        >
          {words(shell.again)}
        </Button>
        <LinkButton to="/">{words(shell.home)}</LinkButton>
      </div>
    </div>
  )
}

export function MissingPage() {
  const { words } = useWords()
  return (
    <div className="mx-auto max-w-xl py-16">
      <Heading title={words(shell.notFound)} />
      <div className="mt-6">
        <LinkButton to="/">{words(shell.home)}</LinkButton>
      </div>
    </div>
  )
}
