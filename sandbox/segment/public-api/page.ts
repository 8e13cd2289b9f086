// Cursor pagination of the Public API: `pagination.count` (1 to 1,000, 200 unless told) and `pagination.cursor`, with
// dots or, as its SDK sends them, with brackets. A cursor is to be treated as opaque.
import type { Context } from 'hono'

export interface Page<T> {
  items: T[]
  pagination: { current: string; next?: string; previous?: string; totalEntries: number }
}

const toCursor = (offset: number): string => Buffer.from(`at:${offset}`).toString('base64')

function offsetOf(cursor: string): number | undefined {
  const [, offset] = /^at:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString('utf8')) ?? []
  return offset === undefined ? undefined : Number(offset)
}

/** The page that was asked for, or the name of the parameter that is wrong. */
export function pageOf<T>(c: Context, all: readonly T[]): Page<T> | { field: string } {
  const query = (name: string) => c.req.query(`pagination.${name}`) ?? c.req.query(`pagination[${name}]`)
  const count = Number(query('count') ?? 200)
  if (!Number.isInteger(count) || count < 1 || count > 1_000) return { field: 'pagination.count' }
  const cursor = query('cursor')
  const offset = cursor === undefined || cursor === '' ? 0 : offsetOf(cursor)
  if (offset === undefined || offset > all.length) return { field: 'pagination.cursor' }
  return {
    items: all.slice(offset, offset + count),
    pagination: {
      current: toCursor(offset),
      ...(offset + count < all.length ? { next: toCursor(offset + count) } : {}),
      ...(offset > 0 ? { previous: toCursor(Math.max(0, offset - count)) } : {}),
      totalEntries: all.length,
    },
  }
}
