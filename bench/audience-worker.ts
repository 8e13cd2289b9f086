// `node --import tsx bench/audience-worker.ts [members]`: one audience through the real processes. Its members are loaded
// over HTTP, a hundredth changes by Engage's messages, all are sent again, and the list is compared. What is told is the
// memory of the worker and of the api, as the kernel counts it, and how long each run took by its own record.
import { leastCalls } from '../core/audiences/limits.ts'
import { audienceMessage } from '../test/support/audiences.ts'
import { residentMb, until } from './processes.ts'
import { openStack } from './stack.ts'

const [size = '1000000'] = process.argv.slice(2)
const members = Number(size)
const churn = members / 200
const stack = openStack(45_810)
const { url, sandboxUrl, apiKey, call } = stack

interface Audience {
  state: string
  counts: Record<'desired' | 'applied' | 'adding' | 'removing', number>
  requestedMode: string | null
  lastRun: { mode: string; status: string; calls: number; startedAt: string; endedAt: string } | null
}

/** As random as real ids are. */
const idOf = (n: number) => `user-${(Math.imul(n, 2_654_435_761) >>> 0).toString(36)}-${n}`

/** A body that is made as it is read. */
function csv(): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      const lines = Array.from({ length: Math.min(10_000, members - at) }, (_, index) => idOf(at + index))
      at += lines.length
      if (lines.length === 0) controller.close()
      else controller.enqueue(Buffer.from(`${lines.join('\n')}\n`))
    },
  })
}

async function deliver(writeKey: string, from: number, isMember: boolean): Promise<void> {
  for (let at = from; at < from + churn; at += 500) {
    const batch = Array.from({ length: Math.min(500, from + churn - at) }, (_, index) =>
      audienceMessage(idOf(at + index), isMember, Date.now()),
    )
    const answer = await fetch(`${url}/v1/batch`, {
      method: 'POST',
      body: JSON.stringify({ writeKey, batch }),
    })
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  }
}

async function measure(): Promise<void> {
  const api = stack.run('api')
  const worker = stack.run('worker')
  await stack.answers(url)
  const peaks = { worker: 0, api: 0 }
  const sampling = setInterval(() => {
    peaks.worker = Math.max(peaks.worker, residentMb(worker))
    peaks.api = Math.max(peaks.api, residentMb(api))
  }, 100)
  const connection = await call<{ id: string; writeKey: string }>('POST', '/connections', {
    ...{ name: 'Bench', statsig: { serverKey: 'secret-bench', consoleKey: 'console-bench' } },
  })
  const at = `/connections/${connection.id}/audiences/vip`
  const read = () => call<Audience>('GET', at)
  const told = (what: string, rest: string) => {
    console.log(`${what}: ${rest} · peak worker ${peaks.worker} MB, api ${peaks.api} MB`)
    Object.assign(peaks, { worker: residentMb(worker), api: residentMb(api) })
  }
  const ended = async (what: string, least: number, mode: string, sinceMs: number) => {
    await until(async () => {
      const { state, lastRun, counts, requestedMode } = await read()
      const isRun = lastRun?.mode === mode && Date.parse(lastRun.endedAt) >= sinceMs
      return isRun && state === 'idle' && counts.adding + counts.removing === 0 && requestedMode === null
    }, 500)
    const { lastRun } = await read()
    if (!lastRun) throw new Error('no run')
    const seconds = (Date.parse(lastRun.endedAt) - Date.parse(lastRun.startedAt)) / 1_000
    told(what, `${seconds.toFixed(1)} s · ${lastRun.calls} calls (least ${least}) · ${lastRun.status}`)
  }
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  told('idle', 'before the first member')
  const startedMs = performance.now()
  const loaded = await fetch(`${url}/api/v1${at}/members`, {
    ...{ method: 'POST', body: csv(), duplex: 'half' },
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'text/csv' },
  })
  const loadedSeconds = (performance.now() - startedMs) / 1_000
  told('load over HTTP', `${loadedSeconds.toFixed(1)} s · ${await loaded.text()}`)
  await ended('first load', leastCalls(members, 0), 'changes', 0)
  const churnedMs = Date.now()
  await deliver(connection.writeKey, members, true)
  await deliver(connection.writeKey, 0, false)
  await until(async () => (await read()).counts.applied === members)
  await ended('1 % churn', leastCalls(churn, churn), 'changes', churnedMs)
  for (const mode of ['full', 'reconcile'] as const) {
    const askedMs = Date.now()
    await call('POST', `${at}/sync`, { mode })
    await ended(mode, mode === 'full' ? leastCalls(members, 0) : 0, mode, askedMs)
  }
  clearInterval(sampling)
  const list = (await (await fetch(`${sandboxUrl}/_sandbox/statsig/id_lists/vip`)).json()) as {
    ids: string[]
  }
  const wanted = new Set(Array.from({ length: members }, (_, index) => idOf(index + churn)))
  const isEqual = list.ids.length === wanted.size && list.ids.every((id) => wanted.has(id))
  console.log(`list ${list.ids.length}: ${isEqual ? 'equal' : 'DIFFERENT'}`)
  if (!isEqual) process.exitCode = 1
}

try {
  await stack.runTemporal()
  stack.run('sandbox')
  await stack.answers(sandboxUrl)
  await measure()
} finally {
  await stack.close()
}
