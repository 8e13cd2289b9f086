/** The addresses of the console: one page, one line. Pages come when they are asked for. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from '@tanstack/react-router'
import { NotFound, PageFailed, PageLoading } from './layout/page-states.tsx'
import { Shell } from './layout/shell.tsx'
import { Overview } from './pages/overview.tsx'

export type Search = Partial<Record<string, string>>
/** Everything in the address is text: filters, open panels, ranges. What is set to nothing is not in it. */
const validateSearch = (search: Record<string, unknown>): Search =>
  Object.fromEntries(
    Object.entries(search).flatMap(([key, value]) =>
      value === undefined || value === null || value === ''
        ? []
        : [[key, String(value as string | number | boolean)]],
    ),
  )

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, validateSearch })
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell })
const top = { getParentRoute: () => root }
const page = { getParentRoute: () => shell }
const lazy = lazyRouteComponent

const signIn = createRoute({
  ...top,
  path: '/sign-in',
  component: lazy(() => import('./pages/sign-in.tsx'), 'SignIn'),
})
const overview = createRoute({ ...page, path: '/', component: Overview })
const message = createRoute({
  ...page,
  path: '/messages/$messageId',
  component: lazy(() => import('./pages/message.tsx'), 'MessagePage'),
})
const live = createRoute({
  ...page,
  path: '/connections/$connectionId/live',
  component: lazy(() => import('./pages/live.tsx'), 'Live'),
})
const explorer = createRoute({
  ...page,
  path: '/connections/$connectionId/messages',
  component: lazy(() => import('./pages/explorer.tsx'), 'Explorer'),
})
const connection = createRoute({
  ...page,
  path: '/connections/$connectionId',
  component: lazy(() => import('./pages/connection.tsx'), 'ConnectionPage'),
})
const tester = createRoute({
  ...page,
  path: '/connections/$connectionId/test',
  component: lazy(() => import('./pages/tester.tsx'), 'Tester'),
})
const mapping = createRoute({
  ...page,
  path: '/connections/$connectionId/mapping',
  component: lazy(() => import('./pages/mapping.tsx'), 'MappingAndFilters'),
})
const audiences = createRoute({
  ...page,
  path: '/connections/$connectionId/audiences',
  component: lazy(() => import('./pages/audiences.tsx'), 'Audiences'),
})
const audience = createRoute({
  ...page,
  path: '/connections/$connectionId/audiences/$audienceKey',
  component: lazy(() => import('./pages/audience.tsx'), 'AudiencePage'),
})
const jobs = createRoute({
  ...page,
  path: '/connections/$connectionId/jobs',
  component: lazy(() => import('./pages/jobs.tsx'), 'Jobs'),
})
const job = createRoute({
  ...page,
  path: '/jobs/$kind/$jobId',
  component: lazy(() => import('./pages/job.tsx'), 'JobPage'),
})
const setup = createRoute({
  ...page,
  path: '/connections/$connectionId/setup',
  component: lazy(() => import('./pages/setup.tsx'), 'Setup'),
})
const connect = createRoute({
  ...page,
  path: '/connect',
  component: lazy(() => import('./pages/connect.tsx'), 'Connect'),
})
const settings = createRoute({
  ...page,
  path: '/settings/$section',
  component: lazy(() => import('./pages/settings.tsx'), 'Settings'),
})

const pages = [
  ...[overview, connect, setup, message, live, explorer, tester, mapping, audiences, audience, jobs, job],
  ...[connection, settings],
] as const

const stringifySearch = (search: object): string => {
  const given = Object.entries(search).filter((pair): pair is [string, string] => Boolean(pair[1]))
  const text = new URLSearchParams(given).toString()
  return text === '' ? '' : `?${text}`
}

export const router = createRouter({
  routeTree: root.addChildren([signIn, shell.addChildren(pages)]),
  defaultPreload: 'intent',
  defaultPendingComponent: PageLoading,
  defaultErrorComponent: PageFailed,
  scrollRestoration: true,
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
