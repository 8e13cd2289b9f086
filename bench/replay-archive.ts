/**
 * A Segment archive for benches and tests, the same for the same arguments: files of Segment's S3 layout whose lines
 * have known fates, so that what a replay reports can be compared number by number.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const dayMs = 86_400_000

export interface ArchivePlan {
  events: number
  files: number
  /** The replay's creation, about: ages count from here. */
  nowMs: number
}

/** What is to become of event `n`: of a hundred, 84 go out, 10 were delivered before, 5 are too old, 1 is garbage. */
export type Fate = 'sent' | 'before' | 'too_old' | 'garbage'

/** Scattered, and exact in each hundred. */
export function fateOf(n: number): Fate {
  const place = (n * 7_919) % 100
  if (place < 10) return 'before'
  if (place < 15) return 'too_old'
  return place === 15 ? 'garbage' : 'sent'
}

export const messageIdOf = (n: number): string => `replay-${n}`

/** Lines of each file that were received before the window that `windowOf` names. */
export const outsidePerFile = 10

/** The window that holds all but those. */
export const windowOf = ({ nowMs }: ArchivePlan): { from: string; to: string } => ({
  from: new Date(nowMs - 12 * dayMs).toISOString(),
  to: new Date(nowMs).toISOString(),
})

const properties =
  '"order_id":"o-50314b8e9bcf000000000000","affiliation":"Google Store","total":27.5,"revenue":25,"shipping":3,"tax":2,"discount":2.5,"coupon":"hasbros","currency":"USD","products":[{"product_id":"507f1f77bcf86cd799439011","sku":"45790-32","name":"Monopoly","price":19,"quantity":1,"category":"Games"}],"plan":"pro","first_order":false'
const context =
  '{"ip":"203.0.113.7","locale":"en-US","userAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36","library":{"name":"@segment/analytics-node","version":"3.1.0"}}'

/** Event `n` as Segment keeps it: one line of JSON, about 0.8 KB. Put together, not serialised: a million are made. */
export function lineOf(n: number, receivedAtMs: number, happenedAtMs = receivedAtMs - 2_000): string {
  const at = new Date(happenedAtMs).toISOString()
  const receivedAt = new Date(receivedAtMs).toISOString()
  return `{"messageId":"${messageIdOf(n)}","type":"track","event":"Order Completed","userId":"user-${n % 100_000}","anonymousId":"anon-${n % 100_000}","timestamp":"${at}","receivedAt":"${receivedAt}","properties":{"n":${n},${properties}},"context":${context},"integrations":{}}`
}

/** When event `n` was received: five days up to an hour ago; of those that are too old, nine days ago. */
function receiptOf({ events, nowMs }: ArchivePlan, n: number): number {
  if (fateOf(n) === 'too_old') return nowMs - 9 * dayMs + (n % 1_000)
  return nowMs - 5 * dayMs + Math.floor((n / events) * (5 * dayMs - 3_600_000))
}

const garbage = [
  (n: number) => `{"messageId":"broken-${n}","type":"tra`,
  (n: number) => `<html>502 Bad Gateway ${n}</html>`,
  (n: number) => `{"messageId":"broken-${n}",}`,
]

function textOf(plan: ArchivePlan, n: number): string {
  if (fateOf(n) === 'garbage') return garbage[n % garbage.length]?.(n) ?? ''
  return lineOf(n, receiptOf(plan, n))
}

/**
 * Writes the archive below a folder. Each file has two gzip members; the first has a byte order mark, the second
 * line breaks of Windows, the third blank lines, the last no line break at its end.
 */
export function writeArchive(root: string, plan: ArchivePlan): void {
  const perFile = Math.ceil(plan.events / plan.files)
  for (let file = 0; file < plan.files; file += 1) {
    const [from, to] = [file * perFile, Math.min(plan.events, (file + 1) * perFile)]
    const middle = Math.floor((from + to) / 2)
    const lineBreak = file === 1 ? '\r\n' : file === 2 ? '\n\n' : '\n'
    const text = (a: number, b: number) => {
      const lines: string[] = []
      for (let n = a; n < b; n += 1) lines.push(textOf(plan, n))
      return lines.join(lineBreak)
    }
    const outside: string[] = []
    for (let n = 0; n < outsidePerFile; n += 1)
      outside.push(lineOf(plan.events + file * outsidePerFile + n, plan.nowMs - 20 * dayMs))
    const head = `${file === 0 ? '\uFEFF' : ''}${outside.join(lineBreak)}${lineBreak}`
    const members = [
      `${head}${text(from, middle)}${lineBreak}`,
      `${text(middle, to)}${file === plan.files - 1 ? '' : lineBreak}`,
    ]
    const day = Math.floor(receiptOf(plan, from) / dayMs) * dayMs
    const folder = join(root, 'segment-logs', 'web', String(day))
    mkdirSync(folder, { recursive: true })
    const name = `${String(file).padStart(3, '0')}.gz`
    writeFileSync(join(folder, name), Buffer.concat(members.map((member) => gzipSync(member, { level: 1 }))))
  }
}
