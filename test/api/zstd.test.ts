import { describe, expect, it } from 'vitest'
import { isZstd, unzstd, ZstdInvalid, ZstdTooLarge } from '../../api/zstd.ts'

const magic = [0x28, 0xb5, 0x2f, 0xfd]
/** A frame of blocks that are not compressed, or of one byte repeated (RFC 8878, 3.1.1). */
const frame = (descriptor: number[], ...blocks: number[][]): Buffer =>
  Buffer.from([...magic, ...descriptor, ...blocks.flat()])
const raw = (text: string, isLast = true): number[] => {
  const header = (text.length << 3) | (isLast ? 1 : 0)
  return [header & 0xff, (header >> 8) & 0xff, header >> 16, ...Buffer.from(text)]
}
const repeated = (character: string, times: number, isLast = true): number[] => {
  const header = (times << 3) | (1 << 1) | (isLast ? 1 : 0)
  return [header & 0xff, (header >> 8) & 0xff, header >> 16, character.charCodeAt(0)]
}
/** A window of 1 MB, no size, no checksum. */
const oneMegabyte = [0x00, 0x50]

describe('unzstd', () => {
  it('unpacks a frame of several blocks, and several frames', () => {
    const one = frame(oneMegabyte, raw('{"a":', false), raw('1}'))
    expect(isZstd(one)).toBe(true)
    expect(unzstd(one, 1e6 + 1e5).toString()).toBe('{"a":1}')
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9])
    expect(unzstd(Buffer.concat([one, skippable, one]), 1e7).toString()).toBe('{"a":1}{"a":1}')
  })
  it('unpacks a frame that says its size and has a checksum flag off', () => {
    expect(unzstd(frame([0x20, 7], raw('{"a":1}')), 100).toString()).toBe('{"a":1}')
  })
  it('refuses a body that unpacks to more than the bound', () => {
    const bomb = frame(
      oneMegabyte,
      ...Array.from({ length: 40 }, () => repeated('a', 100_000, false)),
      raw(''),
    )
    expect(() => unzstd(bomb, 2_000_000)).toThrow(ZstdTooLarge)
  })
  it('refuses a frame that asks for a window over the bound before any of it is decoded', () => {
    expect(() => unzstd(frame([0x00, 0xa8], raw('{}')), 16e6)).toThrow(ZstdTooLarge)
    expect(() => unzstd(frame([0xe0, 0, 0, 0, 0, 1, 0, 0, 0], raw('{}')), 16e6)).toThrow(ZstdTooLarge)
    const sound = frame(oneMegabyte, raw('{}'))
    expect(() => unzstd(Buffer.concat([sound, frame([0x00, 0xa8], raw('{}'))]), 16e6)).toThrow(ZstdTooLarge)
  })
  it('refuses what is cut off or no frame at all', () => {
    expect(() => unzstd(frame(oneMegabyte, raw('{"a":1}')).subarray(0, 9), 16e6)).toThrow(ZstdInvalid)
    expect(() => unzstd(Buffer.from([...magic]), 16e6)).toThrow(ZstdInvalid)
    expect(() => unzstd(Buffer.concat([frame(oneMegabyte, raw('{}')), Buffer.from('tail')]), 16e6)).toThrow(
      ZstdInvalid,
    )
  })
})
