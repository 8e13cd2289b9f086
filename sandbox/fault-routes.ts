// /_sandbox/faults: set, list and lift faults.
import { Hono } from 'hono'
import { Fault, type Faults } from './faults.ts'
import type { SandboxEnv } from './connection.ts'

/** POST adds one fault, GET lists those in force, DELETE lifts them all. */
export function faultRoutes(faults: Faults): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>()
  routes.post('/', async (c) => {
    const json: unknown = await c.req.json().catch(() => undefined)
    const parsed = Fault.safeParse(json)
    if (!parsed.success) {
      const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
      return c.json({ message: 'Not a fault.', issues }, 400)
    }
    faults.add(parsed.data)
    return c.body(null, 204)
  })
  routes.get('/', (c) => c.json(faults.list))
  routes.delete('/', (c) => {
    faults.clear()
    return c.body(null, 204)
  })
  return routes
}
