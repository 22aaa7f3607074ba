import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { freezesQuery, productQuery } from '../queries.ts'
import { type Command, useCommands } from '../shell/commands.ts'
import { Mark } from '../ui/mark.tsx'
import { useWords } from '../words/language.ts'
import { pages } from '../words/pages.ts'
import { shell } from '../words/shell.ts'

/** The environment of every page of a product is in its address, so that one link can be switched to another. */
export function useEnvironment(): {
  product: string
  environment: string
  environments: { name: string; protected: boolean; approvals: number }[]
} {
  const { product } = useParams({ from: '/inside/p/$product' })
  const { env } = useSearch({ from: '/inside/p/$product' })
  const { data } = useQuery(productQuery(product))
  const environments = data?.environments ?? []
  return { product, environment: env ?? environments[0]?.name ?? 'staging', environments }
}

const NONE: readonly string[] = []

export function ProductFrame() {
  const { words } = useWords()
  const { product, environment, environments } = useEnvironment()
  const navigate = useNavigate()
  const { pathname } = useLocation()
  const services = useQuery(productQuery(product)).data?.services ?? NONE
  const { data: freezes = [] } = useQuery(freezesQuery)
  const frozen = freezes.find(
    (freeze) =>
      freeze.fromAt <= Date.now() &&
      (freeze.product === '*' || freeze.product === product) &&
      (freeze.environment === '*' || freeze.environment === environment),
  )
  const commands = useMemo<Command[]>(() => {
    const search = { env: environment }
    const to = (path: string) => () => navigate({ to: path, params: { product }, search } as never)
    return [
      {
        id: 'deploy',
        name: pages.newDeploy,
        also: 'でぷろい',
        group: pages.deploy,
        key: 'd',
        run: to('/p/$product/deploys/new'),
      },
      { id: 'overview', name: shell.overview, group: { en: product, ja: product }, key: 'o', run: to('/p/$product') },
      { id: 'deploys', name: shell.deploys, group: { en: product, ja: product }, run: to('/p/$product/deploys') },
      {
        id: 'services',
        name: shell.services,
        also: 'さーびす',
        group: { en: product, ja: product },
        key: 's',
        run: to('/p/$product/services'),
      },
      ...services.map((service) => ({
        id: `service-${service}`,
        name: { en: service, ja: service },
        group: shell.services,
        run: () => navigate({ to: '/p/$product/services/$service', params: { product, service }, search: { env: environment } }),
      })),
      { id: 'logs', name: shell.logs, group: { en: product, ja: product }, key: 'l', run: to('/p/$product/logs') },
      { id: 'releases', name: shell.releases, group: { en: product, ja: product }, run: to('/p/$product/releases') },
      {
        id: 'product-timeline',
        name: shell.timeline,
        group: { en: product, ja: product },
        key: 't',
        run: to('/p/$product/timeline'),
      },
      ...environments.map(({ name }) => ({
        id: `env-${name}`,
        name: { en: name, ja: name },
        group: pages.environment,
        run: () => navigate({ to: '.', search: (before: Record<string, unknown>) => ({ ...before, env: name }) } as never),
      })),
    ]
  }, [product, environment, environments, services, navigate])
  useCommands(commands)
  return (
    <>
      {environments.length > 1 && (
        <nav aria-label={words(shell.environment)} className="mb-4 flex w-fit gap-1 rounded-lg border border-line bg-side p-1">
          {environments.map(({ name }) => (
            <Link
              key={name}
              to={pathname as '/'}
              search={(before) => ({ ...before, env: name })}
              data-current={name === environment || undefined}
              className="rounded-md px-3 py-1 no-underline data-current:bg-panel data-current:font-semibold data-current:text-accent-ink data-current:shadow-sm"
            >
              {name}
              {name === environment && <span className="sr-only">({words(pages.chosen)})</span>}
            </Link>
          ))}
        </nav>
      )}
      {frozen && (
        <p className="mb-4 flex items-center gap-2 rounded-lg bg-warn-soft px-4 py-2 text-warn">
          <Mark tone="warn" />
          {words(pages.frozen(frozen.reason, frozen.startedBy))}
        </p>
      )}
      <Outlet />
    </>
  )
}
