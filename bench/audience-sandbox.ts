// The sandbox as a process of its own for bench/audiences.ts: port and `limits` or `no-limits` as arguments.
import { serveSandbox } from '../sandbox/serve.ts'

const [port = '0', limits = 'limits'] = process.argv.slice(2)
await serveSandbox({ port: Number(port), nowMs: Date.now, withLimits: limits === 'limits' })
