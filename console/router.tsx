/** The addresses of the console: one page, one line. Pages come when they are asked for. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { Shell } from './layout/shell.tsx'
import { NotFound, PageFailed, PageLoading } from './layout/page-states.tsx'
import { Overview } from './pages/overview.tsx'

export type Search = Partial<Record<string, string>>
/** Everything in the address is text: filters, open panels, ranges. */
const validateSearch = (search: Record<string, unknown>): Search =>
  Object.fromEntries(Object.entries(search).map(([key, value]) => [key, String(value)]))

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, validateSearch })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./pages/sign-in.tsx'), 'SignIn'),
})

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell })
const inShell = { getParentRoute: () => shell }

const pages = [
  createRoute({ ...inShell, path: '/', component: Overview }),
  createRoute({
    ...inShell,
    path: '/messages/$messageId',
    component: lazyRouteComponent(() => import('./pages/message.tsx'), 'MessagePage'),
  }),
  createRoute({
    ...inShell,
    path: '/connections/$connectionId/live',
    component: lazyRouteComponent(() => import('./pages/live.tsx'), 'Live'),
  }),
  createRoute({
    ...inShell,
    path: '/connections/$connectionId/messages',
    component: lazyRouteComponent(() => import('./pages/explorer.tsx'), 'Explorer'),
  }),
  createRoute({
    ...inShell,
    path: '/connections/$connectionId',
    beforeLoad: ({ params }) => {
      throw redirect({
        to: '/connections/$connectionId/messages',
        params: params as { connectionId: string },
      })
    },
  }),
] as const

export const router = createRouter({
  routeTree: root.addChildren([signIn, shell.addChildren(pages)]),
  defaultPreload: 'intent',
  defaultPendingComponent: PageLoading,
  defaultErrorComponent: PageFailed,
  scrollRestoration: true,
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const given = Object.entries(search as Search).filter((pair): pair is [string, string] =>
      Boolean(pair[1]),
    )
    const text = new URLSearchParams(given).toString()
    return text === '' ? '' : `?${text}`
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
