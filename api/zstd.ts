/**
 * Zstandard (RFC 8878) by fzstd, since zlib has it only from Node 22.15 on. Statsig's Rust-based SDKs send nothing
 * else. A frame says in its first bytes how much memory it wants; whoever holds a client key, which is public, may
 * write there what they like, so each is looked at before the decoder is.
 */
import { Decompress } from 'fzstd'

/** The body grows past the bound, or its frames ask for more memory than that. */
export class ZstdTooLarge extends Error {}
/** The body is not zstd, or cut off. */
export class ZstdInvalid extends Error {}

/** Whether a body begins like a zstd frame. */
export function isZstd(body: Uint8Array): boolean {
  return body[0] === 0x28 && body[1] === 0xb5 && body[2] === 0x2f && body[3] === 0xfd
}

/** Unpacks, at most to `bytesMax`. Throws `ZstdTooLarge`, `ZstdInvalid`. */
export function unzstd(packed: Uint8Array, bytesMax: number): Buffer {
  checkFrames(packed, bytesMax)
  const blocks: Uint8Array[] = []
  let bytes = 0
  const stream = new Decompress((block) => {
    bytes += block.length
    if (bytes > bytesMax) throw new ZstdTooLarge()
    blocks.push(block)
  })
  try {
    stream.push(packed, true)
  } catch (error) {
    throw error instanceof ZstdTooLarge ? error : new ZstdInvalid()
  }
  return Buffer.concat(blocks, bytes)
}

/** Walks from frame to frame by their block headers, and refuses windows over the bound. */
function checkFrames(packed: Uint8Array, bytesMax: number): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  try {
    for (let at = 0; at < packed.length;) at = endOfFrame(view, at, bytesMax)
  } catch (error) {
    // Beyond the end of the view.
    if (error instanceof RangeError) throw new ZstdInvalid()
    throw error
  }
}

function endOfFrame(view: DataView, start: number, bytesMax: number): number {
  const magic = view.getUint32(start, true)
  // A skippable frame says its length.
  if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) return start + 8 + view.getUint32(start + 4, true)
  if (magic !== 0xfd2fb528) throw new ZstdInvalid()
  const { window, blocksAt, hasChecksum } = readHeader(view, start + 4)
  if (window > bytesMax) throw new ZstdTooLarge()
  for (let at = blocksAt; ;) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
    const isRepeated = ((header >> 1) & 3) === 1
    at += 3 + (isRepeated ? 1 : header >> 3)
    if ((header & 1) === 1) return at + (hasChecksum ? 4 : 0)
  }
}

function readHeader(view: DataView, at: number) {
  const flags = view.getUint8(at)
  const isSingle = (flags & 0x20) !== 0
  const windowAt = at + 1
  const sizeAt = windowAt + (isSingle ? 0 : 1) + ([0, 1, 2, 4][flags & 3] ?? 0)
  const sizeBytes = flags >> 6 === 0 ? (isSingle ? 1 : 0) : 1 << (flags >> 6)
  const window = isSingle ? contentSize(view, sizeAt, sizeBytes) : windowSize(view.getUint8(windowAt))
  return { window, blocksAt: sizeAt + sizeBytes, hasChecksum: (flags & 4) !== 0 }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function contentSize(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at)
  if (bytes === 2) return view.getUint16(at, true) + 256
  return bytes === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true))
}
