import Database from 'better-sqlite3'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EndedEntry, Lease, Store } from '../../core/ports.ts'
import { defaultSettings } from '../../core/settings.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'

const connectionId = 'con_fold'
let folder: string
let [a, b]: Store[] = []

const open = (): Store => openStore(join(folder, 'causeway.db'), createSecretBox(Buffer.alloc(32, 7)))
const counts = (): { blocks: number; settled: number } => {
  const sqlite = new Database(join(folder, 'causeway.db'))
  const row = sqlite.prepare(
    'SELECT (SELECT count(*) FROM claim_blocks) AS blocks, (SELECT count(*) FROM claims) AS settled',
  )
  const found = row.get() as { blocks: number; settled: number }
  sqlite.close()
  return found
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-fold-'))
  ;[a, b] = [open(), open()]
  await a.connections.create({
    ...{
      id: connectionId,
      name: 'Fold',
      setup: 'manual',
      writeKey: 'fold',
      settings: defaultSettings,
      keys: {},
    },
    nowMs: 0,
  })
})
afterEach(async () => {
  await a?.close()
  await b?.close()
  rmSync(folder, { recursive: true })
})

async function leaseOf(store: Store | undefined, lane: 'events' | 'late'): Promise<Lease> {
  const lease = await store?.lanes.open(connectionId, lane, 0)
  if (!lease || 'held' in lease) throw new Error('held')
  return lease
}

const rejected = (seq: number, messageId: string): EndedEntry => ({
  ...{ seq, sole: true, outcome: 'rejected', reason: 'x', path: undefined, detail: undefined, messageId },
  ...{ type: undefined, event: undefined, userId: undefined },
})

describe('the fold of recent claims', () => {
  it('keeps every claim of two processes, given back ones apart, and leaves few blocks', async () => {
    const total = 1_300
    const events = await leaseOf(a, 'events')
    const late = await leaseOf(b, 'late')
    for (let seq = 1; seq <= total; seq += 1) {
      const [store, lease] = seq % 2 === 0 ? [a, events] : [b, late]
      expect(await store?.lanes.claim(lease, [{ seq, messageId: `m${seq}` }], 0)).toEqual(new Set())
    }
    expect(counts().blocks).toBeLessThan(510)
    expect(counts().settled).toBeGreaterThan(700)
    // The other lane, in the other process, finds all of them held; the lane itself finds its own.
    const all = Array.from({ length: total }, (_, i) => ({ seq: i + 1, messageId: `m${i + 1}` }))
    const odd = new Set(all.map(({ seq }) => seq).filter((seq) => seq % 2 === 1))
    expect(await a?.lanes.claim(events, all, 0)).toEqual(odd)
    const even = new Set(all.map(({ seq }) => seq).filter((seq) => seq % 2 === 0))
    expect(await b?.lanes.claim(late, all, 0)).toEqual(even)
  })

  it('does not bring back a claim that was given back before or while it was folded', async () => {
    const body = Buffer.from('{"batch":[{},{}]}')
    const lanes = [{ lane: 'events' as const, items: undefined, count: 2, sole: true }]
    await a?.inbox.append({
      ...{
        connectionId,
        receivedAtMs: 0,
        source: 'tracking',
        call: 'batch',
        callerIp: undefined,
        body,
        lanes,
      },
    })
    let events = await leaseOf(a, 'events')
    const late = await leaseOf(b, 'late')
    await a?.lanes.claim(events, [{ seq: 1, messageId: 'early' }], 0)
    events =
      (await a?.lanes.commit(events, {
        entries: [rejected(1, 'early')],
        attempts: [],
        settingsVersion: 1,
        nowMs: 0,
      })) ?? events
    await a?.lanes.claim(events, [{ seq: 2, messageId: 'settled' }], 0)
    // Enough blocks for a fold in the other process.
    for (let seq = 10; seq < 600; seq += 1) await b?.lanes.claim(late, [{ seq, messageId: `n${seq}` }], 0)
    await a?.lanes.commit(events, {
      entries: [rejected(2, 'settled')],
      attempts: [],
      settingsVersion: 1,
      nowMs: 0,
    })
    const again = ['early', 'settled'].map((messageId, i) => ({ seq: 1_000 + i, messageId }))
    expect(await b?.lanes.claim(late, again, 0)).toEqual(new Set())
  })

  it('goes on after a start with the blocks that were not folded yet', async () => {
    const events = await leaseOf(a, 'events')
    await a?.lanes.claim(events, [{ seq: 1, messageId: 'kept' }], 0)
    await a?.close()
    a = open()
    const late = await leaseOf(b, 'late')
    expect(await a.lanes.claim(late, [{ seq: 5, messageId: 'kept' }], 0)).toEqual(new Set([5]))
  })
})
