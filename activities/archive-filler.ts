/**
 * A past window of a Segment archive: bodies that we do not hold, in requests of up to a thousand lines. Files are read
 * in the order they had when the replay began; the checkpoint is a file, a place in its text, and its ETag.
 */
import { BridgeError } from '../core/errors.ts'
import type { ReplaySpec } from '../core/jobs.ts'
import type { ArchiveAccess, ArchiveFile, ConnectionStore, Job, JobNote, JobStore } from '../core/ports.ts'
import {
  createChunkReader,
  type ArchivePlace,
  type ChunkReader,
  type ChunkRequest,
} from './archive-chunks.ts'
import type { FillStep } from './fillers.ts'

export interface ArchiveFillerDeps {
  jobs: JobStore
  archives: ArchiveAccess
  /** Reads elsewhere than here, and decides at once with the settings of these connections. */
  elsewhere?: { read: ChunkReader; connections: Pick<ConnectionStore, 'get'> }
}

/** A file that is rewritten again and again is left after this. */
const rereadsMax = 3

export function createArchiveFiller({ jobs, archives, elsewhere }: ArchiveFillerDeps) {
  const read = elsewhere?.read ?? createChunkReader(archives)
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
      const next = {
        n: place.n + 1,
        offset: 0,
        line: 0,
        etag: '',
        bytesBefore: place.bytesBefore + file.bytes,
      }
      // A plan decides for itself, and remembers nothing.
      const settings = job.dryRun ? undefined : (await elsewhere?.connections.get(job.connectionId))?.settings
      const basis = settings && { settings, ageAtMs: job.createdAtMs }
      yield* readFile({ archives, path, file, place, next, spec, unitsTotal, basis, read, signal })
      place = next
    }
    yield* noteNewcomers({ jobs, archives }, job.id, path, place)
  }
}

/** What is there now is what will be read; a listing in pages, so that a bucket of a million files is no matter. */
async function noteFiles(
  { jobs, archives }: Pick<ArchiveFillerDeps, 'jobs' | 'archives'>,
  id: string,
  path: string,
): Promise<void> {
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

interface Reading extends ChunkRequest {
  archives: ArchiveAccess
  read: ChunkReader
  signal: AbortSignal
}

/**
 * One file to its end, however often it is rewritten meanwhile; what cannot be read is noted, and the next one read. Its
 * last step is the first of the next file, so that nothing of it is told twice.
 */
async function* readFile(reading: Reading): AsyncGenerator<FillStep> {
  let { file, place } = reading
  const { archives, read, signal, ...request } = reading
  const { path, next, unitsTotal } = request
  const note = (kind: string, detail: string, checkpoint = place): FillStep => ({
    entries: 0,
    filling: {
      checkpoint,
      ...{ unitsTotal, unitsDone: checkpoint.bytesBefore },
      notes: [{ kind, file: file.file, count: 1, detail }],
    },
  })
  for (let reads = 0; ; reads += 1) {
    // A version of the file that was begun is gone on with, whatever was listed.
    if (place.etag !== '') file = { ...file, etag: place.etag }
    try {
      for await (const step of read({ ...request, file, place }, signal)) {
        place = step.filling.checkpoint as ArchivePlace
        yield step
      }
      return
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error
      if (error.code === 'archive_file_gone') {
        yield note('vanished', place.line > 0 ? `after line ${place.line}` : 'before it was read', next)
        return
      }
      if (error.code !== 'archive_file_changed') throw error
      const now = reads < rereadsMax ? await statOf(archives, path, file.file) : undefined
      if (!now) {
        yield note(
          'changed',
          `left after line ${place.line}: it is rewritten again and again, or is gone`,
          next,
        )
        return
      }
      const what =
        place.line > 0 ? `after line ${place.line}; read anew` : 'since it was listed; read as it is'
      place = { ...place, etag: now.etag, offset: 0, line: 0 }
      yield note('changed', what)
    }
  }
}

async function statOf(archives: ArchiveAccess, path: string, file: string): Promise<ArchiveFile | undefined> {
  for await (const found of archives.list(path, file)) if (found.file === file) return found
  return undefined
}

/** Files that came while others were read: not of this replay, but nobody shall wonder. */
async function* noteNewcomers(
  { jobs, archives }: Pick<ArchiveFillerDeps, 'jobs' | 'archives'>,
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
