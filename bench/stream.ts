// `npx tsx bench/stream.ts`: what 50 idle readers of the live stream cost ingest. Rounds with and without alternate.
import { mkdtempSync, rmSync } from 'node:fs'
import { request, type ClientRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load, start, stopAll, until } from './processes.ts'

const [port, readers, rounds] = [24_981, 50, Number(process.env['BENCH_ROUNDS'] ?? 5)]
const seconds = Number(process.env['BENCH_SECONDS'] ?? 4)
const dataDir = mkdtempSync(join(tmpdir(), 'causeway-bench-'))
const apiKey = 'bench-key-bench-key-bench-key'
const url = `http://127.0.0.1:${port}`
const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }

/** Resolves when the stream has begun. */
const openStream = (id: string): Promise<ClientRequest> =>
  new Promise((resolve, reject) => {
    const sent = request(`${url}/api/v1/connections/${id}/stream`, { headers, agent: false }, (answer) => {
      answer.on('error', () => undefined).resume()
      answer.once('data', () => resolve(sent))
    })
    sent.on('error', reject).end()
  })

try {
  start('bin/api.ts', [], {
    ...{ DATA_DIR: dataDir, PORT: String(port), CAUSEWAY_VENDORS: 'sandbox', CAUSEWAY_API_KEY: apiKey },
    ...{ CAUSEWAY_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'), LOG_LEVEL: 'warn' },
  })
  await until(async () => (await fetch(`${url}/healthz`)).ok)
  const made = await fetch(`${url}/api/v1/connections`, {
    ...{ method: 'POST', headers },
    body: JSON.stringify({ name: 'bench', setup: 'manual', writeKey: 'bench' }),
  })
  const { id } = (await made.json()) as { id: string }
  await load(`${url}/v1/batch`, { seconds: 2 })
  const [alone, beside]: [number[], number[]] = [[], []]
  const measureAlone = async () => alone.push((await load(`${url}/v1/batch`, { seconds })).eventsPerSecond)
  const measureBeside = async () => {
    const streams = await Promise.all(Array.from({ length: readers }, () => openStream(id)))
    beside.push((await load(`${url}/v1/batch`, { seconds })).eventsPerSecond)
    for (const stream of streams) stream.on('error', () => undefined).destroy()
  }
  // The order changes too, since the database grows.
  for (let round = 0; round < rounds; round += 1)
    for (const measure of round % 2 === 0 ? [measureAlone, measureBeside] : [measureBeside, measureAlone])
      await measure()
  const median = (values: number[]): number =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  const change = median(beside.map((value, index) => value / (alone[index] ?? value))) - 1
  console.log({ alone, beside })
  console.log(
    `${readers} idle readers change accepted events/s by ${(change * 100).toFixed(1)} % (median of ${rounds} pairs)`,
  )
} finally {
  await stopAll()
  rmSync(dataDir, { recursive: true, force: true })
}
process.exit(0)
