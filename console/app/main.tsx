import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiError } from './api/client.ts'
import { makeRouter } from './router.tsx'
import { isShutOut, wayIn } from './session.ts'
import './styles.css'

const queries = new QueryClient({
  queryCache: new QueryCache({
    onError(error) {
      const { pathname, href } = router.state.location
      if (!isShutOut(error) || pathname === '/login' || pathname === '/welcome') return
      queries.clear()
      router.navigate(wayIn(href, error))
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refused stays refused; what did not arrive is asked for again.
      retry: (failures, error) => !(error instanceof ApiError && error.problem.status < 500) && failures < 4,
    },
  },
})

const router = makeRouter(queries)

const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  )
