/** Alerts in the store: settings, conditions that hold, what was told and how the telling went. */
import { alertKinds, type Alert, type AlertKind, type Finding } from '../core/alerts.ts'
import type { AlertChange, AlertSettings, AlertStore } from '../core/alert-ports.ts'
import { immediate, type Db } from './client.ts'
import { minuteOf } from './minute.ts'
import type { SecretBox } from './secret-box.ts'

/** What the secret is bound to when it is sealed. */
export const alertSecretPurpose = 'alerts/secret'
const defaultRejectionRateLimit = 0.1
/** Rows that one transaction removes at most. */
const rowsMax = 2_000

interface SettingsRow {
  url: string | null
  secret: Buffer | null
  kindsOff: string
  rejectionRateLimit: number
}
type Nulls<T> = { [K in keyof T]: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K] }

const columns = `id, kind, state, connection_id AS connectionId, subject, text, since_ms AS sinceMs, created_at_ms AS createdAtMs,
  delivery, attempts, last_attempt_at_ms AS lastAttemptAtMs, last_status AS lastStatus, last_answer AS lastAnswer,
  ended_at_ms AS endedAtMs`

export function createAlertStore(db: Db, box: SecretBox): AlertStore {
  const { sqlite } = db
  const settings = prepareSettings(db, box)
  const conditions = sqlite.prepare<[], Nulls<Finding & { sinceMs: number }>>(
    'SELECT key, kind, connection_id AS connectionId, subject, text, since_ms AS sinceMs FROM alert_conditions ORDER BY since_ms, key',
  )
  const told = () => conditions.all().map((row) => ({ ...row, subject: row.subject ?? undefined }))
  const get = sqlite.prepare<[string], Nulls<Alert>>(`SELECT ${columns} FROM alerts WHERE id = ?`)
  const list = sqlite.prepare<[number, string, number], Nulls<Alert>>(
    `SELECT ${columns} FROM alerts WHERE (created_at_ms, id) < (?, ?) ORDER BY created_at_ms DESC, id DESC LIMIT ?`,
  )
  const endedSince = sqlite.prepare<[number], { connectionId: string; ended: number; rejected: number }>(`
    SELECT lane.connection_id AS connectionId, sum(delivered + filtered + skipped + rejected) AS ended, sum(rejected) AS rejected
    FROM lanes lane JOIN lane_counts counts ON counts.lane_id = lane.id AND counts.minute >= ?
    GROUP BY lane.connection_id HAVING ended > 0`)
  const add = prepareAdd(db, settings.read)

  return {
    ...settings.store,
    ...prepareDelivery(db),
    lease: (...lease) => takeLease(db, ...lease),
    conditions: async () => told(),
    reconcile: (found, looked, nowMs, nextId) =>
      immediate(db, () => {
        const { kindsOff } = settings.read()
        const wanted = found.filter(({ kind }) => !kindsOff.includes(kind))
        return reconcile(db, { told: told(), wanted, looked, kindsOff, nowMs }, (alert) =>
          add({ ...alert, id: nextId() }, nowMs),
        )
      }),
    addTest: (id, nowMs) => {
      const text = 'A test, asked for by a person. Nothing is the matter.'
      const alert = {
        id,
        kind: 'needs_attention',
        state: 'test',
        connectionId: undefined,
        subject: undefined,
      } as const
      return immediate(db, () => add({ ...alert, text, sinceMs: nowMs }, nowMs))
    },
    get: async (id) => toAlert(get.get(id)),
    async list({ after, limit }) {
      const last = after === undefined ? undefined : get.get(after)
      return list.all(last?.createdAtMs ?? Number.MAX_SAFE_INTEGER, last?.id ?? '', limit).flatMap(some)
    },
    endedSince: async (sinceMs) => endedSince.all(minuteOf(sinceMs)),
    purge: (beforeMs) => purge(db, beforeMs),
  }
}

type Delivery = Pick<AlertStore, 'undelivered' | 'markStarted' | 'recordAttempt' | 'end'>

