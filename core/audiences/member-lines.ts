/** Lines of a bulk load, NDJSON or CSV: one member a line. Pure; a bad line is told and the others count. */
import { isObject, own } from '../own-keys.ts'
import { idText } from '../segment-to-statsig/ids.ts'
import { parseTimeMs } from '../segment-to-statsig/parse-time.ts'

export interface MemberLine {
  id: string
  isMember: boolean
  /** Undefined: the time of the load. */
  atMs: number | undefined
}
export type ReadMember = MemberLine | { fault: string } | undefined

/** Reads one line after the other; blank ones, and the head of a CSV, are nothing. */
export type MemberReader = (line: string) => ReadMember

/** `"u1"` or `{"id": "u1", "member": false, "timestamp": "…"}`; without `member` the id is in. */
export function ndjsonReader(): MemberReader {
  return (line) => {
    if (line.trim() === '') return undefined
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      return { fault: 'not_json' }
    }
    if (!isObject(value)) return memberOf(value, undefined, undefined)
    return memberOf(own(value, 'id'), own(value, 'member'), own(value, 'timestamp'))
  }
}

/** A column of ids, or a head that names `id` and perhaps `member` and `timestamp`. RFC 4180, a record a line. */
export function csvReader(): MemberReader {
  let columns: string[] | undefined
  return (line) => {
    if (line.trim() === '') return undefined
    const cells = cellsOf(line.replace(/\r$/, ''))
    if (cells === undefined) return { fault: 'csv_quotes' }
    if (columns === undefined) {
      const names = cells.map((cell) => cell.trim().toLowerCase())
      columns = names.includes('id') ? names : ['id']
      if (names.includes('id')) return undefined
    }
    const cell = (name: string) => {
      const text = cells[columns?.indexOf(name) ?? -1]?.trim()
      return text === '' ? undefined : text
    }
    return memberOf(cell('id'), cell('member'), cell('timestamp'))
  }
}

function memberOf(id: unknown, member: unknown, timestamp: unknown): ReadMember {
  const text = idText(id)?.trim()
  if (text === undefined || text === '') return { fault: 'no_id' }
  // What a decoder puts where bytes are not UTF-8: the id was another one.
  if (text.includes('\uFFFD')) return { fault: 'not_utf8' }
  const isMember = flagOf(member)
  if (isMember === undefined) return { fault: 'member_not_boolean' }
  if (timestamp === undefined || timestamp === null) return { id: text, isMember, atMs: undefined }
  const atMs = parseTimeMs(timestamp)
  return Number.isNaN(atMs) ? { fault: 'invalid_time' } : { id: text, isMember, atMs }
}

function flagOf(value: unknown): boolean | undefined {
  if (value === undefined || value === null) return true
  const text = typeof value === 'string' ? value.toLowerCase() : value
  if (text === true || text === 'true' || text === '1' || text === 1) return true
  return text === false || text === 'false' || text === '0' || text === 0 ? false : undefined
}

/** Undefined where quotes do not close. */
function cellsOf(line: string): string[] | undefined {
  const cells: string[] = []
  for (let at = 0; at <= line.length;) {
    if (line[at] === '"') {
      const quoted = /"((?:[^"]|"")*)"[ \t]*(,|$)/y
      quoted.lastIndex = at
      const match = quoted.exec(line)
      if (!match) return undefined
      cells.push((match[1] ?? '').replaceAll('""', '"'))
      at = quoted.lastIndex
      if (match[2] === '') return cells
      continue
    }
    const comma = line.indexOf(',', at)
    cells.push(line.slice(at, comma === -1 ? undefined : comma))
    if (comma === -1) return cells
    at = comma + 1
  }
  return cells
}
