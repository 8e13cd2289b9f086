/** What one page of the explorer may cost, so that a search for what is not there takes milliseconds. */

export interface Budget {
  /** Ended positions that are read, and blocks of them that are passed over unread. */
  positions: number
  blocks: number
  /** Messages of the backlog that are parsed, and bytes of their bodies. */
  messages: number
  bytes: number
}

/** Some twenty milliseconds, for all lanes together. */
export const pageBudget = (): Budget => ({
  ...{ positions: 100_000, blocks: 4_000 },
  ...{ messages: 800, bytes: 1024 * 1024 },
})
/** However many lanes share it: each look gets on. */
const least: Budget = { positions: 500, blocks: 100, messages: 50, bytes: 256 * 1024 }

/** Does one of the `shares` works that are left, which takes what it needs off its share; the rest stays for the others. */
export function spend<T>(left: Budget, shares: number, work: (share: Budget) => T): T {
  const parts = Object.keys(least) as (keyof Budget)[]
  const share = { ...least }
  for (const part of parts) share[part] = Math.max(least[part], Math.floor(left[part] / shares))
  const given = { ...share }
  const result = work(share)
  for (const part of parts) left[part] -= given[part] - Math.max(0, share[part])
  return result
}