/** How the telling of an alert goes on. */
function prepareDelivery(db: Db): Delivery {
  const { sqlite } = db
  const undelivered = sqlite.prepare<[number], Nulls<Alert>>(
    `SELECT ${columns} FROM alerts WHERE delivery = 'waiting' OR (delivery = 'sending' AND started_at_ms < ?)
     ORDER BY created_at_ms, id LIMIT 100`,
  )
  const started = sqlite.prepare(
    `UPDATE alerts SET delivery = 'sending', started_at_ms = ? WHERE id = ? AND delivery IN ('waiting', 'sending')`,
  )
  const attempted = sqlite.prepare(
    'UPDATE alerts SET attempts = attempts + 1, last_attempt_at_ms = ?, last_status = ?, last_answer = ? WHERE id = ?',
  )
  const end = sqlite.prepare(
    `UPDATE alerts SET delivery = ?, ended_at_ms = ? WHERE id = ? AND delivery IN ('waiting', 'sending')`,
  )
  return {
    undelivered: async (startedBeforeMs) => undelivered.all(startedBeforeMs).flatMap(some),
    async markStarted(id, nowMs) {
      await immediate(db, () => started.run(nowMs, id))
    },
    async recordAttempt(id, atMs, { status, text }) {
      await immediate(db, () => attempted.run(atMs, status ?? null, text, id))
    },
    async end(id, as, nowMs) {
      await immediate(db, () => end.run(as, nowMs, id))
    },
  }
}

const some = (row: Nulls<Alert>): Alert[] => {
  const alert = toAlert(row)
  return alert === undefined ? [] : [alert]
}

function toAlert(row: Nulls<Alert> | undefined): Alert | undefined {
  if (row === undefined) return undefined
  return {
    ...row,
    connectionId: row.connectionId ?? undefined,
    subject: row.subject ?? undefined,
    lastAttemptAtMs: row.lastAttemptAtMs ?? undefined,
    lastStatus: row.lastStatus ?? undefined,
    lastAnswer: row.lastAnswer ?? undefined,
    endedAtMs: row.endedAtMs ?? undefined,
  }
}

function prepareSettings(db: Db, box: SecretBox) {
  const select = db.sqlite.prepare<[], SettingsRow>(
    `SELECT url, secret, kinds_off AS kindsOff, rejection_rate_limit AS rejectionRateLimit FROM alert_settings WHERE id = 1`,
  )
  const put = db.sqlite.prepare(`
    INSERT INTO alert_settings (id, url, secret, kinds_off, rejection_rate_limit, updated_at_ms)
    VALUES (1, @url, @secret, @kindsOff, @rejectionRateLimit, @nowMs)
    ON CONFLICT DO UPDATE SET url = excluded.url, secret = excluded.secret, kinds_off = excluded.kinds_off,
      rejection_rate_limit = excluded.rejection_rate_limit, updated_at_ms = excluded.updated_at_ms`)
  const read = (): AlertSettings => {
    const row = select.get()
    const off = row === undefined ? [] : (JSON.parse(row.kindsOff) as string[])
    return {
      url: row?.url ?? undefined,
      hasSecret: (row?.secret ?? null) !== null,
      kindsOff: alertKinds.filter((kind) => off.includes(kind)),
      rejectionRateLimit: row?.rejectionRateLimit ?? defaultRejectionRateLimit,
    }
  }
  const change = ({ url, secret, kindsOff, rejectionRateLimit }: AlertChange, nowMs: number) => {
    const [before, row] = [read(), select.get()]
    put.run({
      url: url === undefined ? (before.url ?? null) : url,
      secret: secret === undefined ? (row?.secret ?? null) : box.seal(secret, alertSecretPurpose),
      kindsOff: JSON.stringify(kindsOff ?? before.kindsOff),
      rejectionRateLimit: rejectionRateLimit ?? before.rejectionRateLimit,
      nowMs,
    })
    return read()
  }
  const store: Pick<AlertStore, 'settings' | 'change' | 'openSecret'> = {
    settings: async () => read(),
    change: (given, nowMs) => immediate(db, () => change(given, nowMs)),
    async openSecret() {
      const sealed = select.get()?.secret ?? undefined
      return sealed && box.open(sealed, alertSecretPurpose)
    },
  }
  return { read, store }
}

