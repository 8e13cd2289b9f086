/**
 * A past window of a Segment archive: bodies that we do not hold, in requests of up to a thousand lines. Files are read
 * in the order they had when the replay began; the checkpoint is a file, a place in its text, and its ETag.
 */
import { readArchiveLine, type ArchiveWindow } from '../core/archive-line.ts'
import { BridgeError } from '../core/errors.ts'
import type { ReplaySpec } from '../core/jobs.ts'
import type {
  ArchiveAccess,
  ArchiveFile,
  ArchiveLine,
  Filling,
  Job,
  JobNote,
  JobStore,
} from '../core/ports.ts'
import type { FillStep } from './fillers.ts'

export interface ArchiveFillerDeps {
  jobs: JobStore
  archives: ArchiveAccess
}

/** Where it is: which file, how many bytes of its text, how many lines, of which version. */
interface ArchivePlace {
  n: number
  offset: number
  line: number
  etag: string
  /** Bytes of the files before this one, as they are stored. */
  bytesBefore: number
}

const linesMax = 1_000
/** Of text: a body is held whole several times on its way. */
const bytesMax = 1_500_000
/** A file that is rewritten again and again is left after this. */
const rereadsMax = 3

export function createArchiveFiller({ jobs, archives }: ArchiveFillerDeps) {
  return async function* (job: Job, signal: AbortSignal): AsyncGenerator<FillStep> {
    const spec = job.spec as ReplaySpec
    const path = await archives.resolve(spec.path ?? '')
    if (job.checkpoint === undefined) await noteFiles({ jobs, archives }, job.id, path)
    const { files, bytes: unitsTotal } = await jobs.filesHeld(job.id)
    let place = (job.checkpoint as ArchivePlace | undefined) ?? {
      ...{ n: 0, offset: 0, line: 0, etag: '', bytesBefore: 0 },
    }
    while (place.n < files) {
      const file = await jobs.file(job.id, place.n)
      if (!file) break
      yield* readFile({ archives, path, file, place, spec, unitsTotal, signal })
      place = { n: place.n + 1, offset: 0, line: 0, etag: '', bytesBefore: place.bytesBefore + file.bytes }
      const filling = { checkpoint: place, unitsTotal, unitsDone: place.bytesBefore }
      yield { entries: 0, filling }
    }
    yield* noteNewcomers({ jobs, archives }, job.id, path, place)
  }
}

/** What is there now is what will be read; a listing in pages, so that a bucket of a million files is no matter. */
async function noteFiles({ jobs, archives }: ArchiveFillerDeps, id: string, path: string): Promise<void> {
  let page: ArchiveFile[] = []
  let from = 0
  for await (const file of archives.list(path)) {
    page.push(file)
    if (page.length < 500) continue
    await jobs.putFiles(id, from, page)
    from += page.length
    page = []
  }
  if (page.length > 0) await jobs.putFiles(id, from, page)
}

interface Reading {
  archives: ArchiveAccess
  path: string
  file: ArchiveFile
  place: ArchivePlace
  spec: ReplaySpec
  unitsTotal: number
  signal: AbortSignal
}

/** One file to its end, however often it is rewritten meanwhile; what cannot be read is noted, and the next one read. */
async function* readFile(reading: Reading): AsyncGenerator<FillStep> {
  let { file, place } = reading
  const note = (kind: string, detail?: string): FillStep => ({
    entries: 0,
    filling: { checkpoint: place, notes: [{ kind, file: file.file, count: 1, detail }] },
  })
  for (let reads = 0; ; reads += 1) {
    if (place.etag !== '' && place.etag !== file.etag) place = { ...place, offset: 0, line: 0 }
    try {
      for await (const step of readOnce({ ...reading, file, place })) {
        place = step.filling.checkpoint as ArchivePlace
        yield step
      }
      return
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error
      if (error.code === 'archive_file_gone') {
        yield note('vanished', place.line > 0 ? `after line ${place.line}` : 'before it was read')
        return
      }
      if (error.code !== 'archive_file_changed') throw error
      const now = reads < rereadsMax ? await statOf(reading, file) : undefined
      if (!now) {
        yield note('changed', `left after line ${place.line}: it is rewritten again and again, or is gone`)
        return
      }
      yield note(
        'changed',
        place.line > 0 ? `after line ${place.line}; read anew` : 'since it was listed; read as it is',
      )
      file = now
      place = { ...place, etag: now.etag, offset: 0, line: 0 }
    }
  }
}

async function statOf({ archives, path }: Reading, { file }: ArchiveFile): Promise<ArchiveFile | undefined> {
  for await (const found of archives.list(path, file)) if (found.file === file) return found
  return undefined
}

