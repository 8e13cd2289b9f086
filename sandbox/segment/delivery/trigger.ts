// A subscription's trigger, read and judged by Segment's own parser. The package is CommonJS whose names Node cannot
// see from outside, and test runners read its default differently: so it is required.
import { createRequire } from 'node:module'
import type { parseFql as ParseFql, validate as Validate } from '@segment/destination-subscriptions'

const { parseFql, validate } = createRequire(import.meta.url)('@segment/destination-subscriptions') as {
  parseFql: typeof ParseFql
  validate: typeof Validate
}

/** Whether a text is a trigger that Segment can read. */
export const isTrigger = (fql: string): boolean => !('error' in parseFql(fql))

/** Whether an event sets the trigger off. */
export const isTriggered = (fql: string, event: object): boolean => validate(parseFql(fql), event)
