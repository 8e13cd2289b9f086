/** How a long activity shows life, and how it learns that it is to end. */
import { Context } from '@temporalio/activity'

const heartbeatEveryMs = 5_000

/**
 * A worker that shuts down lets the request in flight end and commits it, and so does a drain that Temporal has
 * forgotten; any other cancelled activity aborts the request.
 * See the reasons of `Context.cancelled` in the Temporal SDK. The heartbeat has its own clock: a slow vendor's answer
 * is waited for longer than the server waits for a sign of life.
 */
export function watchForStop(cursor: () => number) {
  const context = Context.current()
  const abort = new AbortController()
  const beat = setInterval(() => context.heartbeat({ cursor: cursor() }), heartbeatEveryMs)
  const stopped = context.cancelled.catch((reason: unknown) => {
    if (reason instanceof Error && reason.message === 'WORKER_SHUTDOWN') state.shutdown = true
    else if (reason instanceof Error && reason.message === 'NOT_FOUND') state.forgotten = true
    else abort.abort(reason)
  })
  const state = {
    shutdown: false,
    forgotten: false,
    signal: abort.signal,
    stopped,
    end: () => clearInterval(beat),
  }
  return state
}
