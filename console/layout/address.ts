/** Filters and open panels live in the address: reading them, and changing a part without losing the rest. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { Search } from '../router.tsx'

export function useAddress(): [Search, (change: Search, options?: { push?: boolean }) => void] {
  const search: Search = useSearch({ strict: false })
  const navigate = useNavigate()
  const change = useCallback(
    (part: Search, { push = false } = {}) => {
      void navigate({
        to: '.',
        search: (before: Search) => ({ ...before, ...part }),
        replace: !push,
        resetScroll: false,
      })
    },
    [navigate],
  )
  return [search, change]
}
