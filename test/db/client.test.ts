import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { immediate, migrationsFolder, openDb, type Db } from '../../db/client.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { schemaSql } from '../../db/schema-dump.ts'
import { createStore } from '../../db/store.ts'
import { create, request, startMs } from './suite/requests.ts'
import { endNext, idsIn, isUnbroken, openLane, sumOf, totalsOf } from './suite/world.ts'
import { openForTest, temporaryFile } from './temporary.ts'

const journal = JSON.parse(readFileSync(join(migrationsFolder, 'meta/_journal.json'), 'utf8')) as {
  entries: { tag: string; when: number }[]
}
const storeOn = (db: Db) => createStore(db, createSecretBox(Buffer.alloc(32, 7)))
const beat = (db: Db) => immediate(db, () => db.sqlite.exec(`INSERT INTO processes VALUES ('p', 1)`))
const valuesOf = (db: Db, sql: string) => db.sqlite.prepare<[]>(sql).pluck().all()

/** The schema of an open file, without the migrator's own table. */
const schemaOf = (db: Db) =>
  valuesOf(
    db,
    `SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT IN ('__drizzle_migrations', 'sqlite_sequence') ORDER BY name`,
  )

describe('openDb', () => {
  it('sets what must be set before the first table, and what each connection needs', () => {
    const { sqlite } = openForTest(temporaryFile())
    const pragma = (name: string) => sqlite.pragma(name, { simple: true })
    expect({
      page_size: pragma('page_size'),
      auto_vacuum: pragma('auto_vacuum'),
      journal_mode: pragma('journal_mode'),
      synchronous: pragma('synchronous'),
      foreign_keys: pragma('foreign_keys'),
      busy_timeout: pragma('busy_timeout'),
    }).toEqual({
      page_size: 16_384,
      auto_vacuum: 2,
      journal_mode: 'wal',
      synchronous: 2,
      foreign_keys: 1,
      busy_timeout: 20,
    })
  })

  it('makes the tables that are read in order without rowid, and positions that are never used twice', () => {
    const db = openForTest(temporaryFile())
    expect(valuesOf(db, `SELECT name FROM pragma_table_list WHERE wr = 1 ORDER BY name`)).toEqual(
      expect.arrayContaining(['attempt_counts', 'claims', 'entries', 'lane_counts', 'lane_log']),
    )
    expect(
      valuesOf(db, `SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%' ORDER BY name`),
    ).toEqual(expect.arrayContaining(['attempts', 'connections', 'lanes', 'requests']))
  })

  it('throws store_failed for a file that is no database', () => {
    const path = temporaryFile()
    writeFileSync(path, 'not a database, but long enough to have a header'.repeat(10))
    expect(() => openDb(path)).toThrow(
      expect.objectContaining({ code: 'store_failed', detail: 'SQLITE_NOTADB' }),
    )
  })

  it.skipIf(process.getuid?.() === 0)('throws store_failed for a file that it may not write', () => {
    const path = temporaryFile()
    openDb(path).sqlite.close()
    chmodSync(path, 0o400)
    expect(() => openDb(path)).toThrow(expect.objectContaining({ code: 'store_failed' }))
  })
})

describe('openDb: migrations', () => {
  it('brings an empty file to the schema that schema-dump shows', () => {
    const db = openForTest(temporaryFile())
    const dumped = schemaSql()
    for (const statement of schemaOf(db)) {
      expect(dumped).toContain(`${String(statement).replaceAll('\t', '  ')};`)
    }
    expect(valuesOf(db, 'SELECT created_at FROM __drizzle_migrations')).toEqual(
      journal.entries.map(({ when }) => when),
    )
  })

  it('does nothing the second time', async () => {
    const path = temporaryFile()
    const first = openForTest(path)
    await create(storeOn(first))
    const before = schemaOf(first)
    const second = openForTest(path)
    expect(schemaOf(second)).toEqual(before)
    expect(valuesOf(second, 'SELECT created_at FROM __drizzle_migrations')).toHaveLength(
      journal.entries.length,
    )
    expect(valuesOf(second, 'SELECT id FROM connections')).toEqual(['con_1'])
  })

  it.each(journal.entries.map(({ tag }, index) => [tag, index + 1] as const))(
    'keeps every row of a file as %s left it',
    (_tag, count) => {
      const path = temporaryFile()
      const old = openDb(path, { migrationsFolder: folderOfFirst(count, dirname(path)) })
      const before = fillEveryTable(old)
      old.sqlite.close()
      const now = openForTest(path)
      for (const [table, row] of before) {
        const kept = now.sqlite.prepare(`SELECT * FROM "${table}"`).all()
        expect(kept, table).toEqual([expect.objectContaining(row)])
      }
      expect(schemaOf(now)).toEqual(schemaOf(openForTest(temporaryFile())))
    },
  )

  it('leaves a file as it was when a migration fails halfway', () => {
    const path = temporaryFile()
    openDb(path).sqlite.close()
    const folder = folderOfFirst(journal.entries.length, dirname(path))
    addMigration(folder, 'CREATE TABLE half (x);\n--> statement-breakpoint\nCREATE TABLE lanes (x);')
    expect(() => openDb(path, { migrationsFolder: folder })).toThrow('lanes')
    const db = openForTest(path)
    expect(valuesOf(db, `SELECT name FROM sqlite_master WHERE name = 'half'`)).toEqual([])
  })
})

