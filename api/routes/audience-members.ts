/** GET and POST /connections/:id/audiences/:key/members: who is in, out, on the way, refused; and a load of many. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { csvReader, ndjsonReader, type MemberReader } from '../../core/audiences/member-lines.ts'
import { BridgeError } from '../../core/errors.ts'
import type { Audience, MemberState } from '../../core/ports.ts'
import type { ApiDeps } from '../deps.ts'
import { loadMembers } from '../member-load.ts'
import { answers } from '../openapi.ts'
import { textLines } from '../text-lines.ts'
import { Member, memberStates, memberToWire } from '../wire/audience.ts'
import { iso } from '../wire/connection.ts'
import { pageOf, PageQuery } from '../wire/page.ts'
import { AudiencePath, loadAudience } from './audiences.ts'
import { loadConnection } from './read-connections.ts'

const Query = PageQuery.extend({
  state: z.enum(memberStates).optional(),
  id: z.string().min(1).max(1_000).optional(),
})
const listRoute = createRoute({
  method: 'get',
  path: '/connections/{id}/audiences/{key}/members',
  summary: 'List members by id',
  description:
    '`adding` and `removing` are on their way, `failed` were refused by Statsig and are tried again, `set_aside` are messages whose id cannot stand in a list. A page looks at a bounded number of members and may be short: follow `nextCursor`.',
  request: { params: AudiencePath, query: Query },
  responses: answers(200, pageOf(Member), 'A page of members.', [404, 422]),
})

const text = { schema: z.string() }
const Loaded = z
  .object({
    received: z.int(),
    taken: z.int(),
    stale: z.int(),
    setAside: z.int(),
    replaced: z.boolean(),
    expelled: z.int(),
    faults: z.array(z.object({ line: z.int(), code: z.string() })),
  })
  .openapi('LoadedMembers')
const loadRoute = createRoute({
  method: 'post',
  path: '/connections/{id}/audiences/{key}/members',
  summary: 'Load members, as NDJSON or CSV of any length',
  description:
    'NDJSON: `"u1"` or `{"id":"u1","member":false,"timestamp":"…"}` a line. CSV: a column of ids, or a head with `id`, `member`, `timestamp`. Without `member` an id is in; without a time it is said now. `replace=true`: whoever is not named goes out, once the whole body has come, all of its lines could be read and it named somebody; `replaced` says whether. Removals wait for approval like any other.',
  request: {
    params: AudiencePath,
    query: z.object({ replace: z.enum(['true', 'false']).default('false') }),
    body: { content: { 'application/x-ndjson': text, 'text/csv': text } },
  },
  responses: answers(200, Loaded, 'What became of the lines.', [400, 404, 422]),
})

export function registerAudienceMembers(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(listRoute, async (c) => {
    const { audience } = await loadAudience(deps, c.req.valid('param'))
    const { state, id, limit, cursor } = c.req.valid('query')
    if (state === 'set_aside') return c.json(await setAside(deps, audience, limit, cursor), 200)
    const query = {
      limit,
      ...(state === undefined ? {} : { state: state satisfies MemberState }),
      ...(id === undefined ? {} : { id: id.trim() }),
      ...(cursor === undefined ? {} : { after: Buffer.from(cursor, 'base64url').toString() }),
    }
    const { rows, next } = await deps.store.audiences.members(audience, query)
    const nextCursor = next === undefined ? null : Buffer.from(next).toString('base64url')
    return c.json({ data: rows.map(memberToWire), nextCursor }, 200)
  })
  app.openapi(loadRoute, async (c) => {
    const { id, key } = c.req.valid('param')
    await loadConnection(deps, id)
    const read = readerOf(c)
    const audience = await deps.store.audiences.ensure(id, key, deps.clock.nowMs())
    const replace = c.req.valid('query').replace === 'true'
    try {
      return c.json(await loadMembers(deps, { audience, lines: textLines(c), read, replace }), 200)
    } finally {
      // Also when the body broke off: what came is in the ledger.
      await deps.audienceSyncs.changed(id, key).catch(() => undefined)
    }
  })
}

function readerOf(c: Context): MemberReader {
  const type = c.req.header('content-type') ?? ''
  if (/^(text|application)\/csv\b/i.test(type)) return csvReader()
  if (/^application\/(x-)?(ndjson|jsonl|json-lines)\b/i.test(type)) return ndjsonReader()
  throw new BridgeError('not_json', 'Send `Content-Type: application/x-ndjson` or `text/csv`.')
}

async function setAside({ store }: ApiDeps, audience: Audience, limit: number, cursor: string | undefined) {
  const before = Number(cursor)
  const page = { limit, ...(Number.isSafeInteger(before) && before > 0 ? { before } : {}) }
  const found = await store.audiences.setAside(audience, page)
  const data = found.map(({ id, code, atMs }) => ({
    ...{ id: id ?? null, state: 'set_aside' as const, desired: false, applied: false },
    ...{ at: iso(atMs), error: code },
  }))
  const last = found.at(-1)
  return { data, nextCursor: found.length === limit && last ? String(last.n) : null }
}
