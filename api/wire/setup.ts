/** The shape of a set-up in the control plane. */
import { z } from '@hono/zod-openapi'
import { connectWorkflowId } from '../../core/ids.ts'
import type { Connection, Setup as StoredSetup } from '../../core/ports.ts'
import { proofEvent, setupSteps } from '../../core/setup.ts'
import type { ApiDeps } from '../deps.ts'
import { iso } from './connection.ts'

export const Setup = z
  .object({
    id: z.string(),
    kind: z.enum(['manual', 'oauth', 'token']),
    step: z.enum(setupSteps),
    authorizeUrl: z
      .string()
      .optional()
      .openapi({ description: 'Where a person allows it, while that is waited for.' }),
    expiresAt: z.string().optional(),
    choices: z
      .array(
        z.object({
          workspaceId: z.string(),
          name: z.string(),
          sources: z.array(z.object({ id: z.string(), name: z.string(), slug: z.string() })),
        }),
      )
      .optional(),
    missing: z
      .array(z.object({ what: z.string(), says: z.string() }))
      .optional()
      .openapi({ description: 'What a manual set-up still waits for.' }),
    values: z
      .array(z.object({ field: z.string(), value: z.string(), says: z.string() }))
      .optional()
      .openapi({ description: 'What to paste at Segment, in a manual set-up.' }),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    workflowId: z.string(),
    temporalUrl: z.string(),
    createdAt: z.string(),
    endedAt: z.string().optional(),
  })
  .openapi('Setup')
export type Setup = z.infer<typeof Setup>

export async function setupToWire(deps: ApiDeps, setup: StoredSetup): Promise<Setup> {
  const { id, kind, step, choices, missing, expiresAtMs, error, endedAtMs } = setup
  const authorizeUrl = await deps.store.setups.authorizeUrl(id)
  const connection = kind === 'manual' ? await deps.store.connections.get(setup.connectionId) : undefined
  const workflowId = connectWorkflowId(setup.connectionId)
  const { url, namespace } = deps.config.temporalUi
  return {
    ...{ id, kind, step },
    ...(authorizeUrl === undefined ? {} : { authorizeUrl }),
    ...(expiresAtMs === undefined ? {} : { expiresAt: iso(expiresAtMs) }),
    ...(choices === undefined || step === 'sources' ? {} : { choices }),
    ...(missing === undefined ? {} : { missing }),
    ...(connection === undefined ? {} : { values: valuesToPaste(deps, connection) }),
    ...(error === undefined ? {} : { error: { code: error.code, message: error.text } }),
    ...{ workflowId, createdAt: iso(setup.createdAtMs) },
    temporalUrl: `${url}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`,
    ...(endedAtMs === undefined ? {} : { endedAt: iso(endedAtMs) }),
  }
}

/** In the order of the fields in Segment's app. A shared secret is not shown again: whoever set it knows it. */
function valuesToPaste(
  { config }: ApiDeps,
  { id, writeKey, keys }: Connection,
): NonNullable<Setup['values']> {
  const row = (field: string, value: string, says: string) => ({ field, value, says })
  const basic = Buffer.from(`${writeKey}:`).toString('base64')
  return [
    row('Destination', 'Webhooks (Actions)', 'From the catalogue, for the source whose events are to come.'),
    row(
      'Shared Secret',
      keys.includes('segment.sharedSecret') ? 'the one that you set here as segment.sharedSecret' : '',
      'Signs what Segment sends. May stay empty; the header below proves enough.',
    ),
    row('Mapping', 'Send', 'One new mapping with this action, for all event types.'),
    row('URL', `${config.publicUrl}/webhooks/segment/${id}`, ''),
    row('Method', 'POST', ''),
    row(
      'Headers: Authorization',
      `Basic ${basic}`,
      'The write key of this connection, as Basic authorization.',
    ),
    row('Data', '$.', 'The whole event, as it stands there.'),
    row('Enable Batching', 'Yes', 'Batch size 1,000.'),
    row('Event Tester', proofEvent, 'A track event of this name is the proof; it goes no further.'),
  ]
}
