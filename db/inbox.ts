/**
 * Accept: requests become rows. Everything that arrives while a commit is under way shares the next one, so one
 * fsync serves many requests.
 */
import { BridgeError } from '../core/errors.ts'
import type { LaneName } from '../core/lanes.ts'
import type { AcceptedRequest, Inbox } from '../core/ports.ts'
import { immediate, type Db } from './client.ts'
import { minuteOf } from './minute.ts'
import { prepareCountWebhook } from './outbound-store.ts'

interface Waiting {
  request: AcceptedRequest
  resolve: (answer: { asleep: LaneName[] }) => void
  reject: (error: unknown) => void
}

/** What one commit takes at most: keeps the write lock short for the drains. */
const commitBytesMax = 8 * 1024 * 1024
const commitRequestsMax = 500

export function createInbox(db: Db): Inbox {
  const write = prepareWrite(db)
  const waiting: Waiting[] = []
  let writing = false

  async function commitAll(): Promise<void> {
    writing = true
    while (waiting.length > 0) await commitGroup(takeGroup())
    writing = false
  }

  async function commitGroup(group: Waiting[]): Promise<void> {
    try {
      const answers = await immediate(db, () => group.map(({ request }) => write(request)))
      group.forEach(({ resolve }, index) => resolve({ asleep: answers[index] ?? [] }))
    } catch (error) {
      // A request that cannot be written (its connection is gone) must not fail those that share its commit.
      if (group.length > 1 && !(error instanceof BridgeError)) {
        for (const alone of group) await commitGroup([alone])
      } else for (const { reject } of group) reject(error)
    }
  }

  function takeGroup(): Waiting[] {
    let bytes = 0
    const end = waiting.findIndex(({ request }) => (bytes += request.body.length) > commitBytesMax)
    const fitting = end === -1 ? waiting.length : Math.max(end, 1)
    return waiting.splice(0, Math.min(fitting, commitRequestsMax))
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
function prepareWrite(db: Db): (request: AcceptedRequest) => LaneName[] {
  const { sqlite } = db
  const countWebhook = prepareCountWebhook(db)
  const insertRequest = sqlite.prepare(
    'INSERT INTO requests (connection_id, received_at_ms, source, call, caller_ip, body) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const advance = sqlite.prepare<[number, number, string, string], Head>(
    'UPDATE lanes SET head = head + ?, bytes_in = bytes_in + ? WHERE connection_id = ? AND name = ? RETURNING id, head, state',
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
    if (source === 'statsig_webhook') countWebhook(connectionId, receivedAtMs)
    const asleep: LaneName[] = []
    let uncounted = body.length
    for (const [lane, runs] of byLane(request.lanes)) {
      const head = advance.get(total(runs), uncounted, connectionId, lane)
      uncounted = 0
      if (!head) throw new Error(`connection ${connectionId} has no lane ${lane}`)
      let lastSeq = head.head - total(runs)
      for (const { items, count: n, sole } of runs) {
        const firstSeq = lastSeq + 1
        lastSeq += n
        const itemsJson = items === undefined ? null : JSON.stringify(items)
        insertLog.run(head.id, lastSeq, firstSeq, row.lastInsertRowid, itemsJson, sole ? 1 : 0)
      }
      for (const sole of [true, false]) {
        const n = total(runs.filter((run) => run.sole === sole))
        if (n > 0) count.run({ laneId: head.id, minute: minuteOf(receivedAtMs), sole: sole ? 1 : 0, n })
      }
      if (head.state === 'asleep') asleep.push(lane)
    }
    return asleep
  }
}

type Runs = AcceptedRequest['lanes']

const total = (runs: Runs): number => runs.reduce((sum, { count }) => sum + count, 0)

/** A request may have very many runs, of few lanes: their heads and counters move once. */
function byLane(runs: Runs): Map<LaneName, Runs> {
  const lanes = new Map<LaneName, Runs>()
  for (const run of runs) {
    if (run.count === 0) continue
    const ofLane = lanes.get(run.lane)
    if (ofLane) ofLane.push(run)
    else lanes.set(run.lane, [run])
  }
  return lanes
}
