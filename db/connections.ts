/** Connections, their settings by version, their sealed keys. */
import { and, asc, eq, gt, inArray, ne, or, sql } from 'drizzle-orm'
import { BridgeError } from '../core/errors.ts'
import { standingLanes, type LaneName } from '../core/lanes.ts'
import {
  keyKinds,
  type Connection,
  type ConnectionChange,
  type ConnectionStore,
  type KeyKind,
  type LaneState,
} from '../core/ports.ts'
import { ConnectionSettings } from '../core/settings.ts'
import { immediate, type Db } from './client.ts'
import { keyIs, prepareByStatsigKey, prepareHoldsKey } from './key-lookup.ts'
import { laneState, selectLanes } from './lane-state.ts'
import { connectionKeys, connections, lanes, settingsVersions } from './schema.ts'
import { setups } from './schema/setup.ts'
import { hashKey, type SecretBox } from './secret-box.ts'

type Row = typeof connections.$inferSelect

/** Lanes that a new key of a kind sets going again. List sync has the console key to itself. */
const lanesOfKey: Partial<Record<KeyKind, LaneName[]>> = {
  'statsig.serverKey': ['events', 'late', 'forward'],
  'statsig.clientKey': ['forward'],
  'statsig.consoleKey': ['audiences'],
  'segment.writeKey': ['outbound'],
}

export function createConnectionStore(db: Db, box: SecretBox): ConnectionStore {
  // Asked for by each request of ingest.
  const byWriteKey = db.sqlite.prepare<[string], { id: string }>(
    'SELECT id FROM connections WHERE write_key = ?',
  )
  const holdsKey = prepareHoldsKey(db)
  const byStatsigKey = prepareByStatsigKey(db)

  return {
    async create(input) {
      return immediate(db, () => {
        insertConnection(db, input)
        for (const [kind, secret] of Object.entries(input.keys)) {
          putKey(db, box, input.id, kind as KeyKind, secret, input.nowMs)
        }
        return load(db, input.id)
      })
    },
    async get(id) {
      return findConnection(db, id)
    },
    async list({ after, limit }) {
      const afterN = after === undefined ? 0 : (rowOf(db, after)?.n ?? 0)
      const isNext = and(gt(connections.n, afterN), ne(connections.status, 'gone'))
      const rows = db.drizzle.select().from(connections).where(isNext)
      return rows
        .orderBy(asc(connections.n))
        .limit(limit)
        .all()
        .map((row) => assemble(db, row))
    },
    async update(id, change, nowMs) {
      return immediate(db, () => {
        applyChange(db, box, id, typeof change === 'function' ? change(load(db, id)) : change, nowMs)
        return load(db, id)
      })
    },
    async byWriteKey(writeKey) {
      return byWriteKey.get(writeKey)?.id
    },
    async holdsKey(id, candidate) {
      return holdsKey(id, candidate)
    },
    async byStatsigKey(key) {
      return byStatsigKey(key)
    },
    async openKey(id, kind) {
      const row = db.drizzle.select().from(connectionKeys).where(keyIs(id, kind)).get()
      return row && box.open(row.sealed, keyPurpose(id, kind))
    },
    async settingsAt(id, version) {
      return settingsAt(db, id, version)
    },
    async lanes(id): Promise<LaneState[]> {
      return selectLanes(db, id).map(laneState)
    },
  }
}

/** What a key is bound to when it is sealed. */
export const keyPurpose = (id: string, kind: string): string => `${id}/${kind}`
const rowOf = (db: Db, id: string): Row | undefined =>
  db.drizzle.select().from(connections).where(eq(connections.id, id)).get()

export function findConnection(db: Db, id: string): Connection | undefined {
  const row = rowOf(db, id)
  return row && row.status !== 'gone' ? assemble(db, row) : undefined
}

function load(db: Db, id: string): Connection {
  const found = findConnection(db, id)
  if (!found) throw new BridgeError('not_found', `There is no connection ${id}.`)
  return found
}

function assemble(db: Db, row: Row): Connection {
  const { id, name, setup, writeKey, paused, settingsVersion, createdAtMs, updatedAtMs } = row
  const set = db.drizzle
    .select({ kind: connectionKeys.kind })
    .from(connectionKeys)
    .where(eq(connectionKeys.connectionId, id))
    .all()
  return {
    id,
    name,
    setup,
    // What is gone is read by nobody.
    status: row.status === 'gone' ? 'disconnecting' : row.status,
    writeKey,
    paused,
    settings: settingsAt(db, id, settingsVersion) ?? ConnectionSettings.parse({}),
    settingsVersion,
    keys: keyKinds.filter((kind) => set.some((key) => key.kind === kind)),
    createdAtMs,
    updatedAtMs,
  }
}

/** Versions never change, so they are parsed once; the object's identity is what the mapping compiles by. */
const parsedVersions = new WeakMap<Db, Map<string, ConnectionSettings>>()
const parsedVersionsMax = 1_000

/** Settings are parsed when read: an older version gets the defaults of what has been added since. */
function settingsAt(db: Db, id: string, version: number): ConnectionSettings | undefined {
  const parsed = parsedVersions.get(db) ?? new Map<string, ConnectionSettings>()
  parsedVersions.set(db, parsed)
  const known = parsed.get(`${id}@${version}`)
  if (known) return known
  const row = db.drizzle
    .select({ settings: settingsVersions.settings })
    .from(settingsVersions)
    .where(and(eq(settingsVersions.connectionId, id), eq(settingsVersions.version, version)))
    .get()
  if (!row) return undefined
  const settings = ConnectionSettings.parse(row.settings)
  if (parsed.size >= parsedVersionsMax) parsed.clear()
  // What a transaction has not committed yet may still be taken back.
  if (!db.sqlite.inTransaction) parsed.set(`${id}@${version}`, settings)
  return settings
}

