// What of Segment's behaviour a test or a curious developer may turn: GET and PATCH /_sandbox/segment/settings.
// Numbers that Segment does not publish are ours, and small enough to be waited for.
import { Hono } from 'hono'
import { z } from 'zod'
import type { SandboxEnv } from '../connection.ts'

export const Knobs = z.strictObject({
  /** `rotating` gives a new refresh token each time and takes the old one once; `none` is what "Enable with Segment" did. */
  refreshTokens: z.enum(['standard', 'rotating', 'none']).default('standard'),
  /** How long a rotated refresh token is still taken; later it ends its whole grant. */
  refreshGraceSeconds: z.int().min(0).default(0),
  accessTokenSeconds: z.int().min(1).default(3_600),
  codeSeconds: z.int().min(1).default(60),
  /** Requests to the Public API, by token. */
  apiRequestsPerMinute: z.int().min(1).default(600),
  /** How long a batch to a destination waits to be filled. Segment: up to a minute. */
  batchWaitMs: z.int().min(0).default(200),
  /** The first wait after a delivery that failed; it doubles, up to a minute, with jitter. */
  retryBaseMs: z.int().min(1).default(1_000),
  /** A delivery that has failed for so long is dropped for good. Segment: four hours. */
  retryForMs: z
    .int()
    .min(0)
    .default(4 * 3_600_000),
  /** A destination that has not answered by then counts as timed out. */
  deliveryTimeoutMs: z.int().min(1).default(10_000),
})
export type Knobs = z.infer<typeof Knobs>

const initial: Knobs = Knobs.parse({})
const Patch = z.strictObject(
  Object.fromEntries(
    Object.entries(Knobs.shape).map(([name, { def }]) => [name, def.innerType.optional()]),
  ) as unknown as { [K in keyof Knobs]: z.ZodOptional<z.ZodType<Knobs[K]>> },
)

/** The knobs as they stand; one object for all who read them. */
export class KnobBoard {
  knobs: Knobs = initial

  reset(): void {
    this.knobs = initial
  }
}

/** GET shows the knobs, PATCH turns some of them. */
export function knobRoutes(board: KnobBoard): Hono<SandboxEnv> {
  const routes = new Hono<SandboxEnv>()
  routes.get('/', (c) => c.json(board.knobs))
  routes.patch('/', async (c) => {
    const json: unknown = await c.req.json().catch(() => undefined)
    const parsed = Patch.safeParse(json)
    if (!parsed.success) {
      const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
      return c.json({ message: 'Not a change of settings.', issues }, 400)
    }
    board.knobs = { ...board.knobs, ...(parsed.data as Partial<Knobs>) }
    return c.json(board.knobs)
  })
  return routes
}
