/** Errors -> what Temporal records: the only place. `type` is the error's code and wire format. */
import { CompleteAsyncError } from '@temporalio/activity'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { BridgeError, errorTable } from '../core/errors.ts'
import type { Log } from '../core/ports.ts'

/**
 * The failure that Temporal records: retried where the error heals, after the pause that the vendor asked for. An
 * unknown error is told to the log alone and retried: its text may quote a message (a JSON SyntaxError does), and no
 * message may enter a history.
 */
export function toFailure(error: unknown, log: Log): Error {
  if (error instanceof BridgeError) {
    return ApplicationFailure.create({
      message: error.message,
      type: error.code,
      nonRetryable: !errorTable[error.code].heals,
      ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
    })
  }
  if (isTemporals(error)) return error
  log.error({ event: 'activity.failed', error }, 'activity.failed')
  const message = 'Something went wrong on our side; the log of the worker says what.'
  return ApplicationFailure.create({ message, type: 'internal', nonRetryable: false })
}

/** What the SDK itself must see as it is. */
function isTemporals(error: unknown): error is Error {
  return (
    error instanceof CancelledFailure ||
    error instanceof CompleteAsyncError ||
    error instanceof ApplicationFailure
  )
}
