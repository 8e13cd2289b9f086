/** One poll for all lanes that linger: tells soon after another process has committed. */

/** `PRAGMA data_version` costs about 4 us, so that a poll every 3 ms is a tenth of a percent of a core. */
const pollMs = 3

interface Waiter {
  seen: number
  wake: () => void
}

/** Read `version` before reading the lane and hand it to `changed`: a commit in between is then never missed. */
export function createWatch(version: () => number) {
  const waiters = new Set<Waiter>()
  let timer: NodeJS.Timeout | undefined

  function poll(): void {
    const now = version()
    for (const waiter of waiters) if (waiter.seen !== now) waiter.wake()
    if (waiters.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }

  return {
    version,
    /** Resolves when something has been committed elsewhere since `seen`, or after `timeoutMs`. */
    changed(seen: number, timeoutMs: number): Promise<void> {
      return new Promise((resolve) => {
        const waiter = { seen, wake }
        const timeout = setTimeout(wake, timeoutMs)
        function wake(): void {
          clearTimeout(timeout)
          waiters.delete(waiter)
          resolve()
        }
        waiters.add(waiter)
        timer ??= setInterval(poll, pollMs)
      })
    },
  }
}
