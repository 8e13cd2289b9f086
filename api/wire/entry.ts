/** The shapes of an entry and its story in the control plane. */
import { z } from '@hono/zod-openapi'
import type { Attempt as StoredAttempt, Entry as StoredEntry } from '../../core/ports.ts'
import { redact } from '../../core/redact.ts'
import { iso } from './connection.ts'

export const Entry = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    lane: z.string(),
    source: z.string().optional().openapi({
      description:
        'The door that it came through (`tracking`, `webhook`, `statsig_webhook`, `statsig_sdk`), or `replay:<id>` where a replay read it from an archive.',
    }),
    messageId: z.string().optional(),
    outcome: z.enum(['pending', 'delivered', 'filtered', 'skipped', 'rejected']),
    reason: z.string().optional(),
    path: z.string().optional(),
    detail: z.string().optional(),
    type: z.string().optional(),
    event: z.string().optional(),
    userId: z.string().optional(),
    receivedAt: z.string(),
    endedAt: z.string().optional(),
    settingsVersion: z.number().int().optional(),
  })
  .openapi('Entry')
export type Entry = z.infer<typeof Entry>

export const Attempt = z
  .object({
    at: z.string(),
    durationMs: z.number(),
    /** Events in the request; this message was one of them. */
    entries: z.number().int(),
    status: z.number().int().optional(),
    code: z.string(),
    answer: z.string().optional(),
    settingsVersion: z.number().int(),
  })
  .openapi('Attempt')
export type Attempt = z.infer<typeof Attempt>

const Warning = z.object({ code: z.string(), path: z.string(), message: z.string() })

export const EntryStory = Entry.extend({
  received: z.unknown().optional(),
  mapped: z.unknown().optional(),
  warnings: z.array(Warning),
  attempts: z.array(Attempt),
  related: z.array(z.string()),
}).openapi('EntryStory')
export type EntryStory = z.infer<typeof EntryStory>

/** Fields that are not known are left out, so that JSON says nothing where we know nothing. */
function known<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}

/** The schema picks the fields: what a story has besides stays inside. What looks like a secret is cut out. */
export function entryToWire({ receivedAtMs, endedAtMs, ...entry }: StoredEntry): Entry {
  const endedAt = endedAtMs === undefined ? undefined : iso(endedAtMs)
  return redact(Entry.parse(known({ ...entry, receivedAt: iso(receivedAtMs), endedAt }))) as Entry
}

export function attemptToWire({ atMs, ...attempt }: StoredAttempt): Attempt {
  return Attempt.parse(known({ ...attempt, at: iso(atMs) }))
}
