// The one thing a stand-in does that HTTP has no word for: cutting the line without an answer.
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

/** Hono's environment in the sandbox; the bindings are absent when a test calls `app.request`. */
export interface SandboxEnv {
  Bindings: Partial<HttpBindings>
}

/** Destroys the caller's socket, so that the client sees a network error and not an answer. */
export function cutConnection(c: Context<SandboxEnv>): Response {
  if (!c.env.incoming) throw new Error('A hangUp fault needs a real connection: start the sandbox on a port.')
  c.env.incoming.socket.destroy()
  return c.body(null)
}
