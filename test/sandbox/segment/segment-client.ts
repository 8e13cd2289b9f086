// What the tests say to the sandbox's Segment, over app.request or a real port alike.
import type { DiscardedMessage, TrackingRequest } from '../../../sandbox/segment/message-log.ts'
import { at, inProcess, type SandboxClient } from '../sandbox-client.ts'

export const track = (userId: string, rest: object = {}) => ({
  type: 'track',
  event: 'Bought',
  userId,
  ...rest,
})

export interface SegmentClient extends SandboxClient {
  post: (path: string, body: unknown, init?: RequestInit) => Promise<Response>
  messages: () => Promise<Record<string, unknown>[]>
  discarded: () => Promise<DiscardedMessage[]>
  tracked: () => Promise<TrackingRequest[]>
}

/** A fresh sandbox in this process. */
export const segmentInProcess = (nowMs?: number): SegmentClient => withSegment(inProcess(nowMs))
/** A client of a sandbox that listens. */
export const segmentAt = (origin: string): SegmentClient => withSegment(at(origin))

function withSegment(client: SandboxClient): SegmentClient {
  const read = async <T>(path: string) => (await (await client.ask(path)).json()) as T
  return {
    ...client,
    post: (path, body, init) =>
      client.ask(path, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa('source-web:')}`, 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
      }),
    messages: () => read('/_sandbox/segment/messages'),
    discarded: () => read('/_sandbox/segment/discarded'),
    tracked: () => read('/_sandbox/segment/requests'),
  }
}
