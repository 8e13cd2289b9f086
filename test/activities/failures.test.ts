import { CompleteAsyncError } from '@temporalio/activity'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { describe, expect, it } from 'vitest'
import { toFailure } from '../../activities/failures.ts'
import { BridgeError } from '../../core/errors.ts'
import { RecordingLog } from '../support/fake-deps.ts'

function translate(error: unknown) {
  const log = new RecordingLog()
  return { failure: toFailure(error, log), logged: log.lines }
}

/** What a person would read in the history: all that a failure carries. */
const recorded = (failure: Error) =>
  JSON.stringify([failure.message, failure.cause, failure instanceof ApplicationFailure && failure.details])

describe('toFailure', () => {
  it('records an error of ours by its code, retried where it heals and after the pause asked for', () => {
    const healing = new BridgeError('statsig.rate_limited', '429', { retryAfterMs: 90_000 })
    expect(translate(healing)).toMatchObject({
      failure: { type: 'statsig.rate_limited', nonRetryable: false, nextRetryDelay: 90_000 },
      logged: [],
    })
    const lasting = translate(new BridgeError('not_found', 'Connection con_1 is gone.')).failure
    expect(lasting).toMatchObject({ type: 'not_found', nonRetryable: true })
    expect(lasting.message).toContain('con_1')
  })

  it('says nothing of the cause of an error of ours, which may quote a message', () => {
    const cause = new Error('jane@example.com')
    const { failure } = translate(new BridgeError('not_found', 'gone', { cause }))
    expect(recorded(failure)).not.toContain('jane')
  })

  it.each<[string, () => unknown]>([
    ['a SyntaxError, which quotes what it read', () => JSON.parse('jane@example.com') as unknown],
    ['an Error with a cause', () => thrown(new Error('jane', { cause: new Error('jane') }))],
    ['a text', () => thrown('jane@example.com')],
    ['nothing', () => thrown(undefined)],
  ])('tells %s to the log alone, and has it retried', (_, work) => {
    const error = caught(work)
    const { failure, logged } = translate(error)
    expect(failure).toBeInstanceOf(ApplicationFailure)
    expect(failure).toMatchObject({ type: 'internal', nonRetryable: false })
    expect(recorded(failure)).not.toContain('jane')
    expect(logged).toEqual([{ level: 'error', fields: { event: 'activity.failed', error } }])
  })

  it('records the same text for every unknown error', () => {
    const texts = [new Error('a'), new TypeError('b'), 'c'].map((error) => translate(error).failure.message)
    expect(new Set(texts).size).toBe(1)
  })

  it.each<[string, Error]>([
    ['a cancellation', new CancelledFailure('cancelled')],
    ['a completion elsewhere', new CompleteAsyncError()],
    ['a failure that is one already', ApplicationFailure.nonRetryable('as it is', 'statsig.unavailable')],
  ])('lets %s pass as it is', (_, error) => {
    const { failure, logged } = translate(error)
    expect(failure).toBe(error)
    expect(logged).toEqual([])
  })
})

function thrown(error: unknown): never {
  throw error
}

function caught(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
