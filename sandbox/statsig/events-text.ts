// The events of a log_event body as text.
import { arrayTextOf } from '../json-text.ts'

/** What stands between the brackets of the `events` array. The body must have parsed as an object with such an array. */
export function eventsTextOf(body: Buffer): Buffer {
  return arrayTextOf(body, 'events')
}
