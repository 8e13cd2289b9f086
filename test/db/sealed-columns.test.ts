import { getTableColumns, getTableName, is } from 'drizzle-orm'
import { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as main from '../../db/schema.ts'
import { sealedColumns } from '../../db/sealed-columns.ts'
import { openForTest, temporaryFile } from './temporary.ts'

/** Blobs that are no sealed text: bodies, hashes, filters, and the master keys of a rotation, which seal each other. */
const open = [
  ...['requests.body', 'claim_blocks.hashes', 'claim_blocks.seqs', 'claims.hash', 'search_blocks.filter'],
  ...['idempotent_calls.hash', 'idempotent_calls.body_hash', 'erased_ids.hash'],
  ...['first_exposures.hash', 'forward_seen.hash'],
  ...['key_rotations.new_by_old', 'key_rotations.old_by_new'],
]

const folder = new URL('../../db/schema/', import.meta.url)
const modules = await Promise.all(
  readdirSync(folder).map((name) => import(new URL(name, folder).href) as Promise<object>),
)
const tables = [main, ...modules]
  .flatMap((module) => Object.values(module) as unknown[])
  .filter((one): one is SQLiteTable => is(one, SQLiteTable))
const blobs = tables.flatMap((table) =>
  Object.values(getTableColumns(table))
    .filter((column) => column.getSQLType() === 'blob')
    .map(({ name }) => `${getTableName(table)}.${name}`),
)

describe('sealedColumns', () => {
  it('lists every blob column that is not told to be open', () => {
    const listed = sealedColumns.map(({ table, column }) => `${table}.${column}`)
    expect(blobs.length).toBeGreaterThan(listed.length)
    expect(blobs.filter((name) => !open.includes(name)).sort()).toEqual(listed.toSorted())
  })

  it('finds each of them by a rowid', () => {
    const { sqlite } = openForTest(temporaryFile())
    for (const { table, column, place } of sealedColumns) {
      const columns = [...place, column].join(', ')
      expect(sqlite.prepare(`SELECT rowid, ${columns} FROM ${table} ORDER BY rowid`).all()).toEqual([])
    }
  })
})
