// What every route of the Public API goes through, in this order: a fault, the token, its rate, its rights.
import type { Context, Handler } from 'hono'
import type { SandboxEnv } from '../../connection.ts'
import { actOut, type Faults } from '../../faults.ts'
import type { KnobBoard } from '../knobs.ts'
import type { Workspace } from '../workspace.ts'
import { accessOf, type Access, type GrantedAccess } from './access.ts'
import { refuse } from './errors.ts'
import { rateLimitHeaders, type RateLimit } from './rate-limit.ts'

export interface PublicApiDeps {
  nowMs: () => number
  newId: () => string
  faults: Faults
  board: KnobBoard
  workspace: Workspace
  granted: GrantedAccess
  rateLimit: RateLimit
  requests: ApiRequest[]
}

/** One request to the Public API, for inspection. */
export interface ApiRequest {
  receivedAtMs: number
  method: string
  path: string
  /** The status answered; null when a fault hung up. */
  status: number | null
}

export type ApiHandler = (c: Context<SandboxEnv>, access: Access) => Response | Promise<Response>

/** Wraps a route. */
export function guarded(deps: PublicApiDeps, handle: ApiHandler): Handler<SandboxEnv> {
  return async (c) => {
    const request: ApiRequest = {
      ...{ receivedAtMs: deps.nowMs(), method: c.req.method, path: c.req.path },
      status: null,
    }
    deps.requests.push(request)
    const fault = deps.faults.take('segment.api', undefined, `${c.req.method} ${c.req.path}`)
    const answer = (fault && (await actOut(fault, c))) ?? (await admit(c, deps, handle))
    if (fault?.hangUp !== true) request.status = answer.status
    return answer
  }
}

async function admit(c: Context<SandboxEnv>, deps: PublicApiDeps, handle: ApiHandler): Promise<Response> {
  const [, token] = /^bearer\s+(\S+)\s*$/i.exec(c.req.header('authorization') ?? '') ?? []
  const access = accessOf(token, deps.granted)
  if (token === undefined || access === undefined)
    return refuse(c, 'unauthenticated', 'The token is not valid.')
  const nowMs = deps.nowMs()
  const { isOver, ...points } = deps.rateLimit.consume(token, deps.board.knobs.apiRequestsPerMinute, nowMs)
  for (const [name, value] of Object.entries(rateLimitHeaders({ ...points, isOver }, nowMs)))
    c.header(name, value)
  if (isOver) return refuse(c, 'rate-limit', 'Too many requests.', { data: points })
  if (c.req.method !== 'GET' && !access.canWrite) {
    return refuse(c, 'forbidden', 'The token may only read.')
  }
  return handle(c, access)
}
