// `npx tsx bench/stream.ts`: what 50 idle readers of the live stream cost ingest, in events a second and in CPU time of the
// api for an event (rounds with and without alternate), and how long after its outcome a message is told on an idle system.
import type { ChildProcess } from 'node:child_process'
import { request, type ClientRequest } from 'node:http'
import { cpuMs, load, until } from './processes.ts'
import { openStack } from './stack.ts'

const [readers, rounds] = [50, Number(process.env['BENCH_ROUNDS'] ?? 9)]
const seconds = Number(process.env['BENCH_SECONDS'] ?? 4)
const stack = openStack(24_981)
const { url, headers, call } = stack

async function connect(name: string): Promise<string> {
  const made = { name, setup: 'manual', writeKey: name, statsig: { serverKey: `secret-${name}` } }
  return (await call<{ id: string }>('POST', '/connections', made)).id
}

/** Resolves when the stream has begun. */
const openStream = (id: string, onText: (text: string) => void = () => undefined): Promise<ClientRequest> =>
  new Promise((resolve, reject) => {
    const sent = request(`${url}/api/v1/connections/${id}/stream`, { headers, agent: false }, (answer) => {
      answer.setEncoding('utf8').on('error', () => undefined)
      answer.on('data', onText).once('data', () => resolve(sent))
    })
    sent.on('error', reject).end()
  })
const openMany = (id: string) => Promise.all(Array.from({ length: readers }, () => openStream(id)))
const closeAll = (streams: ClientRequest[]): void => {
  for (const stream of streams) stream.on('error', () => undefined).destroy()
}
const at = (values: number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

async function readersBesideIngest(api: ChildProcess, id: string): Promise<void> {
  await load(`${url}/v1/batch`, { seconds: 3 })
  interface Round {
    perSecond: number
    cpuUs: number
  }
  const [alone, beside]: [Round[], Round[]] = [[], []]
  const measure = async (): Promise<Round> => {
    const before = cpuMs(api)
    const { eventsPerSecond, events } = await load(`${url}/v1/batch`, { seconds })
    return { perSecond: eventsPerSecond, cpuUs: ((cpuMs(api) - before) / events) * 1_000 }
  }
  const measureBeside = async () => {
    const streams = await openMany(id)
    beside.push(await measure())
    closeAll(streams)
  }
  const measureAlone = async () => alone.push(await measure())
  // The order changes too, since the database grows.
  for (let round = 0; round < rounds; round += 1)
    for (const work of round % 2 === 0 ? [measureAlone, measureBeside] : [measureBeside, measureAlone])
      await work()
  const all = (list: Round[], key: keyof Round) => list.map((round) => round[key])
  for (const key of ['perSecond', 'cpuUs'] as const) {
    const ratios = all(beside, key).map((value, index) => value / (alone[index]?.[key] ?? value))
    const [without, withThem] = [at(all(alone, key), 0.5), at(all(beside, key), 0.5)]
    console.log(
      `${readers} idle readers, ${key}: ${without.toFixed(1)} without, ${withThem.toFixed(1)} with; median of ${rounds} pairs ${((at(ratios, 0.5) - 1) * 100).toFixed(1)} %`,
    )
  }
}

/** From the outcome in the database to the reader, one message at a time. */
async function outcomeToReader(id: string, writeKey: string, n: number): Promise<void> {
  const took: number[] = []
  let text = ''
  const stream = await openStream(id, (chunk) => {
    const arrivedMs = Date.now()
    const blocks = (text + chunk).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1]
      if (data !== undefined)
        took.push(arrivedMs - Date.parse((JSON.parse(data) as { endedAt: string }).endedAt))
    }
  })
  for (let i = 0; i < n; i += 1) {
    const body = JSON.stringify({
      writeKey,
      type: 'track',
      event: 'Told',
      userId: 'u',
      messageId: `${n}-${i}`,
    })
    await fetch(`${url}/v1/track`, { method: 'POST', body })
    await new Promise((resolve) => setTimeout(resolve, 120 + (i % 7) * 13))
  }
  await until(async () => took.length >= n, 50, 60_000)
  closeAll([stream])
  console.log(
    `outcome to reader, ${n} messages: p50 ${at(took, 0.5)} ms, p99 ${at(took, 0.99)} ms, most ${Math.max(...took)} ms`,
  )
}

try {
  const api = stack.run('api')
  await stack.answers(url)
  await readersBesideIngest(api, await connect('bench'))

  await stack.runTemporal()
  stack.run('sandbox')
  await stack.answers(stack.sandboxUrl)
  // The backlog of the first part would be drained beside it.
  for (const { id } of (await call<{ data: { id: string }[] }>('GET', '/connections')).data)
    await call('PATCH', `/connections/${id}`, { paused: true })
  stack.run('worker')
  const id = await connect('idle')
  await outcomeToReader(id, 'idle', 20)
  await outcomeToReader(id, 'idle', 100)
  const streams = await openMany(id)
  console.log(`beside ${readers} other readers:`)
  await outcomeToReader(id, 'idle', 100)
  closeAll(streams)
} finally {
  await stack.close()
}
process.exit(0)
