import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { Button } from './button.tsx'

/** Filters that stand in the address, where they can be linked to: each field is a member of the search by its name. */
export function SearchForm({ children, className = '' }: { children: ReactNode; className?: string }) {
  const { words } = useWords()
  const navigate = useNavigate()
  const search = useSearch({ strict: false })
  return (
    <form
      // Fields show what the address says, also when a link has changed it.
      key={JSON.stringify(search)}
      className={`mb-4 flex flex-wrap items-end gap-3 ${className}`}
      onSubmit={(event) => {
        event.preventDefault()
        const given = [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value).trim() || undefined])
        navigate({ to: '.', search: (before: object) => ({ ...before, ...Object.fromEntries(given) }) } as never)
      }}
    >
      {children}
      <Button type="submit" look="primary">
        {words(pages.search)}
      </Button>
    </form>
  )
}
