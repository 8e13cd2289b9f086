/** BridgeError -> ApplicationFailure: the only place. `type` is the error's code and wire format. */
import { ApplicationFailure } from '@temporalio/common'
import { BridgeError, errorTable } from '../core/errors.ts'

/** The failure that Temporal records: retried where the error heals, after the pause that the vendor asked for. */
export function toFailure(error: unknown): unknown {
  if (!(error instanceof BridgeError)) return error
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: !errorTable[error.code].heals,
    ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
  })
}
