// The sandbox process: HOST and SANDBOX_PORT from the environment, one line when it listens, gone on a signal.
import { serveSandbox } from '../sandbox/serve.ts'
import { readConfig } from './load-config.ts'
import { onProcessEnd } from './process-life.ts'

const { host, sandboxPort } = readConfig({ vendorsByDefault: 'sandbox' })
await run(host, sandboxPort)

async function run(host: string, port: number): Promise<void> {
  try {
    const { origin, close } = await serveSandbox({ host, port, nowMs: Date.now })
    console.log(
      `sandbox: stands in for Segment and Statsig on ${origin} (what arrived: ${origin}/_sandbox/statsig/events and /_sandbox/segment/messages)`,
    )
    onProcessEnd(close).ready()
  } catch (error) {
    console.error(`sandbox: ${adviceFor(error as NodeJS.ErrnoException, host, port)}`)
    process.exitCode = 1
  }
}

function adviceFor({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is taken. Stop the program that holds it, or set SANDBOX_PORT to a free port.`
    case 'EACCES':
      return `port ${port} needs more rights than we have. Set SANDBOX_PORT to a port above 1023.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST=${host} is not an address of this machine. Set HOST to one that is, such as 127.0.0.1.`
    default:
      return message
  }
}
