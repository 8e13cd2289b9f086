/** What surrounds every page: the theme, the cache of the API's answers, the router. */
import { MantineProvider } from '@mantine/core'
import { QueryCache, QueryClient, QueryClientProvider, MutationCache } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { problemOf } from './api/client.ts'
import { router } from './router.tsx'
import { theme } from './theme.ts'

/** Every style tag that a library makes must carry the nonce that came with the page. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
// Read by the library that keeps the page from scrolling behind a dialog.
Object.assign(globalThis, { __webpack_nonce__: nonce })

/** A session that ended leads to the door, and back to where it was. */
function onError(error: unknown): void {
  if (problemOf(error).status !== 401 || router.state.location.pathname === '/sign-in') return
  void router.navigate({ to: '/sign-in', search: { next: router.state.location.href } })
}

const queries = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      retry: (failures, error) => {
        const { status } = problemOf(error)
        return failures < 2 && (status === 0 || status >= 500)
      },
    },
  },
})

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  )
}