/** The lines behind a place, in steps. Throws what the archive throws. */
async function* readOnce(reading: Reading): AsyncGenerator<FillStep> {
  const { archives, path, file, spec, unitsTotal, signal } = reading
  let { place } = reading
  let chunk = new Chunk(file.file, spec)
  const step = (): FillStep => {
    const unitsDone = place.bytesBefore
    const taken = chunk.take()
    chunk = new Chunk(file.file, spec)
    return { entries: taken.entries, filling: { ...taken.filling, checkpoint: place, unitsTotal, unitsDone } }
  }
  for await (const line of archives.lines(path, file, place.offset, signal)) {
    if ('note' in line) {
      chunk.note(line.note, line.detail)
      continue
    }
    place = { ...place, etag: file.etag, offset: line.end, line: place.line + 1 }
    chunk.add(line, place.line)
    if (chunk.isFull()) yield step()
  }
  yield step()
}

/** Lines that become one request: in the way that a batch's body is unpacked, with where each of them stood. */
class Chunk {
  private readonly parts: Uint8Array[] = []
  private readonly lines: number[] = []
  private readonly notes = new Map<string, JobNote>()
  private readonly filling = { outsideWindow: 0, notSelected: 0 }
  private bytes = 0
  private looked = 0
  private receivedAtMs = Infinity
  private readonly file: string
  private readonly spec: ArchiveWindow

  constructor(file: string, spec: ArchiveWindow) {
    this.file = file
    this.spec = spec
  }

  add(line: ArchiveLine, number: number): void {
    this.looked += 1
    for (const oddity of line.oddities) this.note(oddity, `line ${number}`)
    if (line.bytes.length === 0) return
    const read = readArchiveLine(line.bytes, this.spec)
    if (read.kind === 'outside') this.filling.outsideWindow += 1
    else if (!('json' in read)) this.filling.notSelected += 1
    else {
      if (read.kind === 'not_json') this.note('not_json', `line ${number}`)
      this.parts.push(read.json)
      this.lines.push(number)
      this.bytes += read.json.length
      this.receivedAtMs = Math.min(this.receivedAtMs, read.receivedAtMs ?? Infinity)
    }
  }

  note(kind: string, detail: string | undefined): void {
    const known = this.notes.get(kind)
    if (known) known.count += 1
    else this.notes.set(kind, { kind, file: this.file, count: 1, detail })
  }

  /** A window far from what a file holds must still move the checkpoint now and then. */
  isFull(): boolean {
    return this.parts.length >= linesMax || this.bytes >= bytesMax || this.looked >= 50 * linesMax
  }

  take(): { entries: number; filling: Omit<Filling, 'checkpoint'> } {
    const notes = [...this.notes.values()]
    const entries = this.parts.length
    if (entries === 0) return { entries, filling: { ...this.filling, notes } }
    const head = JSON.stringify({ file: this.file, lines: this.lines }).slice(0, -1)
    const comma = Buffer.from(',')
    const items = this.parts.flatMap((part, index) => (index === 0 ? [part] : [comma, part]))
    const body = Buffer.concat([Buffer.from(`${head},"batch":[`), ...items, Buffer.from(']}')])
    const receivedAtMs = Number.isFinite(this.receivedAtMs) ? this.receivedAtMs : this.spec.fromMs
    const request = { receivedAtMs, source: 'archive' as const, call: 'batch', body, count: entries }
    return { entries, filling: { ...this.filling, notes, bodies: [request] } }
  }
}

/** Files that came while others were read: not of this replay, but nobody shall wonder. */
async function* noteNewcomers(
  { jobs, archives }: ArchiveFillerDeps,
  id: string,
  path: string,
  checkpoint: ArchivePlace,
): AsyncGenerator<FillStep> {
  const { files } = await jobs.filesHeld(id)
  const known = new Set<number>()
  for (let n = 0; n < files; n += 1) {
    const file = await jobs.file(id, n)
    if (file) known.add(shortOf(file.file))
  }
  const notes: JobNote[] = []
  for await (const { file } of archives.list(path)) {
    if (!known.has(shortOf(file)) && notes.length < 100)
      notes.push({ kind: 'came_later', file, count: 1, detail: 'not there when the replay began' })
  }
  if (notes.length > 0) yield { entries: 0, filling: { checkpoint, notes } }
}

/** A million names as numbers take a tenth of their memory; two that are equal by chance hide a note, no message. */
function shortOf(file: string): number {
  let hash = 0
  for (let at = 0; at < file.length; at += 1) hash = (Math.imul(hash, 31) + file.charCodeAt(at)) | 0
  return hash
}
