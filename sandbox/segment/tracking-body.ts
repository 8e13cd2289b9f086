// The body of a tracking call as Segment reads it: its documented limits (segment.com/docs, HTTP API, read 2025-11)
// are the only refusals besides broken JSON, both of them 400.
import type { Context } from 'hono'
import { arrayTextOf, itemTextsOf, withoutBom } from '../json-text.ts'
import { BodyRefused, readBody } from '../request-body.ts'
import { isRecord, type Message, type MessageType } from './judge-message.ts'

export const MESSAGE_BYTES_MAX = 32 * 1024
export const BATCH_BYTES_MAX = 500 * 1024

export interface TrackingItem {
  message: unknown
  /** From the path of a single call, else the item's own. */
  type: unknown
  /** As it was on the wire. */
  text: Buffer
}

export interface TrackingBody {
  /** Undefined for a batch without an array of that name. */
  items: TrackingItem[] | undefined
  /** The body's other keys; for a single call the body itself. */
  envelope: Message
}

/** Reads a single call (`type`) or a batch (undefined); BodyRefused says why Segment would answer 400. */
export async function readTrackingBody(
  c: Context,
  type: MessageType | undefined,
): Promise<TrackingBody | BodyRefused> {
  const bytesMax = type === undefined ? BATCH_BYTES_MAX : MESSAGE_BYTES_MAX
  try {
    const body = withoutBom(await readBody(c, bytesMax))
    const json: unknown = JSON.parse(body.toString('utf8'))
    if (!isRecord(json)) return new BodyRefused(400, 'The body is not a JSON object.')
    return type === undefined ? readBatch(body, json) : readSingle(body, json, type)
  } catch (error) {
    if (error instanceof SyntaxError) return new BodyRefused(400, 'The body is not JSON.')
    if (!(error instanceof BodyRefused)) throw error
    return new BodyRefused(400, error.message)
  }
}

function readSingle(text: Buffer, message: Message, type: MessageType): TrackingBody {
  return { items: [{ message, type, text }], envelope: message }
}

function readBatch(body: Buffer, json: Message): TrackingBody | BodyRefused {
  const { batch, ...envelope } = json
  if (!Array.isArray(batch)) return { items: undefined, envelope }
  const texts = itemTextsOf(arrayTextOf(body, 'batch'))
  const items = (batch as unknown[]).map((message, index) => ({
    message,
    type: isRecord(message) ? message.type : undefined,
    text: texts[index] ?? Buffer.from(JSON.stringify(message)),
  }))
  const tooLarge = items.findIndex(({ text }) => text.length > MESSAGE_BYTES_MAX)
  if (tooLarge < 0) return { items, envelope }
  return new BodyRefused(400, `batch[${tooLarge}] is over ${MESSAGE_BYTES_MAX} bytes.`)
}