function insertConnection(db: Db, input: Parameters<ConnectionStore['create']>[0]): void {
  const { id, name, setup, writeKey, settings, nowMs } = input
  const taken = db.drizzle.select().from(connections).where(eq(connections.writeKey, writeKey)).get()
  if (taken) throw new BridgeError('write_key_in_use', `Connection ${taken.id} has it.`)
  const status = input.keys['statsig.serverKey'] === undefined ? 'new' : 'active'
  const row = {
    id,
    name,
    setup,
    status,
    writeKey,
    settingsVersion: 1,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  } as const
  db.drizzle.insert(connections).values(row).run()
  db.drizzle
    .insert(settingsVersions)
    .values({ connectionId: id, version: 1, settings, createdAtMs: nowMs })
    .run()
  db.drizzle
    .insert(lanes)
    .values(standingLanes.map((lane) => ({ connectionId: id, name: lane })))
    .run()
}

function applyChange(db: Db, box: SecretBox, id: string, change: ConnectionChange, nowMs: number): void {
  const row = rowOf(db, id)
  if (!row) throw new BridgeError('not_found', `There is no connection ${id}.`)
  const set: Partial<Row> = { updatedAtMs: nowMs }
  if (change.name !== undefined) set.name = change.name
  if (change.paused !== undefined) set.paused = change.paused
  if (change.settings !== undefined) {
    const version = row.settingsVersion + 1
    const values = { connectionId: id, version, settings: change.settings, createdAtMs: nowMs }
    db.drizzle.insert(settingsVersions).values(values).run()
    set.settingsVersion = version
  }
  for (const [lane, paused] of Object.entries(change.lanePauses ?? {})) {
    db.drizzle
      .update(lanes)
      .set({ paused })
      .where(and(eq(lanes.connectionId, id), eq(lanes.name, lane)))
      .run()
  }
  db.drizzle.update(connections).set(set).where(eq(connections.id, id)).run()
  for (const [kind, secret] of Object.entries(change.keys ?? {})) {
    putKey(db, box, id, kind as KeyKind, secret, nowMs)
  }
  if (change.retry === true) endAttention(db, id, standingLanes)
  endPauses(db, id)
  refreshStatus(db, id)
}

function putKey(
  db: Db,
  box: SecretBox,
  id: string,
  kind: KeyKind,
  secret: string | null,
  nowMs: number,
): void {
  if (secret === null) {
    db.drizzle.delete(connectionKeys).where(keyIs(id, kind)).run()
    return
  }
  // A webhook's secret is looked up by its connection, and several may have the same.
  const isUnique = kind.startsWith('statsig.') && kind !== 'statsig.webhookSecret'
  const hash = isUnique ? hashKey(secret) : null
  const holder =
    hash === null
      ? undefined
      : db.drizzle.select().from(connectionKeys).where(eq(connectionKeys.hash, hash)).get()
  if (holder && (holder.connectionId !== id || holder.kind !== kind)) {
    throw new BridgeError('key_in_use', `Connection ${holder.connectionId} has this ${holder.kind}.`)
  }
  const values = {
    connectionId: id,
    kind,
    sealed: box.seal(secret, keyPurpose(id, kind)),
    hash,
    updatedAtMs: nowMs,
  }
  db.drizzle
    .insert(connectionKeys)
    .values(values)
    .onConflictDoUpdate({ target: [connectionKeys.connectionId, connectionKeys.kind], set: values })
    .run()
  endAttention(db, id, lanesOfKey[kind] ?? [])
}

/** Lanes that waited for a person sleep, so that a wake finds them. */
function endAttention(db: Db, id: string, names: readonly LaneName[]): void {
  // Lanes of jobs use the key of the standing lane whose handler drains them.
  const jobs = sql`${lanes.id} IN (SELECT lane_id FROM jobs WHERE connection_id = ${id} AND handler IN ${names} AND ended_at_ms IS NULL)`
  const named = or(inArray(lanes.name, names), jobs)
  const held = and(eq(lanes.connectionId, id), named, eq(lanes.state, 'needs_attention'))
  db.drizzle.update(lanes).set({ state: 'asleep', reason: null }).where(held).run()
}

/** A lane that was held by a pause and is held by none now sleeps, so that a wake finds it. */
function endPauses(db: Db, id: string): void {
  const free = sql`NOT ${lanes.paused} AND NOT (SELECT ${connections.paused} FROM ${connections} WHERE ${connections.id} = ${id})`
  const held = and(eq(lanes.connectionId, id), eq(lanes.state, 'paused'), free)
  db.drizzle.update(lanes).set({ state: 'asleep', reason: null }).where(held).run()
}

/** The status follows from the lanes and the keys once nothing is being set up. */
export function refreshStatus(db: Db, id: string): void {
  const row = load(db, id)
  if (row.status === 'connecting' || row.status === 'disconnecting') return
  const needs = selectLanes(db, id).some((lane) => lane.state === 'needs_attention')
  const isSetUp = row.keys.includes('statsig.serverKey') || isProven(db, id)
  const status = needs ? 'needs_attention' : isSetUp ? 'active' : 'new'
  db.drizzle.update(connections).set({ status }).where(eq(connections.id, id)).run()
}

/** Whether a set-up has ended with an event that came through. */
function isProven(db: Db, id: string): boolean {
  const proven = and(eq(setups.connectionId, id), eq(setups.step, 'active'))
  return db.drizzle.select({ n: setups.n }).from(setups).where(proven).limit(1).get() !== undefined
}
