import { describe, expect, it } from 'vitest'
import { exitCodeOf, lastLine, ofWhat, shownJob } from '../../../bin/cli/jobs/ending.ts'
import { isSettled, type Job } from '../../../bin/cli/jobs/kinds.ts'
import { shownPlan } from '../../../bin/cli/jobs/plan.ts'
import { createProgress, said } from '../../../bin/cli/jobs/progress.ts'
import { PassThrough } from 'node:stream'

const none = {
  ...{ planned: 0, done: 0, delivered: 0, filtered: 0, skipped: 0, rejected: 0 },
  ...{ outsideWindow: 0, notSelected: 0, unsent: 0 },
}
function makeJob({
  counts,
  ...change
}: Partial<Omit<Job, 'counts'>> & { counts?: Partial<Job['counts']> } = {}): Job {
  return {
    ...{ id: 'rpl_1', connectionId: 'con_1', status: 'completed', counts: { ...none, ...counts } },
    ...{
      rate: null,
      ratePerSecond: 0,
      etaSeconds: 0,
      notes: [],
      workflowId: 'replay:rpl_1',
      lane: 'replay:rpl_1',
    },
    ...{ temporalUrl: 'http://temporal.test/x', createdAt: '2026-01-05T12:00:00.000Z' },
    ...change,
  }
}

describe('exitCodeOf', () => {
  it('is 0 where all was delivered, or left out by a rule', () => {
    expect(exitCodeOf(makeJob({ counts: { delivered: 3, filtered: 1, skipped: 2, outsideWindow: 9 } }))).toBe(
      0,
    )
  })
  it('is 4 where something was refused, left unsent or cancelled', () => {
    expect(exitCodeOf(makeJob({ counts: { delivered: 3, rejected: 1 } }))).toBe(4)
    expect(exitCodeOf(makeJob({ counts: { unsent: 1 } }))).toBe(4)
    expect(exitCodeOf(makeJob({ status: 'cancelled' }))).toBe(4)
  })
  it('is 1 where the job itself failed', () => {
    expect(exitCodeOf(makeJob({ status: 'failed', counts: { rejected: 1 } }))).toBe(1)
  })
})

describe('isSettled', () => {
  it('is a dry run with its plan, though its status stays `planned`', () => {
    const dry = makeJob({ status: 'planned', dryRun: true })
    expect(isSettled(dry)).toBe(false)
    expect(isSettled({ ...dry, error: 'archive_unreadable' })).toBe(true)
    expect(isSettled(makeJob({ status: 'running' }))).toBe(false)
  })
})

describe('lastLine', () => {
  it('says what became of it, in one line', () => {
    const job = makeJob({ counts: { delivered: 12_000, skipped: 3, rejected: 2 } })
    expect(lastLine('replay', job).plain).toBe(
      'replay rpl_1 is completed: 12,000 delivered, 3 skipped, 2 rejected.',
    )
  })
})

describe('shownJob', () => {
  it('names the oddities of the source, and how many more there are', () => {
    const notes = Array.from({ length: 25 }, (_, n) => ({
      kind: 'cut_file',
      file: `f${n}\u001b[2J`,
      count: 1,
    }))
    const text = shownJob(
      'replay',
      makeJob({ notes, path: 's3://bucket', counts: { planned: 4, done: 3 } }),
    ).plain
    expect(text).toContain('3 of 4 (75 %)')
    expect(text).toContain('f0\\u001b[2J')
    expect(text).toContain('and 5 more')
  })
})

describe('ofWhat', () => {
  it('says the window and what is special', () => {
    const window = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' }
    expect(ofWhat('replay', makeJob({ ...window, force: true }))).toBe(
      'the store from 2026-01-01 00:00:00 to 2026-01-02 00:00:00 (force)',
    )
    expect(ofWhat('redrive', makeJob({ outcome: 'rejected', lanes: ['events', 'late'] }))).toBe(
      'rejected in events, late',
    )
  })
})

describe('shownPlan', () => {
  it('is tables by day, type and event, the largest first', () => {
    const plan = {
      ...{
        total: 30,
        deliverable: 25,
        delivered: 3,
        tooOld: 1,
        outsideWindow: 0,
        notSelected: 0,
        estimateSeconds: 90,
      },
      ...{ byDay: { '2026-01-02': 10, '2026-01-01': 20 }, byType: { track: 30 } },
      byEvent: Object.fromEntries(Array.from({ length: 22 }, (_, n) => [`event ${n}`, n])),
      ...{ filtered: {}, skipped: { too_old: 1 }, rejected: { no_id: 1 }, notes: {} },
    }
    const text = shownPlan(plan).plain
    expect(text).toContain('would be sent     25')
    expect(text).toContain('takes about       1 min 30 s')
    expect(text).toMatch(/2026-01-01 +20\n2026-01-02 +10/)
    expect(text).toMatch(/event 21 +21\nevent 20 +20/)
    expect(text).toContain('and 2 more: --json has all')
    expect(text).not.toContain('outside the window')
  })
})

describe('createProgress', () => {
  const running = makeJob({
    status: 'running',
    counts: { done: 500, planned: 1_000 },
    ratePerSecond: 50,
    etaSeconds: 10,
  })
  const gather = (isTty: boolean) => {
    const stream = Object.assign(new PassThrough(), { isTTY: isTty, columns: 100 })
    let text = ''
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
    return { text: () => text, output: { stream, isTty, columns: () => 100 } }
  }
  it('draws a bar on a terminal, and gives the cursor back', async () => {
    const { output, text } = gather(true)
    const progress = await createProgress(output, () => 0)
    progress.show(running)
    progress.stop()
    expect(text()).toContain('50 %  500 of 1,000, 50 a second, 10 s to go')
    expect(text()).toMatch(/█+░+/)
    expect(text().lastIndexOf('\u001b[?25h')).toBeGreaterThan(text().lastIndexOf('\u001b[?25l'))
  })
  it('writes a line now and then where there is no terminal, and at each change of status', async () => {
    const { output, text } = gather(false)
    let nowMs = 0
    const progress = await createProgress(output, () => nowMs)
    for (const atMs of [0, 1_000, 9_999, 10_000]) {
      nowMs = atMs
      progress.show(running)
    }
    progress.show({ ...running, status: 'paused' })
    expect(text().split('\n')).toEqual([said(running), said(running), '500 of 1,000, paused', ''])
  })
})
