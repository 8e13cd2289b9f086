/**
 * Who asks us to stop: Ctrl-C, SIGTERM, a closed terminal, or the end of the `npm` that started us. The first asks
 * for an orderly end, a second Ctrl-C for an immediate one.
 */

export interface StopRequest {
  /** Aborted at the first request; its reason is a word for the person at the terminal. */
  asked: AbortSignal
  /** Aborted at the second. */
  urgent: AbortSignal
  /** Takes the handlers away again. */
  release(): void
}

/** npm forwards the Ctrl-C that the terminal has sent to us as well: twice within this time is once. */
const echoMs = 700

/** Listens for requests to stop. */
export function listenForStop(
  from: NodeJS.EventEmitter = process,
  ourParent: () => number = () => process.ppid,
): StopRequest {
  const asked = new AbortController()
  const urgent = new AbortController()
  let lastAtMs = Number.NEGATIVE_INFINITY
  const ask = (reason: string): void => {
    const nowMs = performance.now()
    if (!asked.signal.aborted) asked.abort(reason)
    else if (nowMs - lastAtMs > echoMs) urgent.abort(reason)
    lastAtMs = nowMs
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const handlers = signals.map(
    (signal) => [signal, () => ask(signal === 'SIGINT' ? 'Ctrl-C' : signal)] as const,
  )
  for (const [signal, handler] of handlers) from.on(signal, handler)
  // A SIGTERM to npm ends npm and its shell but is not passed on through it; then we have another parent.
  const parent = ourParent()
  const orphaned = setInterval(() => {
    if (process.env.npm_lifecycle_event === 'start' && ourParent() !== parent && !asked.signal.aborted)
      ask('npm has ended')
  }, 500).unref()
  return {
    asked: asked.signal,
    urgent: urgent.signal,
    release: () => {
      clearInterval(orphaned)
      for (const [signal, handler] of handlers) from.off(signal, handler)
    },
  }
}
