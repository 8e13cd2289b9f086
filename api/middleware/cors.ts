/** CORS of ingest: any page may send, with any header (fetch.spec.whatwg.org/#http-cors-protocol). */
import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'

const exposed = 'Retry-After'

export function openToPages(): MiddlewareHandler {
  const preflight = cors({ origin: '*', allowMethods: ['POST', 'OPTIONS'], maxAge: 86_400 })
  return async (c, next) => {
    if (c.req.method === 'OPTIONS') return preflight(c, next)
    await next()
    // Hono's own sets these before there is an answer. That makes two whole `Response`s of each and reads the answer's
    // body through a stream: an eighth of the door's time.
    c.res.headers.set('Access-Control-Allow-Origin', '*')
    c.res.headers.set('Access-Control-Expose-Headers', exposed)
    return undefined
  }
}
