/**
 * The lines of a gzip file as it is in the wild: several members, cut short, without a last newline, with byte order
 * marks, CRLF, blank lines. Nothing of that stops the reading; each is told. Memory is bounded, whatever a file holds.
 */
import { createGunzip, type Gunzip } from 'node:zlib'
import type { ArchiveLine, FileNote } from '../core/ports.ts'

/** Segment's messages have at most 32 KB; a line longer than this is garbage, and its beginning is kept. */
const lineBytesMax = 1024 * 1024
/** Compressed bytes that are handed to zlib at once. */
const sliceBytes = 16 * 1024

/**
 * Lines from an offset in the text on, in order, a piece of text at a time: a step for each line would cost more than
 * its reading. `open` gives the compressed bytes from the beginning, and is called again where a fault is looked for
 * more closely. Throws what `open` throws.
 */
export async function* readLines(
  open: () => AsyncIterable<Uint8Array>,
  offset = 0,
): AsyncGenerator<ArchiveLine[] | FileNote> {
  const splitter = new Splitter(offset)
  const end = yield* readText(open, splitter)
  // Told at the end, which a file has but once, however often its reading is taken up again.
  if (end.members > 1) yield { note: 'several_members', detail: `${end.members} gzip members` }
  if (end.cut) yield { note: 'cut', detail: `after ${splitter.position} bytes of text` }
  if (end.corrupt !== undefined) yield { note: 'corrupt', detail: end.corrupt }
  const rest = splitter.last(end.cut || end.corrupt !== undefined)
  if (rest) yield [rest]
  if (splitter.position === 0) yield { note: 'empty', detail: undefined }
}

interface TextEnd {
  cut: boolean
  corrupt?: string
  members: number
}

async function* readText(
  open: () => AsyncIterable<Uint8Array>,
  splitter: Splitter,
): AsyncGenerator<ArchiveLine[], TextEnd> {
  const end = yield* cutText(gunzip(open(), undefined), splitter)
  const { faultAt, cut, members } = end
  if (faultAt === undefined) return { cut, members }
  // zlib gives nothing of the slice in which it fails: once more, in slices of a few bytes from there on.
  const again = yield* cutText(gunzip(open(), faultAt), splitter)
  if (again.faultAt === undefined) return { cut: again.cut, members: again.members }
  return { cut: false, corrupt: `${again.fault ?? ''} at byte ${again.faultAt}`, members: again.members }
}

/** The lines that end in a text, without those that the splitter has had; answers what became of the text. */
async function* cutText(
  text: AsyncGenerator<Buffer, GunzipEnd>,
  splitter: Splitter,
): AsyncGenerator<ArchiveLine[], GunzipEnd> {
  let passed = 0
  try {
    for (;;) {
      const next = await text.next()
      if (next.done) return next.value
      const from = Math.max(0, splitter.seen - passed)
      passed += next.value.length
      if (from < next.value.length) yield splitter.add(next.value.subarray(from))
    }
  } finally {
    // Whoever stops reading in the middle closes the file.
    await text.return({ cut: false, members: 0 })
  }
}

interface GunzipEnd {
  cut: boolean
  members: number
  faultAt?: number
  fault?: string
}

/** Decompressed pieces. Several members follow each other as if they were one, as gzip itself reads them. */
async function* gunzip(
  compressed: AsyncIterable<Uint8Array>,
  fineFrom: number | undefined,
): AsyncGenerator<Buffer, GunzipEnd> {
  const zlib = new Unzipping()
  const heads = new MemberCount()
  let at = 0
  try {
    for await (const piece of compressed) {
      heads.add(piece)
      for (const slice of slicesOf(Buffer.from(piece.buffer, piece.byteOffset, piece.length), at, fineFrom)) {
        yield* zlib.write(slice)
        if (zlib.error) return { cut: false, faultAt: at, fault: zlib.error.message, members: heads.count }
        at += slice.length
      }
    }
    const members = heads.count
    if (at === 0) return { cut: false, members }
    yield* zlib.end()
    // What zlib calls an unexpected end is a file that was cut, or was still being written.
    if (zlib.error?.code === 'Z_BUF_ERROR') return { cut: true, members }
    return { cut: false, members, ...(zlib.error && { faultAt: at, fault: zlib.error.message }) }
  } finally {
    zlib.destroy()
  }
}

const headBytes = 10
/** Identification and method; what stands at 3, 8 and 9 is looked at besides (RFC 1952, 2.3.1). */
const headStart = Buffer.from([0x1f, 0x8b, 0x08])

/**
 * Counts gzip members by their heads: zlib goes from one to the next without a word. Five bytes that are as they must be
 * are there by chance once in a hundred billion.
 */
class MemberCount {
  count = 0
  private tail = Buffer.alloc(0)

  add(piece: Uint8Array): void {
    const bytes = Buffer.concat([this.tail, piece])
    for (let at = bytes.indexOf(headStart); at !== -1; at = bytes.indexOf(headStart, at + 1)) {
      if (at + headBytes > bytes.length) break
      const [flags = 255, extra = 255, system = 254] = [bytes[at + 3], bytes[at + 8], bytes[at + 9]]
      if (flags < 32 && [0, 2, 4].includes(extra) && (system < 14 || system === 255)) this.count += 1
    }
    // A head that is not whole yet is looked at with the next piece.
    this.tail = bytes.subarray(Math.max(0, bytes.length - headBytes + 1))
  }
}

