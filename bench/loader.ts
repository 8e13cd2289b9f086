// A load process: `loader.ts <url> <seconds> <connections> <writeKey> [requestsMax]`. Prints one JSON line of figures.
import { Agent, request } from 'node:http'
import { eventsPerRequest, makeBatch } from './messages.ts'

const [url = '', seconds = '5', connections = '8', writeKey = 'bench', requestsMax = 'Infinity'] =
  process.argv.slice(2)
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) })
const endMs = Date.now() + Number(seconds) * 1_000
const latencies: number[] = []
let [requests, failed, bytes] = [0, 0, 0]

function post(): Promise<void> {
  const body = makeBatch(writeKey, Date.now())
  bytes += body.length
  const startedAt = performance.now()
  return new Promise((resolve) => {
    const sent = request(
      url,
      {
        agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (answer) => {
        answer.resume()
        answer.on('end', () => {
          if (answer.statusCode !== 200) failed += 1
          latencies.push(performance.now() - startedAt)
          resolve()
        })
      },
    )
    sent.on('error', () => {
      failed += 1
      resolve()
    })
    sent.end(body)
  })
}

async function connection(): Promise<void> {
  while (Date.now() < endMs && requests < Number(requestsMax)) {
    requests += 1
    await post()
  }
}

const startedAt = performance.now()
await Promise.all(Array.from({ length: Number(connections) }, connection))
const tookSeconds = (performance.now() - startedAt) / 1_000
latencies.sort((a, b) => a - b)
const at = (share: number): number =>
  Math.round((latencies[Math.floor(latencies.length * share)] ?? 0) * 10) / 10
const figures = {
  eventsPerSecond: Math.round((requests * eventsPerRequest) / tookSeconds),
  events: requests * eventsPerRequest,
  bytesPerEvent: Math.round(bytes / requests / eventsPerRequest),
  failed,
  p50Ms: at(0.5),
  p99Ms: at(0.99),
}
console.log(JSON.stringify(figures))
process.exit(0)