/** A migrations folder as it was when only the first `count` were there. */
function folderOfFirst(count: number, parent: string): string {
  const folder = join(parent, `first-${count}`)
  mkdirSync(join(folder, 'meta'), { recursive: true })
  const entries = journal.entries.slice(0, count)
  for (const { tag } of entries) cpSync(join(migrationsFolder, `${tag}.sql`), join(folder, `${tag}.sql`))
  writeFileSync(join(folder, 'meta/_journal.json'), JSON.stringify({ ...journal, entries }))
  return folder
}

function addMigration(folder: string, sql: string): void {
  const path = join(folder, 'meta/_journal.json')
  const { entries, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as typeof journal
  const next = { ...entries[0], idx: entries.length, tag: 'next', when: 9_000_000_000_000 }
  writeFileSync(path, JSON.stringify({ ...rest, entries: [...entries, next] }))
  writeFileSync(join(folder, 'next.sql'), sql)
}

const sample: Record<string, unknown> = { integer: 7, real: 7.5, text: 'seven', blob: Buffer.from('seven') }

/** One row in each table, of whatever columns it has. */
function fillEveryTable({ sqlite }: Db): [table: string, row: object][] {
  const tables = sqlite
    .prepare<[], string>(`SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'`)
    .pluck()
    .all()
    .filter((name) => !/^(sqlite|__drizzle)_/.test(name))
  return tables.map((table) => {
    const columns = sqlite
      .prepare<[string], { name: string; type: string }>('SELECT name, type FROM pragma_table_info(?)')
      .all(table)
    const row = Object.fromEntries(columns.map(({ name, type }) => [name, sample[type.toLowerCase()]]))
    const names = columns.map(({ name }) => name)
    sqlite
      .prepare(`INSERT INTO "${table}" (${names.join()}) VALUES (${names.map((name) => `@${name}`).join()})`)
      .run(row)
    return [table, row]
  })
}

describe('openDb: several processes', () => {
  let others: Appender[]
  beforeAll(async () => {
    others = await Promise.all(['a', 'b', 'c'].map(startAppender))
  })
  afterAll(() => Promise.all(others.map(({ end }) => end())))
  /** All of them open the file at the same moment, and append. */
  const appendElsewhere = (appenders: Appender[], path: string, count: number) => {
    const startAtMs = Date.now() + 50
    return Promise.all(appenders.map(({ append }) => append({ path, count, startAtMs })))
  }

  const older = journal.entries
    .slice(0, -1)
    .map(({ tag }, index) => [`a file as ${tag} left it`, index + 1] as const)
  it.each([['an empty file', 0] as const, ...older])(
    'lets three start at once on %s',
    { timeout: 60_000 },
    async (_file, count) => {
      const path = temporaryFile()
      if (count > 0) openDb(path, { migrationsFolder: folderOfFirst(count, dirname(path)) }).sqlite.close()
      await appendElsewhere(others, path, 20)
      const db = openForTest(path)
      expect(valuesOf(db, 'SELECT created_at FROM __drizzle_migrations')).toHaveLength(journal.entries.length)
      expect(valuesOf(db, `SELECT head FROM lanes WHERE name = 'events'`)).toEqual([60])
    },
  )

  it(
    'shows positions in order, and counters that add up, while two others append',
    { timeout: 60_000 },
    async () => {
      const path = temporaryFile()
      const store = storeOn(openForTest(path))
      await create(store)
      const appending = appendElsewhere(others.slice(0, 2), path, 100)
      const seen: string[] = []
      for (let lease = await openLane(store); seen.length < 200;) {
        for (let read = 0; read < 10; read += 1) {
          const totals = await totalsOf(store)
          expect(sumOf(totals)).toBe(totals.accepted)
        }
        const rows = await store.lanes.read(lease, 3)
        expect(isUnbroken(rows, lease.cursor)).toBe(true)
        const ids = await idsIn(store, rows, lease.cursor)
        seen.push(...ids)
        lease = await endNext(store, lease, ids.length)
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      await appending
      for (const prefix of ['a', 'b']) {
        const inOrder = Array.from({ length: 100 }, (_, index) => `${prefix}${index + 1}`)
        expect(seen.filter((id) => id.startsWith(prefix))).toEqual(inOrder)
      }
      expect(await totalsOf(store)).toMatchObject({ accepted: 200, delivered: 200, pending: 0 })
    },
  )
})

interface Appender {
  append: (job: { path: string; count: number; startAtMs: number }) => Promise<void>
  end: () => Promise<void>
}

/** A process of its own, started once: it opens each file that it is given and appends to it. */
async function startAppender(prefix: string): Promise<Appender> {
  const script = fileURLToPath(new URL('./appending-process.ts', import.meta.url))
  const args = ['--import', 'tsx/esm', script, prefix]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const hear = async (wanted: string) => {
    const { value } = (await answers.next()) as IteratorResult<string, undefined>
    if (value !== wanted) throw new Error(`the process of ${prefix} says: ${String(value)}`)
  }
  await hear('ready')
  return {
    async append(job) {
      child.stdin.write(`${JSON.stringify(job)}\n`)
      await hear('done')
    },
    async end() {
      child.stdin.end()
      await exited
    },
  }
}

describe('immediate', () => {
  it('waits for another process in the event loop', async () => {
    const path = temporaryFile()
    const db = openForTest(path)
    const other = holdLock(path)
    setTimeout(() => other.exec('COMMIT'), 300)
    const startedMs = performance.now()
    let [turns, lastMs, gapMs] = [0, startedMs, 0]
    const clock = setInterval(() => {
      const nowMs = performance.now()
      ;[turns, gapMs, lastMs] = [turns + 1, Math.max(gapMs, nowMs - lastMs), nowMs]
    }, 1)
    await beat(db)
    clearInterval(clock)
    expect(performance.now() - startedMs).toBeGreaterThan(280)
    // The driver waits 20 ms a try; twice that many would be a driver that waits for the lock to the end.
    expect(turns).toBeGreaterThan(5)
    expect(gapMs).toBeLessThan(200)
  })

  it('gives up with store_busy after its limit, and works once the lock is free', async () => {
    const path = temporaryFile()
    const db = openForTest(path, { busyMsMax: 60 })
    const other = holdLock(path)
    await expect(beat(db)).rejects.toMatchObject({ code: 'store_busy' })
    other.exec('COMMIT')
    await beat(db)
    expect(valuesOf(db, 'SELECT name FROM processes')).toEqual(['p'])
  })

  it('throws store_failed on a full disk, writes nothing, and heals when there is room', async () => {
    const db = openForTest(temporaryFile())
    const store = storeOn(db)
    await create(store)
    const pages = Number(db.sqlite.pragma('page_count', { simple: true }))
    db.sqlite.pragma(`max_page_count = ${pages}`)
    const large = request(['m1'], { body: Buffer.alloc(100_000, 'x') })
    await expect(store.inbox.append(large)).rejects.toMatchObject({
      code: 'store_failed',
      detail: 'SQLITE_FULL',
    })
    expect(await totalsOf(store)).toMatchObject({ accepted: 0, pending: 0 })
    db.sqlite.pragma('max_page_count = 1073741823')
    expect(await store.inbox.append(large)).toEqual({ asleep: ['events'] })
    expect(await store.lanes.read(await openLane(store), 10)).toMatchObject([{ firstSeq: 1, lastSeq: 1 }])
  })

  it('throws store_failed where the database cannot be written, also from the probe', async () => {
    const db = openForTest(temporaryFile())
    const store = storeOn(db)
    await create(store)
    db.sqlite.pragma('query_only = ON')
    const failed = { code: 'store_failed', detail: 'SQLITE_READONLY' }
    await expect(store.inbox.append(request(['m1']))).rejects.toMatchObject(failed)
    await expect(store.processes.probe(startMs)).rejects.toMatchObject(failed)
    expect(await store.connections.get('con_1')).toMatchObject({ id: 'con_1' })
  })

  it('takes everything back when the work throws, and throws what the work threw', async () => {
    const db = openForTest(temporaryFile())
    const fault = new Error('halfway')
    const work = () => {
      db.sqlite.exec(`INSERT INTO processes VALUES ('p', 1)`)
      throw fault
    }
    await expect(immediate(db, work)).rejects.toBe(fault)
    expect(valuesOf(db, 'SELECT name FROM processes')).toEqual([])
  })
})

/** Another connection that holds the write lock. */
function holdLock(path: string): Database.Database {
  const other = new Database(path)
  other.exec('BEGIN IMMEDIATE')
  return other
}
