/** GET /connections/:id/messages and GET /messages/:id: what came in, what became of it, and each attempt. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { BridgeError } from '../../core/errors.ts'
import { outcomes, type Warning } from '../../core/outcome.ts'
import type { EntryStory as StoredStory, MessageQuery } from '../../core/ports.ts'
import { unknownIdTypes } from '../../core/segment-to-statsig/id-types.ts'
import { mapSegmentMessage, type Mapping } from '../../core/segment-to-statsig/index.ts'
import { shownJson } from '../../core/shown-json.ts'
import { parseBody, receiptOf, unpackStored } from '../../core/stored-request.ts'
import type { ApiDeps } from '../deps.ts'
import { answers, ConnectionPath } from '../openapi.ts'
import { attemptToWire, Entry, EntryStory, entryToWire } from '../wire/entry.ts'
import { pageOf, PageQuery } from '../wire/page.ts'
import { loadConnection } from './read-connections.ts'

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))
const text = z.string().min(1).max(1_024)

const Query = PageQuery.extend({
  lane: z
    .string()
    .regex(/^[a-z]+(:[\w-]+)?$/)
    .optional(),
  outcome: z.enum(outcomes).optional(),
  event: text.optional(),
  userId: text.optional(),
  messageId: text.optional(),
  since: time.optional(),
  until: time.optional(),
})

const listRoute = createRoute({
  method: 'get',
  path: '/connections/{id}/messages',
  summary: 'Search messages, newest first',
  description:
    'A page looks at a bounded part of the store; `cut` says that there may be more further back: follow `nextCursor`.',
  request: { params: ConnectionPath, query: Query },
  responses: answers(200, pageOf(Entry).extend({ cut: z.boolean() }), 'A page of entries.', [404, 422]),
})

const getRoute = createRoute({
  method: 'get',
  path: '/messages/{id}',
  summary: 'Read one message: as received, as mapped with the settings of then, every attempt',
  request: { params: z.object({ id: z.string() }) },
  responses: answers(200, EntryStory, 'The story of the message.', [404]),
})

export function registerReadMessages(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(listRoute, async (c) => {
    const { id } = c.req.valid('param')
    await loadConnection(deps, id)
    const { limit, cursor, since, until, ...query } = c.req.valid('query')
    const wanted = { ...query, sinceMs: since, untilMs: until }
    const page = { limit, ...(cursor === undefined ? {} : { after: cursor }) }
    const found = await deps.store.messages.list(id, definedOnly(wanted), page)
    return c.json(
      { data: found.entries.map(entryToWire), nextCursor: found.next ?? null, cut: found.cut },
      200,
    )
  })
  app.openapi(getRoute, async (c) => {
    const { id } = c.req.valid('param')
    const story = await deps.store.messages.get(id)
    if (!story) throw new BridgeError('not_found', `There is no message ${id}.`)
    return c.json(await storyToWire(deps, story), 200)
  })
}

function definedOnly(query: object): MessageQuery {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))
}

/** Mapped again by the live path's own function, with the settings that the drain used, or today's while it waits. */
async function storyToWire(deps: ApiDeps, story: StoredStory): Promise<EntryStory> {
  const { connections } = deps.store
  const version = story.settingsVersion ?? (await loadConnection(deps, story.connectionId)).settingsVersion
  const settings = await connections.settingsAt(story.connectionId, version)
  const unpacked = story.body && unpackStored(story.row, parseBody(story.body))
  const rest = { attempts: story.attempts.map(attemptToWire), related: story.related }
  if (!unpacked?.ok || !settings) return { ...entryToWire(story), ...rest, warnings: [] }
  const received = unpacked.items[story.item]
  const { seen, verdict } = mapSegmentMessage(received, receiptOf(story.row, unpacked.batch), settings)
  const entry =
    story.outcome === 'pending' ? { ...story, ...seen, messageId: seen.messageId ?? story.messageId } : story
  const mapped = verdict.kind === 'mapped' ? { mapped: verdict.event } : {}
  return {
    ...entryToWire(entry),
    received: shownJson(received),
    ...mapped,
    warnings: [...verdict.warnings, ...(await warnOfIdTypes(deps, story.connectionId, verdict))],
    ...rest,
  }
}

/** What only the project itself knows: whether it has the id types that the event names. */
async function warnOfIdTypes(
  deps: ApiDeps,
  connectionId: string,
  verdict: Mapping['verdict'],
): Promise<Warning[]> {
  if (verdict.kind !== 'mapped' || verdict.event.user.customIDs === undefined) return []
  const known = await deps.idTypes.known(connectionId)
  return known === undefined ? [] : unknownIdTypes(verdict.event, known)
}
