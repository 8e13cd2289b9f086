// `node --import tsx bench/outbound.ts [events] [round…]`: the way back by the real processes, from an SDK's request to
// the sandbox's Segment. Rounds: `live`, `kill` (the worker is killed on the way), `export` (all of it again by force, the
// bulk worker killed). Counts what arrived and in how many requests; fails where a number is not what it must be.
import { cpus } from 'node:os'
import { segmentLimits } from '../core/statsig-to-segment/limits.ts'
import { residentMb, until } from './processes.ts'
import { openStack } from './stack.ts'

const [first = '200000', ...named] = process.argv.slice(2)
const events = Number(first)
const rounds = named.length > 0 ? named : ['live', 'kill', 'export']
const stack = openStack(Number(process.env['BENCH_PORT'] ?? 44_100))
const { url, sandboxUrl, call } = stack
const perRequest = 500
const rows: string[][] = []

const sandbox = async <T>(path: string): Promise<T> =>
  (await fetch(`${sandboxUrl}/_sandbox${path}`)).json() as T

interface Totals {
  accepted: number
  delivered: number
  pending: number
}
const totalsOf = async (id: string): Promise<Totals> =>
  (await call<{ outbound: { totals: Totals } }>('GET', `/connections/${id}/stats`)).outbound.totals

/** Logs the crowd as an SDK would, eight requests at a time. */
async function logCrowd(serverKey: string): Promise<void> {
  let next = 0
  const sender = async () => {
    for (let from = next; from < events; from = next) {
      next += perRequest
      const crowd = Array.from({ length: Math.min(perRequest, events - from) }, (_, n) => ({
        ...{ eventName: 'Crowd', user: { userID: `c${from + n}` }, time: Date.now(), value: from + n },
        metadata: { sku: `sku-${n}`, shelf: 'top', colour: 'green' },
      }))
      const body = JSON.stringify({ events: crowd })
      const headers = { 'statsig-api-key': serverKey, 'statsig-client-time': String(Date.now()) }
      const answer = await fetch(`${url}/v1/log_event`, { method: 'POST', headers, body })
      if (answer.status !== 202) throw new Error(`log_event answered ${answer.status}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, sender))
}

interface Arrived {
  messages: number
  different: number
  requests: number
  least: number
}

/** What the sandbox's Segment has, and the fewest requests that the limits allow for it. */
async function arrived(): Promise<Arrived> {
  const messages = await sandbox<{ userId: string }[]>('/segment/messages')
  const bytes = messages.reduce((sum, message) => sum + Buffer.byteLength(JSON.stringify(message)) + 1, 0)
  const { batchBytesMax, batchMessagesMax } = segmentLimits
  return {
    messages: messages.length,
    different: new Set(messages.map(({ userId }) => userId)).size,
    requests: (await sandbox<object[]>('/segment/requests')).length,
    least: Math.max(Math.ceil(bytes / batchBytesMax), Math.ceil(messages.length / batchMessagesMax)),
  }
}

function note(round: string, startedMs: number, memoryMb: number, found: Arrived, kills: number): void {
  const seconds = (performance.now() - startedMs) / 1_000
  const again = found.messages - found.different
  const cells = [round, again.toLocaleString('en'), String(found.requests), String(found.least)]
  rows.push([...cells, Math.round(events / seconds).toLocaleString('en'), `${memoryMb} MB`])
  console.log(rows.at(-1)?.join('  ·  '))
  if (found.different !== events) throw new Error(`${found.different} of ${events} arrived`)
  if (again > kills * segmentLimits.batchMessagesMax) throw new Error(`${again} arrived again`)
  if (found.requests > Math.ceil(found.least * 1.02) + kills + 1) throw new Error('too many requests')
}

const forget = () => fetch(`${sandboxUrl}/_sandbox`, { method: 'DELETE' })

async function runLive(round: 'live' | 'kill'): Promise<string> {
  await forget()
  const keys = { statsig: { serverKey: `secret-${round}` }, segment: { writeKey: `wk-${round}` } }
  const { id } = await call<{ id: string }>('POST', '/connections', { name: round, setup: 'manual', ...keys })
  let worker = stack.run('worker')
  await call('PATCH', `/connections/${id}`, { paused: true })
  await logCrowd(keys.statsig.serverKey)
  await call('PATCH', `/connections/${id}`, { paused: false })
  const startedMs = performance.now()
  if (round === 'kill') {
    await until(async () => (await totalsOf(id)).delivered > events / 4, 20)
    worker.kill('SIGKILL')
    worker = stack.run('worker')
  }
  await until(async () => (await totalsOf(id)).delivered === events)
  note(round, startedMs, residentMb(worker), await arrived(), round === 'kill' ? 1 : 0)
  await new Promise((resolve) => worker.once('exit', resolve).kill('SIGTERM'))
  return id
}

/** The window of a crowd again, by force. */
async function runExport(id: string): Promise<void> {
  await forget()
  let bulk = stack.run('bulk-worker')
  const startedMs = performance.now()
  const window = { from: '2020-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' }
  const { id: exportId } = await call<{ id: string }>('POST', `/connections/${id}/exports`, {
    ...window,
    force: true,
  })
  const read = () =>
    call<{ status: string; counts: { delivered: number; done: number; planned: number } }>(
      'GET',
      `/exports/${exportId}`,
    )
  await until(async () => (await read()).counts.delivered > events / 4, 20)
  bulk.kill('SIGKILL')
  bulk = stack.run('bulk-worker')
  await until(async () => (await read()).status === 'completed')
  const { counts } = await read()
  if (counts.delivered !== events || counts.planned !== counts.done) throw new Error(JSON.stringify(counts))
  note('export', startedMs, residentMb(bulk), await arrived(), 1)
}

try {
  stack.run('sandbox')
  await stack.runTemporal()
  stack.run('api')
  await stack.answers(url)
  await stack.answers(sandboxUrl)
  let id: string | undefined
  for (const round of rounds) {
    if (round === 'live' || round === 'kill') id = await runLive(round)
    else if (id !== undefined) await runExport(id)
  }
  const head = ['round', 'arrived again', 'requests', 'least possible', 'events/s', 'resident']
  console.log(`\n| ${head.join(' | ')} |\n|${' --- |'.repeat(head.length)}`)
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
  console.log(
    `\n${events.toLocaleString('en')} events; ${cpus()[0]?.model ?? ''}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
  )
} finally {
  await stack.close()
}
process.exit(0)
