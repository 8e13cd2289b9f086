// The sandbox on a port.
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { createSandbox, type SandboxDeps } from './app.ts'

export interface ListenOptions extends SandboxDeps {
  host?: string
  /** 0 takes any free port. */
  port: number
}

export interface RunningSandbox {
  origin: string
  /** Stops listening and cuts what is open. */
  close: () => Promise<void>
}

/** Listens, and resolves when it does; rejects with Node's error, such as EADDRINUSE. */
export async function serveSandbox({
  host = '127.0.0.1',
  port,
  ...deps
}: ListenOptions): Promise<RunningSandbox> {
  const { app, stop } = createSandbox(deps)
  const server = createAdaptorServer({ fetch: app.fetch })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { address, port: actualPort } = server.address() as AddressInfo
  const close = () =>
    new Promise<void>((resolve) => {
      stop()
      server.close(() => resolve())
      if ('closeAllConnections' in server) server.closeAllConnections()
    })
  return { origin: `http://${address.includes(':') ? `[${address}]` : address}:${actualPort}`, close }
}
