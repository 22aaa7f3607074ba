import { Link, type LinkProps } from '@tanstack/react-router'

/** Parts of a page, each with an address of its own. */
export function Tabs(props: {
  label: string
  tabs: readonly { id: string; name: string; count?: number }[]
  current: string
  to: (id: string) => LinkProps
}) {
  const { label, tabs, current, to } = props
  return (
    <nav aria-label={label} className="mb-4 flex gap-1 overflow-x-auto border-b border-line">
      {tabs.map(({ id, name, count }) => (
        <Link
          key={id}
          {...(to(id) as LinkProps)}
          replace
          resetScroll={false}
          // A tab without a part of the address of its own is not meant by every other one.
          activeOptions={{ exact: true, explicitUndefined: true }}
          activeProps={{}}
          aria-current={id === current ? 'page' : undefined}
          className="-mb-px border-b-2 border-transparent px-3 py-2 whitespace-nowrap text-ink-muted no-underline hover:text-ink aria-[current=page]:border-accent-ink aria-[current=page]:font-semibold aria-[current=page]:text-ink"
        >
          {name}
          {count !== undefined && <span className="ml-1.5 text-sm tabular-nums">{count}</span>}
        </Link>
      ))}
    </nav>
  )
}
