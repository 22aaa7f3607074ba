import type { ReactNode } from 'react'

/** A named region of a page. */
export function Panel(props: {
  title: ReactNode
  note?: ReactNode
  actions?: ReactNode
  flush?: boolean
  className?: string
  children: ReactNode
}) {
  const { title, note, actions, flush = false, className = '', children } = props
  return (
    <section className={`overflow-hidden rounded-panel border border-line bg-panel ${className}`}>
      <header className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
        <h2 className="font-semibold">{title}</h2>
        {note && <span className="text-sm text-ink-muted">{note}</span>}
        {actions && <div className="ml-auto flex items-center gap-2">{actions}</div>}
      </header>
      <div className={flush ? '' : 'px-4 pb-4'}>{children}</div>
    </section>
  )
}
