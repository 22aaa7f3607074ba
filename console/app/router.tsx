import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { BrokenPage, MissingPage } from './pages/broken.tsx'
import { positionQuery } from './queries.ts'
import { isShutOut, readerQuery, wayIn } from './session.ts'
import { Frame } from './shell/frame.tsx'

interface Context {
  queries: QueryClient
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const root = createRootRouteWithContext<Context>()({
  component: Outlet,
  // Nothing stands around these.
  errorComponent: (props) => (
    <main className="px-4">
      <BrokenPage {...props} />
    </main>
  ),
  notFoundComponent: () => (
    <main className="px-4">
      <MissingPage />
    </main>
  ),
})

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search): { to?: string; refused?: string } => ({ to: text(search.to), refused: text(search.refused) }),
  component: lazyRouteComponent(() => import('./pages/login.tsx'), 'LoginPage'),
})

const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  component: lazyRouteComponent(() => import('./pages/welcome.tsx'), 'WelcomePage'),
})

/** Every page but those two is for whoever has logged in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Frame,
  async beforeLoad({ context, location }) {
    try {
      await Promise.all([context.queries.ensureQueryData(readerQuery), context.queries.prefetchQuery(positionQuery)])
    } catch (error) {
      if (isShutOut(error)) throw redirect(wayIn(location.href, error))
      throw error
    }
  },
})

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/home.tsx'), 'HomePage'),
})

const inbox = createRoute({
  getParentRoute: () => inside,
  path: '/inbox',
  component: lazyRouteComponent(() => import('./pages/inbox.tsx'), 'InboxPage'),
})

interface TimelineSearch {
  env?: string
  type?: string
  actor?: string
  text?: string
  /** A moment, ISO 8601, and how many minutes on either side of it. */
  around?: string
  within?: number
  event?: string
}

const timelineSearch = (search: Record<string, unknown>): TimelineSearch => ({
  env: text(search.env),
  type: text(search.type),
  actor: text(search.actor),
  text: text(search.text),
  around: text(search.around),
  within: typeof search.within === 'number' && search.within > 0 ? search.within : undefined,
  event: text(search.event),
})

const timeline = createRoute({
  getParentRoute: () => inside,
  path: '/timeline',
  validateSearch: timelineSearch,
  component: lazyRouteComponent(() => import('./pages/timeline.tsx'), 'TimelinePage'),
})

interface AuditSearch {
  product?: string
  env?: string
  type?: string
  actor?: string
  face?: string
  text?: string
  /** Days, YYYY-MM-DD, in the reader's zone. */
  from?: string
  to?: string
}

const day = (value: unknown): string | undefined =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined

const audit = createRoute({
  getParentRoute: () => inside,
  path: '/audit',
  validateSearch: (search): AuditSearch => ({
    product: text(search.product),
    env: text(search.env),
    type: text(search.type),
    actor: text(search.actor),
    face: text(search.face),
    text: text(search.text),
    from: day(search.from),
    to: day(search.to),
  }),
  component: lazyRouteComponent(() => import('./pages/audit.tsx'), 'AuditPage'),
})

const settings = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  validateSearch: (search): { tab?: string } => ({ tab: text(search.tab) }),
  component: lazyRouteComponent(() => import('./pages/settings.tsx'), 'SettingsPage'),
})

const device = createRoute({
  getParentRoute: () => inside,
  path: '/device',
  validateSearch: (search): { code?: string } => ({ code: text(search.code) }),
  component: lazyRouteComponent(() => import('./pages/device.tsx'), 'DevicePage'),
})

const product = createRoute({
  getParentRoute: () => inside,
  path: '/p/$product',
  validateSearch: (search): { env?: string } => ({ env: text(search.env) }),
  component: lazyRouteComponent(() => import('./pages/product.tsx'), 'ProductFrame'),
})

const overview = createRoute({
  getParentRoute: () => product,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/overview.tsx'), 'OverviewPage'),
})

const deployments = createRoute({
  getParentRoute: () => product,
  path: '/deploys',
  validateSearch: (search): { service?: string; verdict?: string; actor?: string } => ({
    service: text(search.service),
    verdict: text(search.verdict),
    actor: text(search.actor),
  }),
  component: lazyRouteComponent(() => import('./pages/deployments.tsx'), 'DeploymentsPage'),
})

const newDeployment = createRoute({
  getParentRoute: () => product,
  path: '/deploys/new',
  validateSearch: (search): { ref?: string } => ({ ref: text(search.ref) }),
  component: lazyRouteComponent(() => import('./pages/new-deployment.tsx'), 'NewDeploymentPage'),
})

const deployment = createRoute({
  getParentRoute: () => product,
  path: '/deploys/$id',
  validateSearch: (search): { task?: string } => ({ task: text(search.task) }),
  component: lazyRouteComponent(() => import('./pages/deployment.tsx'), 'DeploymentPage'),
})

const releases = createRoute({
  getParentRoute: () => product,
  path: '/releases',
  component: lazyRouteComponent(() => import('./pages/releases.tsx'), 'ReleasesPage'),
})

const services = createRoute({
  getParentRoute: () => product,
  path: '/services',
  component: lazyRouteComponent(() => import('./pages/services.tsx'), 'ServicesPage'),
})

const service = createRoute({
  getParentRoute: () => product,
  path: '/services/$service',
  validateSearch: (search): { tab?: string; task?: string; filter?: string } => ({
    tab: text(search.tab),
    task: text(search.task),
    filter: text(search.filter),
  }),
  component: lazyRouteComponent(() => import('./pages/service.tsx'), 'ServicePage'),
})

const logs = createRoute({
  getParentRoute: () => product,
  path: '/logs',
  validateSearch: (search): { service?: string; deployment?: string; task?: string; filter?: string } => ({
    service: text(search.service),
    deployment: text(search.deployment),
    task: text(search.task),
    filter: text(search.filter),
  }),
  component: lazyRouteComponent(() => import('./pages/logs.tsx'), 'LogsPage'),
})

const productTimeline = createRoute({
  getParentRoute: () => product,
  path: '/timeline',
  validateSearch: timelineSearch,
  component: lazyRouteComponent(() => import('./pages/timeline.tsx'), 'ProductTimelinePage'),
})

const tree = root.addChildren([
  login,
  welcome,
  inside.addChildren([
    home,
    inbox,
    timeline,
    audit,
    settings,
    device,
    product.addChildren([overview, deployments, newDeployment, deployment, services, service, releases, logs, productTimeline]),
  ]),
])

export const makeRouter = (queries: QueryClient) =>
  createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultErrorComponent: BrokenPage,
    defaultNotFoundComponent: MissingPage,
  })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
