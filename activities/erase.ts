/**
 * One stint of an erasure: what the person left is looked for in short steps with pauses. All of its progress is in the
 * store; a stint that is cut short goes on where it was.
 */
import { Context } from '@temporalio/activity'
import type { Person } from '../core/erasure.ts'
import type { Clock, ErasureStore, Log } from '../core/ports.ts'
import { toFailure } from './failures.ts'

export interface EraseDeps {
  erasures: ErasureStore
  /** Takes the person's ids off the audiences, and so off the lists at Statsig. */
  eraseFromAudiences?: (connectionId: string, person: Person) => Promise<void>
  clock: Clock
  log: Log
  /** Tests shorten this; the default is what the product runs with. */
  erasePauseMs?: number
}

export interface EraseResult {
  /** False: the worker shut down; call again. */
  done: boolean
  requestsSeen: number
  messages: number
}

const defaultPauseMs = 20

export function createErase(deps: EraseDeps) {
  return async function erase(erasureId: string): Promise<EraseResult> {
    try {
      return await runStint(deps, erasureId)
    } catch (error) {
      throw toFailure(error, deps.log)
    }
  }
}

async function runStint(deps: EraseDeps, erasureId: string): Promise<EraseResult> {
  const { erasures, clock, log } = deps
  const context = Context.current()
  const stop = { shutdown: false }
  context.cancelled.catch((reason: unknown) => {
    stop.shutdown = reason instanceof Error && reason.message === 'WORKER_SHUTDOWN'
  })
  const person = await erasures.person(erasureId)
  const erasure = await erasures.get(erasureId)
  if (erasure?.state === 'done') return { done: true, ...erasure }
  for (;;) {
    const step = await erasures.step(erasureId)
    const { requestsSeen, messages } = step
    context.heartbeat({ requestsSeen, messages })
    if (step.done) {
      if (erasure && person) await deps.eraseFromAudiences?.(erasure.connectionId, person)
      await erasures.finish(erasureId, clock.nowMs())
      log.info({ event: 'erasure.done', erasureId, requestsSeen, messages }, 'erasure.done')
      return { done: true, requestsSeen, messages }
    }
    if (stop.shutdown) return { done: false, requestsSeen, messages }
    // The write lock is free meanwhile: SQLite's lock is not fair.
    await new Promise((resolve) => setTimeout(resolve, deps.erasePauseMs ?? defaultPauseMs))
    context.cancellationSignal.throwIfAborted()
  }
}
