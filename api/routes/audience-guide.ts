/**
 * GET /connections/:id/audience-guide: what to set in a Segment Engage space so that its audiences come here, word by
 * word; proved by the first audience message.
 */
import { createRoute, z, type OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDeps } from '../deps.ts'
import { answers, ConnectionPath } from '../openapi.ts'
import { audienceDoor } from './post-audience-handshake.ts'
import { loadConnection } from './read-connections.ts'

const Guide = z
  .object({
    webhookUrl: z.string().openapi({ description: 'Where membership messages go, signed or with a key.' }),
    sharedSecret: z.enum(['set', 'missing']),
    authorization: z
      .string()
      .openapi({ description: 'The header that goes with every message where nothing is signed.' }),
    webhookAudiences: z.object({ createAudienceUrl: z.string(), getAudienceUrl: z.string() }),
    webhooksActions: z.object({
      trigger: z.string(),
      method: z.string(),
      url: z.string(),
      headers: z.record(z.string(), z.string()),
      data: z.string(),
    }),
    steps: z.array(z.string()),
    proof: z.object({ seen: z.boolean(), audiences: z.array(z.string()) }),
  })
  .openapi('AudienceGuide')

const route = createRoute({
  method: 'get',
  path: '/connections/{id}/audience-guide',
  summary: 'What to paste into a Segment Engage space',
  request: { params: ConnectionPath },
  responses: answers(200, Guide, 'Exact values, and whether a first audience message has come.', [404]),
})

export function registerAudienceGuide(app: OpenAPIHono, deps: ApiDeps): void {
  app.openapi(route, async (c) => {
    const { id, keys, writeKey } = await loadConnection(deps, c.req.valid('param').id)
    const webhookUrl = `${deps.config.publicUrl}/webhooks/segment/${id}`
    const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`
    const isSigned = keys.includes('segment.sharedSecret')
    const seen = (await deps.store.audiences.list(id, { limit: 100 })).filter(
      ({ computationId }) => computationId !== undefined,
    )
    const guide: z.infer<typeof Guide> = {
      webhookUrl,
      sharedSecret: isSigned ? 'set' : 'missing',
      authorization,
      webhookAudiences: {
        createAudienceUrl: await audienceDoor(deps, id, 'create'),
        getAudienceUrl: await audienceDoor(deps, id, 'get'),
      },
      webhooksActions: {
        trigger: 'type = "identify" or type = "track"',
        ...{ method: 'POST', url: webhookUrl },
        headers: isSigned ? {} : { Authorization: authorization },
        data: '$.',
      },
      steps: stepsFor(isSigned),
      proof: { seen: seen.length > 0, audiences: seen.map(({ key }) => key) },
    }
    return c.json(guide, 200)
  })
}

const stepsFor = (isSigned: boolean): string[] => [
  'An Engage space needs a destination of its own: one that is linked to a source cannot be linked to a space.',
  'With Webhook Audiences: add the destination to the space, paste createAudienceUrl and getAudienceUrl as they are (they hold a secret), and the webhookUrl in its mapping. Creating an audience then makes the list at Statsig.',
  'Without it: add Webhooks (Actions) to the space, one mapping with the trigger, method, URL and data of webhooksActions. Never select messages by their event name, which can be changed in Engage.',
  isSigned
    ? 'Paste the shared secret of this connection into the destination: it signs every message.'
    : 'No shared secret is set: send the Authorization header with every message, or set segment.sharedSecret here and in the destination.',
  'Connect the audience to the destination, switch "Send Identify" or "Send Track" on, and "Include historical data" for the members that it has now.',
  'The first audience message proves it: proof.seen turns true, and the audience is listed.',
]
