/** Temporal's client for a process that must start, and serve, while Temporal is down. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import type { Config } from '../core/config.ts'
import type { Log } from '../core/ports.ts'

const retryMs = 1_000

export interface TemporalClient {
  client: () => Client | undefined
  close: () => Promise<void>
}

/** Connects when Temporal is there; from then on gRPC reconnects by itself. */
export function connectInBackground(
  { temporalAddress, temporalNamespace }: Config,
  log: Log,
): TemporalClient {
  let client: Client | undefined
  let closed = false
  async function connect(): Promise<void> {
    while (!closed) {
      try {
        const connection = await Connection.connect({ address: temporalAddress, connectTimeout: 2_000 })
        client = new Client({ connection, namespace: temporalNamespace })
        log.info({ event: 'temporal.connected', address: temporalAddress }, 'temporal.connected')
        return
      } catch {
        await sleep(retryMs)
      }
    }
  }
  void connect()
  return {
    client: () => client,
    async close() {
      closed = true
      await client?.connection.close()
    },
  }
}
