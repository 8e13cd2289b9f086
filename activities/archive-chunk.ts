/** Lines of an archive that become one request: in the way that a batch's body is unpacked, with where each stood. */
import { readArchiveLine, type ArchiveWindow } from '../core/archive-line.ts'
import type { ArchiveLine, Filling, JobNote } from '../core/ports.ts'

const linesMax = 1_000
/** Of text: a body is held whole several times on its way. */
const bytesMax = 1_500_000
/** A window far from what a file holds must still move the checkpoint now and then. */
const lookedMax = 50 * linesMax
const dayMs = 86_400_000

export interface Taken {
  entries: number
  /** Its lines, parsed. */
  items: readonly unknown[]
  filling: Omit<Filling, 'checkpoint'>
}

/** The day of Segment's folder, as the number of days since 1970; undefined where the archive has another layout. */
export function folderDayOf(file: string): number | undefined {
  const [, ms] = /(?:^|\/)(\d{12,13})\/[^/]+$/.exec(file) ?? []
  return ms === undefined ? undefined : Math.floor(Number(ms) / dayMs)
}

export class Chunk {
  private readonly parts: Uint8Array[] = []
  private readonly items: unknown[] = []
  private readonly lines: number[] = []
  private readonly notes = new Map<string, JobNote>()
  private readonly filling = { outsideWindow: 0, notSelected: 0 }
  private bytes = 0
  private looked = 0
  private receivedAtMs = Infinity
  private readonly file: string
  private readonly spec: ArchiveWindow
  private readonly folderDay: number | undefined

  constructor(file: string, spec: ArchiveWindow) {
    this.file = file
    this.spec = spec
    this.folderDay = folderDayOf(file)
  }

  add(line: ArchiveLine, number: number): void {
    this.looked += 1
    for (const oddity of line.oddities) this.note(oddity, `line ${number}`)
    if (line.bytes.length === 0) return
    const read = readArchiveLine(line.bytes, this.spec)
    this.compareDay(read.receivedAtMs, number)
    if (read.kind === 'outside') this.filling.outsideWindow += 1
    else if (!('json' in read)) this.filling.notSelected += 1
    else {
      if (read.kind === 'not_json') this.note('not_json', `line ${number}`)
      this.parts.push(read.json)
      this.items.push(read.item)
      this.lines.push(number)
      this.bytes += read.json.length
      this.receivedAtMs = Math.min(this.receivedAtMs, read.receivedAtMs ?? Infinity)
    }
  }

  /** Files come late, into folders of days that are long over: what counts is what each line says of itself. */
  private compareDay(receivedAtMs: number | undefined, number: number): void {
    if (receivedAtMs === undefined || this.folderDay === undefined) return
    if (Math.floor(receivedAtMs / dayMs) !== this.folderDay) this.note('other_day', `line ${number}`)
  }

  note(kind: string, detail: string | undefined): void {
    const known = this.notes.get(kind)
    if (known) known.count += 1
    else this.notes.set(kind, { kind, file: this.file, count: 1, detail })
  }

  isFull(): boolean {
    return this.parts.length >= linesMax || this.bytes >= bytesMax || this.looked >= lookedMax
  }

  take(): Taken {
    const notes = [...this.notes.values()]
    const entries = this.parts.length
    const { items } = this
    if (entries === 0) return { entries, items, filling: { ...this.filling, notes } }
    const receivedAtMs = Number.isFinite(this.receivedAtMs) ? this.receivedAtMs : this.spec.fromMs
    const request = { receivedAtMs, source: 'archive' as const, call: 'batch', body: this.body() }
    return { entries, items, filling: { ...this.filling, notes, bodies: [{ ...request, count: entries }] } }
  }

  private body(): Buffer {
    const head = JSON.stringify({ file: this.file, lines: this.lines }).slice(0, -1)
    const comma = Buffer.from(',')
    const items = this.parts.flatMap((part, index) => (index === 0 ? [part] : [comma, part]))
    return Buffer.concat([Buffer.from(`${head},"batch":[`), ...items, Buffer.from(']}')])
  }
}
