/**
 * How one of our processes ends well, whoever started it. By hand: SIGINT (Ctrl-C), SIGTERM, SIGHUP. Under
 * `npm start`: SIGTERM by the launcher, in its order; Ctrl-C reaches the whole process group at once and is left to
 * the launcher; and when the launcher is gone (kill -9) its channel closes, and the process ends too.
 */

export interface ProcessLife {
  /** Tells the launcher that this process does its work now. Nothing happens without a launcher. */
  ready(): void
}

/** A little less than the launcher waits before it kills. */
const patienceMs = 9_500

/**
 * Runs `stop` once when it is time to end, then exits: 0 when it resolved, 1 when it threw or took too long.
 * To be called as soon as there is something to stop.
 */
export function onProcessEnd(stop: (reason: string) => Promise<void>): ProcessLife {
  const launched = process.send !== undefined
  let ending = false
  const end = (reason: string): void => {
    if (ending) return
    ending = true
    setTimeout(() => process.exit(1), patienceMs).unref()
    stop(reason).then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', () => end('SIGTERM'))
  for (const signal of ['SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (!launched) end(signal)
    })
  process.on('disconnect', () => end('the launcher is gone'))
  if (launched && !process.connected) end('the launcher is gone')
  return {
    ready: () => {
      // The callback takes the error of a launcher that is just gone: 'disconnect' says so too.
      if (process.connected) process.send?.('ready', undefined, undefined, () => {})
    },
  }
}