function* slicesOf(piece: Buffer, at: number, fineFrom: number | undefined): Generator<Buffer> {
  for (let from = 0; from < piece.length;) {
    const size = fineFrom !== undefined && at + from >= fineFrom ? 16 : sliceBytes
    yield piece.subarray(from, from + size)
    from += size
  }
}

/** zlib as something that is given a slice and answers what became of it, so that a fault loses nothing before it. */
class Unzipping {
  private fault: NodeJS.ErrnoException | undefined
  private readonly zlib: Gunzip = createGunzip({ chunkSize: 64 * 1024 })
  private notify: () => void = () => undefined

  constructor() {
    const tell = () => this.notify()
    this.zlib.on('readable', tell)
    this.zlib.on('error', (error: NodeJS.ErrnoException) => {
      this.fault = error
      tell()
    })
  }

  write(slice: Buffer): AsyncGenerator<Buffer> {
    return this.until((isOver) => this.zlib.write(slice, isOver))
  }

  end(): AsyncGenerator<Buffer> {
    return this.until((isOver) => this.zlib.once('end', isOver).end())
  }

  /** What stopped it, if anything has. */
  get error(): NodeJS.ErrnoException | undefined {
    return this.fault
  }

  destroy(): void {
    this.zlib.destroy()
  }

  /** What it gives until it is over; it takes no more while what it gave has not been read. */
  private async *until(begin: (isOver: () => void) => void): AsyncGenerator<Buffer> {
    const state = { over: false }
    const isOver = () => state.over
    begin(() => {
      state.over = true
      this.notify()
    })
    for (;;) {
      const piece = this.zlib.read() as Buffer | null
      if (piece !== null) yield piece
      else if (isOver() || this.error) return
      else await new Promise<void>((resolve) => (this.notify = resolve))
    }
  }
}

const [newline, carriageReturn] = [0x0a, 0x0d]
const isBom = (bytes: Buffer) => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf

/** U+2028, U+2029 and NEL, as UTF-8: other programs break a line there. */
const separators = ['\u2028', '\u2029', '\u0085'].map((text) => Buffer.from(text))
const hasSeparator = (bytes: Buffer): boolean => separators.some((separator) => bytes.includes(separator))

const nothingOdd: readonly string[] = Object.freeze([])

/** Cuts text into lines at line feeds alone: U+2028 and its like are part of a message. */
class Splitter {
  /** Bytes of text that have been given to `add`, or lie before the offset. */
  seen: number
  /** Where the line that is being read begins. */
  position: number
  private held: Buffer[] = []
  private heldBytes = 0
  private dropped = false

  constructor(offset: number) {
    this.seen = offset
    this.position = offset
  }

  /** The lines that end in this piece. */
  add(piece: Buffer): ArchiveLine[] {
    const lines: ArchiveLine[] = []
    const mayBeSeparated = hasSeparator(piece)
    let from = 0
    for (let at = piece.indexOf(newline); at !== -1; at = piece.indexOf(newline, from)) {
      const mayBe = mayBeSeparated || this.heldBytes > 0
      const { bytes, oddities } = this.lineOf(piece.subarray(from, at), mayBe)
      from = at + 1
      this.position = this.seen + from
      lines.push({ bytes, oddities, end: this.position })
    }
    this.hold(piece.subarray(from))
    this.seen += piece.length
    return lines
  }

  /** What stands behind the last line break. */
  last(isBroken: boolean): ArchiveLine | undefined {
    if (this.heldBytes === 0) return undefined
    const line = this.lineOf(Buffer.alloc(0), true)
    this.position = this.seen
    const oddities = isBroken ? line.oddities : [...line.oddities, 'no_last_newline']
    return { bytes: line.bytes, oddities, end: this.seen }
  }

  private hold(piece: Buffer): void {
    if (piece.length === 0) return
    const room = Math.max(0, lineBytesMax - this.heldBytes)
    if (piece.length > room) this.dropped = true
    this.held.push(Buffer.from(piece.subarray(0, room)))
    this.heldBytes += piece.length
  }

  private lineOf(tail: Buffer, mayBeSeparated: boolean): Pick<ArchiveLine, 'bytes' | 'oddities'> {
    let bytes = tail
    if (this.heldBytes > 0) {
      this.hold(tail)
      bytes = Buffer.concat(this.held)
    }
    const isTooLong = this.dropped || bytes.length > lineBytesMax
    ;[this.held, this.heldBytes, this.dropped] = [[], 0, false]
    // Cut so that no JSON is left of it: it is told as what it is.
    if (isTooLong) bytes = bytes.subarray(0, 2_048)
    return trim(bytes, isTooLong ? ['line_too_long'] : [], mayBeSeparated)
  }
}

/** A line without what does not belong to its JSON, and what that was. Most lines have nothing of it. */
function trim(
  line: Buffer,
  found: string[],
  mayBeSeparated: boolean,
): Pick<ArchiveLine, 'bytes' | 'oddities'> {
  let bytes = line
  if (bytes.at(-1) === carriageReturn) {
    found.push('crlf')
    bytes = bytes.subarray(0, -1)
  }
  if (isBom(bytes)) {
    found.push('bom')
    bytes = bytes.subarray(3)
  }
  if (isBlank(bytes)) {
    found.push('blank')
    bytes = bytes.subarray(0, 0)
  }
  if (mayBeSeparated && hasSeparator(bytes)) found.push('separator_in_text')
  return { bytes, oddities: found.length === 0 ? nothingOdd : found }
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09) return false
  return true
}
