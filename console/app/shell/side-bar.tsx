import { useQuery } from '@tanstack/react-query'
import { Link, type LinkProps, useParams, useSearch } from '@tanstack/react-router'
import {
  Activity,
  Boxes,
  ClipboardList,
  History,
  Inbox,
  LayoutGrid,
  type LucideIcon,
  Rocket,
  ScrollText,
  Server,
  Settings,
  Tags,
} from 'lucide-react'
import { approvalsQuery, productsQuery } from '../queries.ts'
import { useMaySomewhere, useReader } from '../session.ts'
import { useWords } from '../words/language.ts'
import { shell } from '../words/shell.ts'

/** The way to every page; on a phone behind a button. */
export function SideBar({ open, onNavigate }: { open: boolean; onNavigate(): void }) {
  const { words } = useWords()
  const reader = useReader()
  const mayAudit = useMaySomewhere('audit')
  const { product } = useParams({ strict: false })
  const { env } = useSearch({ strict: false })
  const { data: products = [] } = useQuery(productsQuery)
  const { data: approvals = [] } = useQuery(approvalsQuery)
  const waiting = approvals.filter(({ whyNot }) => whyNot === undefined).length
  return (
    <nav
      aria-label={words(shell.navigation)}
      onClick={(event) => (event.target as HTMLElement).closest('a') && onNavigate()}
      className={`${open ? 'block' : 'hidden'} border-r border-line bg-side px-2 py-3 md:sticky md:top-0 md:flex md:h-dvh md:flex-col md:overflow-y-auto`}
    >
      <Link to="/" className="flex items-center gap-2 px-2 pb-3 text-lg font-semibold no-underline">
        <img src="/kiban.svg" alt="" width="24" height="24" />
        kiban <span className="text-sm font-normal text-ink-muted">基盤</span>
      </Link>
      <ul>
        <Item to="/" icon={LayoutGrid} exact name={words(shell.products)} />
        <Item to="/inbox" icon={Inbox} name={words(shell.inbox)} count={waiting} />
        <Item to="/timeline" icon={History} name={words(shell.timeline)} />
        {mayAudit && <Item to="/audit" icon={ClipboardList} name={words(shell.audit)} />}
        <Item to="/settings" icon={Settings} name={words(shell.settings)} />
      </ul>
      {product && (
        <>
          <h2 className="mt-4 truncate px-2 pb-1 text-sm font-medium text-ink-muted">{product}</h2>
          <ul>
            <Item to="/p/$product" params={{ product }} search={{ env }} icon={Activity} exact name={words(shell.overview)} />
            <Item to="/p/$product/deploys" params={{ product }} search={{ env }} icon={Rocket} name={words(shell.deploys)} />
            <Item to="/p/$product/services" params={{ product }} search={{ env }} icon={Server} name={words(shell.services)} />
            <Item to="/p/$product/releases" params={{ product }} search={{ env }} icon={Tags} name={words(shell.releases)} />
            <Item to="/p/$product/logs" params={{ product }} search={{ env }} icon={ScrollText} name={words(shell.logs)} />
            <Item to="/p/$product/timeline" params={{ product }} search={{ env }} icon={History} name={words(shell.timeline)} />
          </ul>
        </>
      )}
      {products.length > 0 && (
        <>
          <h2 className="mt-4 px-2 pb-1 text-sm font-medium text-ink-muted">{words(shell.products)}</h2>
          <ul>
            {products.map(({ name }) => (
              <Item key={name} to="/p/$product" params={{ product: name }} icon={Boxes} name={name} quiet={name !== product} />
            ))}
          </ul>
        </>
      )}
      {reader && (
        <p className="mt-4 truncate border-t border-line px-2 pt-3 text-sm md:mt-auto" title={reader.name}>
          {reader.name}
        </p>
      )}
    </nav>
  )
}

function Item(
  props: { icon: LucideIcon; name: string; count?: number; exact?: boolean; quiet?: boolean } & Pick<
    LinkProps,
    'to' | 'params' | 'search'
  >,
) {
  const { icon: Icon, name, count = 0, exact = false, quiet = false, ...to } = props
  return (
    <li>
      <Link
        {...(to as LinkProps)}
        activeOptions={{ exact, includeSearch: false }}
        className="flex min-h-8 items-center gap-2.5 rounded-lg px-2 py-1 no-underline hover:bg-raised"
        activeProps={quiet ? {} : { className: 'bg-raised font-semibold text-accent-ink' }}
      >
        <Icon size={16} aria-hidden className="shrink-0" />
        <span className="truncate">{name}</span>
        {count > 0 && <span className="ml-auto rounded-full bg-bad-soft px-2 text-sm font-medium text-bad">{count}</span>}
      </Link>
    </li>
  )
}
