import { type ReactNode, useEffect } from 'react'

/** The heading of a page, which names it in the browser's tab and history too (WCAG 2.4.2). */
export function Heading(props: { title: string; of?: string; className?: string; children?: ReactNode }) {
  const { title, of, className = 'mb-4', children = title } = props
  const name = [title, of, 'kiban'].filter(Boolean).join(' · ')
  useEffect(() => {
    document.title = name
  }, [name])
  return <h1 className={`text-2xl font-semibold ${className}`}>{children}</h1>
}
