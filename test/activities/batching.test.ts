import { describe, expect, it } from 'vitest'
import { createFill, cutIntoParts, wholeParts } from '../../activities/batching.ts'
import type { LaneHandler } from '../../activities/lane-handler.ts'
import type { Decided } from '../../activities/read-run.ts'

const entry = (seq: number, bytes: number): Decided => ({
  ...{ seq, sole: true, messageId: `m${seq}`, seen: {}, receivedAtMs: 0, once: undefined, mayBeEcho: false },
  verdict:
    bytes > 0
      ? { kind: 'mapped', event: 'x'.repeat(bytes), warnings: [] }
      : { kind: 'filtered', rule: 'default', warnings: [] },
})
const run = (...sizes: number[]) => sizes.map((bytes, at) => entry(at + 1, bytes))
const limits = { entriesMax: 3, bytesMax: 20 }
const handler = { limits, fillMs: 5_000 } as LaneHandler
const seqs = (entries: Decided[]) => entries.map(({ seq }) => seq)
const cut = (...sizes: number[]) =>
  cutIntoParts(run(...sizes), ({ verdict }) => verdict.kind === 'mapped', limits).map(seqs)

describe('cutIntoParts', () => {
  it('fills by bytes with a comma between two events, and by number', () => {
    expect(cut(10, 9, 10)).toEqual([[1, 2], [3]])
    expect(cut(10, 10)).toEqual([[1], [2]])
    expect(cut(1, 1, 1, 1)).toEqual([[1, 2, 3], [4]])
  })
  it('keeps what is not sent in its place, and one that is too large alone', () => {
    expect(cut(0, 10, 0, 11, 0)).toEqual([
      [1, 2, 3],
      [4, 5],
    ])
    expect(cut(30, 5)).toEqual([[1], [2]])
  })
})

describe('wholeParts', () => {
  it('leaves what does not fill a request to the next run', () => {
    const { run: whole, isFilling } = wholeParts(run(10, 9, 10), true, handler)
    expect([seqs(whole), isFilling]).toEqual([[1, 2], false])
  })
  it('says that a run fills while it is all that the lane has and something of it is sent', () => {
    expect(wholeParts(run(10, 0), true, handler)).toMatchObject({ isFilling: true })
    expect(wholeParts(run(10, 0), false, handler)).toMatchObject({ isFilling: false })
    expect(wholeParts(run(0, 0), true, handler)).toMatchObject({ isFilling: false })
  })
  it('hands everything on where a handler does not fill', () => {
    expect(wholeParts(run(10, 9, 10), true, { limits } as LaneHandler).run).toHaveLength(3)
  })
})

describe('createFill', () => {
  it('lets a batch that is not full wait until five seconds after the last, and the first not at all', () => {
    const fill = createFill(5_000)
    const partial = { run: [], isFilling: true }
    expect(fill.waitMs(partial, 1_000)).toBe(0)
    fill.sent(1_000)
    expect(fill.waitMs(partial, 2_000)).toBe(4_000)
    expect(fill.waitMs(partial, 6_000)).toBe(0)
    expect(fill.waitMs({ run: [], isFilling: false }, 2_000)).toBe(0)
  })
})
