import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { Refusal } from './refusal.tsx'

/** An answer once it is there; what was there before stays while it is asked for again. */
export function Data<Answer>({ of, children }: { of: UseQueryResult<Answer>; children: (answer: Answer) => ReactNode }) {
  const { words } = useWords()
  if (of.data !== undefined) return children(of.data)
  if (of.error) return <Refusal error={of.error} />
  return (
    <p role="status" className="animate-pulse py-6 text-ink-muted [animation-delay:150ms]">
      {words(pages.loading)}
    </p>
  )
}

/** An empty place teaches what fills it. */
export function Empty({ title, help, command }: { title: ReactNode; help?: ReactNode; command?: string }) {
  return (
    <div className="px-4 py-10 text-center">
      <p className="font-semibold">{title}</p>
      {help && <p className="mx-auto mt-2 max-w-md text-ink-muted">{help}</p>}
      {command && <code className="mt-3 inline-block rounded-lg bg-raised px-3 py-1.5">{command}</code>}
    </div>
  )
}

export function Commit({ of }: { of: string | undefined }) {
  return of === undefined ? null : <code className="rounded bg-raised px-1.5 py-0.5 text-sm">{of.slice(0, 7)}</code>
}
