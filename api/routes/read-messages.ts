/** GET /connections/:id/messages and GET /messages/:id: what came in, what became of it, and each attempt. */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import { BridgeError } from '../../core/errors.ts'
import { directionOf, mapForLane } from '../../core/directions.ts'
import { outcomes, type Verdict, type Warning } from '../../core/outcome.ts'
import type { EntryStory as StoredStory, MessageQuery } from '../../core/ports.ts'
import { isObject } from '../../core/own-keys.ts'
import { experimentsFor } from '../../core/project-experiments.ts'
import { redact, redactText } from '../../core/redact.ts'
import { unknownIdTypes } from '../../core/segment-to-statsig/id-types.ts'
import { shownJson } from '../../core/shown-json.ts'
import { receiptOf, unpackForLane } from '../../core/stored-request.ts'
import type { StatsigEvent } from '../../core/statsig.ts'
import type { ApiDeps } from '../deps.ts'
import { answers, ConnectionPath } from '../openapi.ts'
import { attemptToWire, Entry, type Attempt, EntryStory, entryToWire } from '../wire/entry.ts'
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
  const rest = { attempts: story.attempts.map(attemptToWire).map(redactAnswer), related: story.related }
  const unpacked = unpackBody(story)
  if (!unpacked || !settings) return { ...entryToWire(story), ...rest, warnings: [] }
  const received = unpacked.items[story.item]
  const isOut = directionOf(story.lane) === 'outbound'
  const experiments = isOut
    ? await experimentsFor(
        { connections: deps.store.connections, experiments: deps.experiments },
        story.connectionId,
      )
    : undefined
  const receipt = { ...receiptOf(story.row, unpacked.batch), experiments }
  const mapping = mapForLane(story.lane, received, receipt, settings)
  const { seen, verdict } = mapping ?? { seen: {}, verdict: undefined }
  const entry =
    story.outcome === 'pending' ? { ...story, ...seen, messageId: seen.messageId ?? story.messageId } : story
  const mapped = verdict?.kind === 'mapped' ? { mapped: redact(shownJson(verdict.event)) } : {}
  return {
    ...entryToWire(entry),
    received: redact(shownJson(received)),
    ...mapped,
    warnings: [...(verdict?.warnings ?? []), ...(await warnOfIdTypes(deps, story.connectionId, verdict))],
    ...rest,
  }
}

/** A vendor's answer may repeat what it was sent. */
const redactAnswer = (attempt: Attempt): Attempt =>
  attempt.answer === undefined ? attempt : { ...attempt, answer: redactText(attempt.answer) }

/** Undefined where nothing can be told of single messages: the body is gone, or is no JSON of that door's shape. */
function unpackBody({ lane, body, row }: StoredStory) {
  if (!body) return undefined
  try {
    const unpacked = unpackForLane(lane, row, body)
    return unpacked.ok ? unpacked : undefined
  } catch {
    return undefined
  }
}

/** What only the project itself knows: whether it has the id types that the event names. */
async function warnOfIdTypes(
  deps: ApiDeps,
  connectionId: string,
  verdict: Verdict<unknown> | undefined,
): Promise<Warning[]> {
  if (verdict?.kind !== 'mapped' || !isStatsigEvent(verdict.event)) return []
  const known = await deps.idTypes.known(connectionId)
  return known === undefined ? [] : unknownIdTypes(verdict.event, known)
}

/** Only what goes to Statsig has a user with ids of the project's types. */
function isStatsigEvent(event: unknown): event is StatsigEvent {
  const user = isObject(event) ? event.user : undefined
  return isObject(user) && user.customIDs !== undefined
}
