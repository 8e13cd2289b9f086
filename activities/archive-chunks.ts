/**
 * One version of one file of an archive, from a place on, as steps of a filler. It needs nothing but the archive, so that
 * it may run in a thread of its own (bin/archive-reader.ts).
 */
import type { ReplaySpec } from '../core/jobs.ts'
import type { ArchiveAccess, ArchiveFile } from '../core/ports.ts'
import { Chunk } from './archive-chunk.ts'
import { decideChunk, type DecideBasis } from './decided-chunk.ts'
import type { FillStep } from './fillers.ts'
import type { LaneHandler } from './lane-handler.ts'

/** Where a filler is: which file, how many bytes of its text, how many lines, of which version. */
export interface ArchivePlace {
  n: number
  offset: number
  line: number
  etag: string
  /** Bytes of the files before this one, as they are stored. */
  bytesBefore: number
}

export interface ChunkRequest {
  path: string
  file: ArchiveFile
  place: ArchivePlace
  /** The beginning of the file behind it: where the last step of this one leads. */
  next: ArchivePlace
  spec: ReplaySpec
  unitsTotal: number
  /** With which settings the lines are decided at once; undefined: not here. */
  basis?: DecideBasis | undefined
}

/** Reads the lines behind a place. Throws what the archive throws. */
export type ChunkReader = (request: ChunkRequest, signal: AbortSignal) => AsyncIterable<FillStep>

/** `decide`: the mapping, where lines are decided as they are read; what was parsed then stays behind. */
export function createChunkReader(archives: ArchiveAccess, decide?: LaneHandler['decide']): ChunkReader {
  return async function* ({ path, file, place: from, next, spec, unitsTotal, basis }, signal) {
    let place = from
    let chunk = new Chunk(file.file, spec)
    const step = (checkpoint: ArchivePlace): FillStep => {
      const { entries, filling, items } = chunk.take()
      chunk = new Chunk(file.file, spec)
      const bytes = filling.bodies?.[0]?.body.length ?? 0
      const decided = decide && basis && decideChunk(decide, items, basis)
      const units = { unitsTotal, unitsDone: checkpoint.bytesBefore }
      const parsed = decide ? decided && { decided, bytes } : { items, bytes }
      return { entries, filling: { ...filling, checkpoint, ...units }, ...(parsed && { parsed }) }
    }
    for await (const lines of archives.lines(path, file, place.offset, signal)) {
      if ('note' in lines) {
        chunk.note(lines.note, lines.detail)
        continue
      }
      let { line: number } = place
      for (const line of lines) {
        number += 1
        chunk.add(line, number)
        if (!chunk.isFull()) continue
        place = { ...place, etag: file.etag, offset: line.end, line: number }
        yield step(place)
      }
      place = { ...place, etag: file.etag, offset: lines.at(-1)?.end ?? place.offset, line: number }
    }
    yield step(next)
  }
}
