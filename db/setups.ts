/** Runs of set-up and what they made at Segment. What is secret of a run is sealed, and gone when it has ended. */
import { and, desc, eq, isNull } from 'drizzle-orm'
import { BridgeError } from '../core/errors.ts'
import type { Setup, SetupStore } from '../core/ports.ts'
import { firstStep, isEnded, type SetupChoice, type SetupStep } from '../core/setup.ts'
import type { SetupMissing } from '../core/setup-ports.ts'
import { immediate, type Db } from './client.ts'
import { refreshStatus } from './connections.ts'
import { createDestinationNotes } from './segment-destinations.ts'
import { connections } from './schema.ts'
import { setups } from './schema/setup.ts'
import { hashKey, type SecretBox } from './secret-box.ts'

type Row = typeof setups.$inferSelect
type Authorization = NonNullable<Parameters<SetupStore['begin']>[0]['authorization']>

/** What the text is bound to when it is sealed. */
export const setupPurpose = (id: string, what: 'authorization' | 'code'): string => `${id}/${what}`

export function createSetupStore(db: Db, box: SecretBox): SetupStore {
  const rowOf = (id: string) => db.drizzle.select().from(setups).where(eq(setups.id, id)).get()
  const newest = (connectionId: string): Row | undefined =>
    db.drizzle
      .select()
      .from(setups)
      .where(eq(setups.connectionId, connectionId))
      .orderBy(desc(setups.n))
      .limit(1)
      .get()
  const set = (id: string, values: Partial<Row>) =>
    db.drizzle.update(setups).set(values).where(eq(setups.id, id)).run()
  const authorizationOf = ({ id, sealedAuthorization: sealed }: Row): Authorization | undefined =>
    sealed === null
      ? undefined
      : (JSON.parse(box.open(sealed, setupPurpose(id, 'authorization'))) as Authorization)

  return {
    ...createDestinationNotes(db),
    begin: (input) =>
      immediate(db, () => {
        const open = newest(input.connectionId)
        if (open?.endedAtMs === null) return toSetup(open)
        startConnecting(db, input.connectionId)
        db.drizzle.insert(setups).values(newRow(box, input)).run()
        return toSetup(load(rowOf(input.id)))
      }),
    async get(id) {
      const row = rowOf(id)
      return row && toSetup(row)
    },
    async newest(connectionId) {
      const row = newest(connectionId)
      return row && toSetup(row)
    },
    async authorizeUrl(id) {
      const row = rowOf(id)
      return row?.step === 'authorize' && row.sealedCode === null ? authorizationOf(row)?.url : undefined
    },
    ...createConsents(db, box, { rowOf, set, authorizationOf }),
    async record(id, at, nowMs) {
      await immediate(db, () => {
        const row = load(rowOf(id))
        // An activity that was thought lost may come late: an end stays.
        if (row.endedAtMs !== null) return
        set(id, changeOf(at, nowMs))
        if (isEnded(at.step)) endConnecting(db, row.connectionId)
      })
    },
  }
}

interface Rows {
  rowOf: (id: string) => Row | undefined
  set: (id: string, values: Partial<Row>) => unknown
  authorizationOf: (row: Row) => Authorization | undefined
}

/** What comes back from Segment, once, and is sent there again, once. */
function createConsents(
  db: Db,
  box: SecretBox,
  { rowOf, set, authorizationOf }: Rows,
): Pick<SetupStore, 'takeConsent' | 'sendConsent'> {
  return {
    takeConsent: (state, code, nowMs) =>
      immediate(db, () => {
        const isIt = and(eq(setups.stateHash, hashKey(state)), isNull(setups.endedAtMs))
        const row = db.drizzle.select().from(setups).where(isIt).get()
        if (row?.step !== 'authorize') return undefined
        const sealedCode = code === undefined ? null : box.seal(code, setupPurpose(row.id, 'code'))
        set(row.id, { stateHash: null, sealedCode, updatedAtMs: nowMs })
        return toSetup(load(rowOf(row.id)))
      }),
    sendConsent: (id, nowMs) =>
      immediate(db, () => {
        const row = rowOf(id)
        const authorization = row && authorizationOf(row)
        if (!authorization || row.sealedCode === null) return undefined
        if (row.codeSentAtMs === null) set(id, { codeSentAtMs: nowMs })
        const code = box.open(row.sealedCode, setupPurpose(id, 'code'))
        return { code, verifier: authorization.verifier, sentBefore: row.codeSentAtMs !== null }
      }),
  }
}

function load(row: Row | undefined): Row {
  if (!row) throw new BridgeError('not_found', 'There is no such set-up.')
  return row
}

function newRow(box: SecretBox, input: Parameters<SetupStore['begin']>[0]): typeof setups.$inferInsert {
  const { id, connectionId, kind, authorization, expiresAtMs, nowMs } = input
  return {
    ...{ id, connectionId, kind, step: firstStep[kind], expiresAtMs, createdAtMs: nowMs, updatedAtMs: nowMs },
    stateHash: authorization && hashKey(authorization.state),
    sealedAuthorization:
      authorization && box.seal(JSON.stringify(authorization), setupPurpose(id, 'authorization')),
  }
}

function changeOf(at: Parameters<SetupStore['record']>[1], nowMs: number): Partial<Row> {
  const { step, expiresAtMs, choices, missing, error } = at
  return {
    ...{ step, updatedAtMs: nowMs, expiresAtMs: expiresAtMs ?? null },
    ...{ errorCode: error?.code ?? null, errorText: error?.text.slice(0, 2_000) ?? null },
    ...(choices === undefined ? {} : { choices }),
    ...(missing === undefined ? {} : { missing }),
    // With the step behind it, what was sealed for it has served.
    ...(step === 'authorize' || step === 'exchange'
      ? {}
      : { stateHash: null, sealedAuthorization: null, sealedCode: null }),
    ...(isEnded(step) ? { endedAtMs: nowMs } : {}),
  }
}

function startConnecting(db: Db, id: string): void {
  const row = db.drizzle.select().from(connections).where(eq(connections.id, id)).get()
  if (!row) throw new BridgeError('not_found', `There is no connection ${id}.`)
  if (row.status === 'disconnecting')
    throw new BridgeError('disconnecting', `Connection ${id} is being removed.`)
  db.drizzle.update(connections).set({ status: 'connecting' }).where(eq(connections.id, id)).run()
}

/** The status is what the keys and lanes say again; a removal that has begun meanwhile goes on. */
function endConnecting(db: Db, id: string): void {
  const isIt = and(eq(connections.id, id), eq(connections.status, 'connecting'))
  if (db.drizzle.update(connections).set({ status: 'new' }).where(isIt).run().changes === 1)
    refreshStatus(db, id)
}

function toSetup(row: Row): Setup {
  const { id, connectionId, kind, createdAtMs, updatedAtMs } = row
  return {
    ...{ id, connectionId, kind, createdAtMs, updatedAtMs },
    step: row.step as SetupStep,
    choices: (row.choices as SetupChoice[] | null) ?? undefined,
    missing: (row.missing as SetupMissing[] | null) ?? undefined,
    expiresAtMs: row.expiresAtMs ?? undefined,
    error: row.errorCode === null ? undefined : { code: row.errorCode, text: row.errorText ?? '' },
    hasConsent: row.sealedCode !== null,
    endedAtMs: row.endedAtMs ?? undefined,
  }
}
