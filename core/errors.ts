/**
 * One error class, one table of codes. Two readers translate it: api/on-error.ts into problem+json and
 * activities/failures.ts into ApplicationFailure. Codes are wire format. Zod-free: workflows import this file.
 */
import { audienceErrors } from './audiences/error-rows.ts'
import { setupErrors } from './setup-errors.ts'

export interface ErrorRow {
  /** HTTP status where the error reaches a caller. */
  status: number
  title: string
  /** What the reader should do next. */
  nextStep: string
  /** Whether the same attempt may succeed later without anyone changing anything. */
  heals: boolean
}

export const errorTable = {
  unauthorized: {
    status: 401,
    title: 'No valid API key',
    nextStep: 'Send `Authorization: Bearer <key>`.',
    heals: false,
  },
  forbidden: {
    status: 403,
    title: 'The key may not do this',
    nextStep: 'Use a key with the role that `detail` names; an admin makes one with POST /api/v1/keys.',
    heals: false,
  },
  foreign_page: {
    status: 403,
    title: 'The call did not come from the console',
    nextStep: 'With a session cookie, send the header `x-causeway-csrf`; or use a key instead of the cookie.',
    heals: false,
  },
  not_found: {
    status: 404,
    title: 'Not found',
    nextStep: 'Check the id; GET /api/v1/connections lists what there is.',
    heals: false,
  },
  invalid_request: {
    status: 422,
    title: 'The request does not fit its schema',
    nextStep: 'Correct the fields that `errors` names; /docs shows the shape.',
    heals: false,
  },
  not_json: { status: 400, title: 'The body is not JSON', nextStep: 'Send one JSON document.', heals: false },
  not_an_object: {
    status: 400,
    title: 'The body is not an object',
    nextStep: 'Send one JSON object.',
    heals: false,
  },
  no_batch_array: {
    status: 400,
    title: 'The batch is missing',
    nextStep: 'Send the messages as an array in `batch`.',
    heals: false,
  },
  unknown_write_key: {
    status: 401,
    title: 'Unknown write key',
    nextStep: 'Use the writeKey of a connection; GET /api/v1/connections shows it.',
    heals: false,
  },
  webhook_unauthorized: {
    status: 401,
    title: 'The webhook does not prove who sent it',
    nextStep:
      'Check the connection id in the URL, and send the write key or the Statsig server key of the connection by Basic authorization, or sign with its shared secret.',
    heals: false,
  },
  statsig_webhook_unauthorized: {
    status: 401,
    title: 'The webhook does not prove who sent it',
    nextStep:
      "Check the connection id in the URL and the clock, and set `statsig.webhookSecret` of the connection to the signing secret of Statsig's webhook card; or send it as a bearer token.",
    heals: false,
  },
  unknown_statsig_key: {
    status: 401,
    title: 'Unknown Statsig key',
    nextStep: 'Use the server or client key of a connection, in `statsig-api-key` or as `?k=`.',
    heals: false,
  },
  'segment.unavailable': {
    status: 502,
    title: 'Segment cannot be reached or answers with a fault',
    nextStep: 'Nothing: delivery is tried again until it works.',
    heals: true,
  },
  'segment.rate_limited': {
    status: 429,
    title: 'Segment asks us to slow down',
    nextStep: 'Nothing: delivery waits as long as Segment asked.',
    heals: true,
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    nextStep: 'Send at most 16 MB, after decompression, and 100,000 messages a request.',
    heals: false,
  },
  write_key_in_use: {
    status: 409,
    title: 'Another connection has this write key',
    nextStep: 'Choose another write key, or use that connection.',
    heals: false,
  },
  key_in_use: {
    status: 409,
    title: 'Another connection has this Statsig key',
    nextStep: 'Use a key of its own for each connection.',
    heals: false,
  },
  streams_full: {
    status: 503,
    title: 'Too many live streams are open',
    nextStep: 'Close one, or try again shortly.',
    heals: true,
  },
  idempotency_key_reused: {
    status: 422,
    title: 'This Idempotency-Key was used with another body',
    nextStep: 'Send a new key with a new request; a key stands for one request for 24 hours.',
    heals: false,
  },
  idempotency_in_progress: {
    status: 409,
    title: 'The first request with this Idempotency-Key is still under way',
    nextStep: 'Send the same request again shortly: it will be answered as the first one was.',
    heals: true,
  },
  disk_full: {
    status: 503,
    title: 'The disk is at its limit',
    nextStep: 'Free disk space; nothing accepted is lost.',
    heals: true,
  },
  store_busy: { status: 503, title: 'The database is busy', nextStep: 'Try again shortly.', heals: true },
  store_failed: {
    status: 503,
    title: 'The database cannot be written',
    nextStep: 'Check the data folder and the disk; see /readyz.',
    heals: true,
  },
  secret_unreadable: {
    status: 500,
    title: 'A stored key cannot be opened',
    nextStep: 'Start with the CAUSEWAY_SECRET_KEY that sealed it, or set the key again.',
    heals: false,
  },
  console_key_missing: {
    status: 422,
    title: 'No Statsig console key is set',
    nextStep: 'Set `statsig.consoleKey` on the connection.',
    heals: false,
  },
  temporal_unavailable: {
    status: 503,
    title: 'Temporal does not answer',
    nextStep: 'Try again shortly; /readyz shows what is down. Accepting events does not need it.',
    heals: true,
  },
  job_over: {
    status: 409,
    title: 'It has ended',
    nextStep: 'Start a new one; GET shows how this one ended.',
    heals: false,
  },
  path_not_allowed: {
    status: 422,
    title: 'Archives may not be read from there',
    nextStep: 'Use s3://bucket/prefix, or a folder under DATA_DIR or one of ARCHIVE_DIRS.',
    heals: false,
  },
  archive_forbidden: {
    status: 422,
    title: 'The archive may not be read with these credentials',
    nextStep: 'Check bucket, region and credentials (docs/replay.md), then start a new replay.',
    heals: false,
  },
  archive_unreadable: {
    status: 503,
    title: 'The archive cannot be read just now',
    nextStep: 'Nothing: it is tried again.',
    heals: true,
  },
  archive_file_gone: {
    status: 404,
    title: 'A file of the archive has vanished',
    nextStep: 'Nothing: the report names it.',
    heals: false,
  },
  archive_file_changed: {
    status: 409,
    title: 'A file of the archive was rewritten',
    nextStep: 'Nothing: it is read anew, and the report names it.',
    heals: false,
  },
  alerts_off: {
    status: 409,
    title: 'Alerts go nowhere',
    nextStep: 'Set `url` by PUT /api/v1/alerts.',
    heals: false,
  },
  alert_not_taken: {
    status: 502,
    title: 'The alert webhook did not take the alert',
    nextStep:
      'Check the URL and its receiver; it is tried again for a day. GET /api/v1/alerts shows the last answer.',
    heals: true,
  },
  lane_lost: {
    status: 409,
    title: 'Another drain has taken over this lane',
    nextStep: 'Nothing: the newer drain goes on.',
    heals: true,
  },
  ...audienceErrors,
  ...setupErrors,
  'statsig.unavailable': {
    status: 502,
    title: 'Statsig cannot be reached or answers with a fault',
    nextStep: 'Nothing: delivery is tried again until it works.',
    heals: true,
  },
  'statsig.rate_limited': {
    status: 429,
    title: 'Statsig asks us to slow down',
    nextStep: 'Nothing: delivery waits as long as Statsig asked.',
    heals: true,
  },
} as const satisfies Record<string, ErrorRow>
export type ErrorCode = keyof typeof errorTable

/** Whether a text, such as the type of a recorded failure, is one of our codes. */
export function isErrorCode(text: string | null | undefined): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(errorTable, text)
}

export class BridgeError extends Error {
  readonly code: ErrorCode
  /** How long the other side asked us to wait, in ms. */
  readonly retryAfterMs: number | undefined
  readonly detail: string

  constructor(code: ErrorCode, detail: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(`${errorTable[code].title}: ${detail}`, { cause: options.cause })
    this.name = 'BridgeError'
    this.code = code
    this.detail = detail
    this.retryAfterMs = options.retryAfterMs
  }
}