type NewAlert = Pick<Alert, 'id' | 'kind' | 'state' | 'connectionId' | 'subject' | 'text' | 'sinceMs'>

function prepareAdd({ sqlite }: Db, settings: () => AlertSettings) {
  const insert = sqlite.prepare<[object], Nulls<Alert>>(`
    INSERT INTO alerts (id, kind, state, connection_id, subject, text, since_ms, created_at_ms, delivery)
    VALUES (@id, @kind, @state, @connectionId, @subject, @text, @sinceMs, @nowMs, @delivery) RETURNING ${columns}`)
  return (alert: NewAlert, nowMs: number): Alert => {
    const delivery = settings().url === undefined ? 'off' : 'waiting'
    const { connectionId = null, subject = null } = alert
    const row = toAlert(insert.get({ ...alert, connectionId, subject, nowMs, delivery }))
    if (row === undefined) throw new Error(`alert ${alert.id} was not written`)
    return row
  }
}

interface Look {
  told: (Finding & { sinceMs: number })[]
  wanted: Finding[]
  looked: readonly AlertKind[]
  kindsOff: AlertKind[]
  nowMs: number
}

function reconcile({ sqlite }: Db, look: Look, tell: (alert: Omit<NewAlert, 'id'>) => Alert): Alert[] {
  const { told, wanted, looked, kindsOff, nowMs } = look
  const begin = sqlite.prepare(
    `INSERT INTO alert_conditions (key, kind, connection_id, subject, text, since_ms) VALUES (?, ?, ?, ?, ?, ?)`,
  )
  const forget = sqlite.prepare('DELETE FROM alert_conditions WHERE key = ?')
  const alerts: Alert[] = []
  for (const { key, ...condition } of told) {
    const isOff = kindsOff.includes(condition.kind)
    if (!isOff && (!looked.includes(condition.kind) || wanted.some((found) => found.key === key))) continue
    forget.run(key)
    if (!isOff) alerts.push(tell({ ...condition, state: 'recovered' }))
  }
  for (const { key, ...found } of wanted) {
    if (told.some((condition) => condition.key === key)) continue
    begin.run(key, found.kind, found.connectionId, found.subject ?? null, found.text, nowMs)
    alerts.push(tell({ ...found, state: 'firing', sinceMs: nowMs }))
  }
  return alerts
}

/** Reads first: a lease that is held by another one is asked for every few seconds, and that must not cost a write. */
async function takeLease(
  db: Db,
  name: string,
  owner: string,
  nowMs: number,
  untilMs: number,
): Promise<boolean> {
  const held = db.sqlite
    .prepare<[string], { owner: string; untilMs: number }>(
      'SELECT owner, until_ms AS untilMs FROM leases WHERE name = ?',
    )
    .get(name)
  if (held !== undefined && held.owner !== owner && held.untilMs > nowMs) return false
  const take = db.sqlite.prepare(`
    INSERT INTO leases (name, owner, until_ms) VALUES (@name, @owner, @untilMs)
    ON CONFLICT DO UPDATE SET owner = excluded.owner, until_ms = excluded.until_ms
      WHERE owner = excluded.owner OR until_ms <= @nowMs`)
  return immediate(db, () => take.run({ name, owner, nowMs, untilMs }).changes === 1)
}

async function* purge(db: Db, beforeMs: number): AsyncIterable<number> {
  const remove = db.sqlite.prepare(`
    DELETE FROM alerts WHERE id IN (
      SELECT id FROM alerts WHERE created_at_ms < ? AND delivery NOT IN ('waiting', 'sending') LIMIT ${rowsMax})`)
  for (;;) {
    const rows = await immediate(db, () => remove.run(beforeMs).changes)
    if (rows > 0) yield rows
    if (rows < rowsMax) return
  }
}
