/**
 * Accept: requests become rows. Everything that arrives while a commit is under way shares the next one, so one
 * fsync serves many requests.
 */
import type { LaneName } from '../core/lanes.ts'
import type { AcceptedRequest, Inbox } from '../core/ports.ts'
import { immediate, type Db } from './client.ts'

interface Waiting {
  request: AcceptedRequest
  resolve: (answer: { asleep: LaneName[] }) => void
  reject: (error: unknown) => void
}

/** Bytes of bodies that one commit takes at most: keeps the write lock short for the drains. */
const commitBytesMax = 8 * 1024 * 1024

export function createInbox(db: Db): Inbox {
  const write = prepareWrite(db)
  let waiting: Waiting[] = []
  let writing = false

  async function commitAll(): Promise<void> {
    writing = true
    while (waiting.length > 0) {
      const group = takeGroup()
      try {
        const answers = await immediate(db, () => group.map(({ request }) => write(request)))
        group.forEach(({ resolve }, index) => resolve({ asleep: answers[index] ?? [] }))
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    writing = false
  }

  function takeGroup(): Waiting[] {
    let bytes = 0
    const end = waiting.findIndex(({ request }) => (bytes += request.body.length) > commitBytesMax)
    const group = waiting.slice(0, end === -1 ? waiting.length : Math.max(end, 1))
    waiting = waiting.slice(group.length)
    return group
  }

  return {
    append(request) {
      return new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject })
        // The next turn of the event loop: requests that were read in this one are in the same commit.
        if (!writing) {
          writing = true
          setImmediate(() => void commitAll())
        }
      })
    },
  }
}

interface Head {
  id: number
  head: number
  state: string
}

/** Prepared once; a Drizzle builder a row is several times slower (decision 0003). */
function prepareWrite({ sqlite }: Db): (request: AcceptedRequest) => LaneName[] {
  const insertRequest = sqlite.prepare(
    'INSERT INTO requests (connection_id, received_at_ms, source, call, caller_ip, body) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const advance = sqlite.prepare<[number, string, string], Head>(
    'UPDATE lanes SET head = head + ? WHERE connection_id = ? AND name = ? RETURNING id, head, state',
  )
  const insertLog = sqlite.prepare(
    'INSERT INTO lane_log (lane_id, last_seq, first_seq, request_id, items, sole) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const count = sqlite.prepare(`
    INSERT INTO lane_counts (lane_id, minute, sole, accepted) VALUES (@laneId, 0, @sole, @n), (@laneId, @minute, @sole, @n)
    ON CONFLICT DO UPDATE SET accepted = accepted + excluded.accepted`)

  return (request) => {
    const { connectionId, receivedAtMs, source, call, callerIp, body } = request
    const row = insertRequest.run(connectionId, receivedAtMs, source, call, callerIp ?? null, body)
    const asleep: LaneName[] = []
    for (const { lane, items, count: n, sole } of request.lanes) {
      const head = advance.get(n, connectionId, lane)
      if (!head) throw new Error(`connection ${connectionId} has no lane ${lane}`)
      const firstSeq = head.head - n + 1
      const itemsJson = items === undefined ? null : JSON.stringify(items)
      insertLog.run(head.id, head.head, firstSeq, row.lastInsertRowid, itemsJson, sole ? 1 : 0)
      count.run({ laneId: head.id, minute: Math.floor(receivedAtMs / 60_000), sole: sole ? 1 : 0, n })
      if (head.state === 'asleep') asleep.push(lane)
    }
    return asleep
  }
}
