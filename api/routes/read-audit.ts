/** GET /audit: every change with who made it, newest first. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { roles } from '../../core/access.ts'
import type { AuditEntry as StoredEntry } from '../../core/ports.ts'
import type { ApiDeps } from '../deps.ts'
import { InvalidRequest } from '../on-error.ts'
import { answers } from '../openapi.ts'
import { iso } from '../wire/connection.ts'
import { pageOf, PageQuery } from '../wire/page.ts'

const AuditEntry = z
  .object({
    id: z.string(),
    at: z.string(),
    actor: z.object({
      kind: z.enum(['key', 'system']),
      id: z.string().optional(),
      name: z.string(),
      role: z.enum(roles).optional(),
    }),
    action: z.string().openapi({ description: 'The route, or what a workflow did.' }),
    target: z.object({ kind: z.string(), id: z.string().optional() }),
    before: z.unknown().optional(),
    after: z.unknown().optional(),
    status: z.int().nullable().openapi({
      description: 'What the caller was answered; null: a workflow’s change, or one whose end is not known.',
    }),
  })
  .openapi('AuditEntry')

const route = createRoute({
  method: 'get',
  path: '/audit',
  summary: 'List the changes, newest first',
  description: 'Secrets are in none of them: only that one was set or removed. The newest 100,000 are kept.',
  request: { query: PageQuery.extend({ target: z.string().max(300).optional() }) },
  responses: answers(200, pageOf(AuditEntry), 'A page of changes.', [422]),
})

export function registerReadAudit(app: OpenAPIHono, { store }: ApiDeps): void {
  app.openapi(route, async (c) => {
    const { limit, cursor, target } = c.req.valid('query')
    const before = cursor === undefined ? undefined : Number(/^aud_(\d{1,15})$/.exec(cursor)?.[1])
    if (Number.isNaN(before))
      throw new InvalidRequest([{ path: ['cursor'], message: 'is not a place in this list' }])
    const found = await store.access.auditPage({
      limit: limit + 1,
      ...(before === undefined ? {} : { before }),
      ...(target === undefined ? {} : { targetId: target }),
    })
    const data = found.slice(0, limit).map(toWire)
    return c.json({ data, nextCursor: found.length > limit ? (data.at(-1)?.id ?? null) : null }, 200)
  })
}

function toWire({
  n,
  atMs,
  actor,
  target,
  before,
  after,
  ...entry
}: StoredEntry): z.infer<typeof AuditEntry> {
  return {
    ...{ id: `aud_${n}`, at: iso(atMs), actor, action: entry.action },
    target: { kind: target.kind, ...(target.id === undefined ? {} : { id: target.id }) },
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    status: entry.status ?? null,
  }
}
