import { describe, expect, it } from 'vitest'
import { folderDayOf } from '../../activities/archive-chunk.ts'
import { describeJob, etaOf, jobKinds, jobOfLane, jobRun, plannedOf, type JobKind } from '../../core/jobs.ts'
import { destinationOf, taskQueueOf } from '../../core/lanes.ts'
import { measure, nextShare, restMs, runEntries } from '../../core/pace.ts'
import { emptyPlan, estimateSeconds, otherNames, planMessage, tally } from '../../core/plan.ts'

describe('nextShare', () => {
  it('halves while live lanes wait for more than a second, doubles when they do not, and never stands still', () => {
    const shares = [1_001, 5_000, 60_000, 60_000, 60_000, 1_000, 0, 0, 0, 0].reduce<number[]>(
      (all, lagMs) => [...all, nextShare(all.at(-1) ?? 1, lagMs)],
      [1],
    )
    expect(shares.slice(1)).toEqual([0.5, 0.25, 0.125, 0.0625, 0.0625, 0.125, 0.25, 0.5, 1, 1])
  })
})

describe('restMs', () => {
  const run = { entries: 1_000, tookMs: 100, share: 1, rate: undefined }
  it('is nothing without a rate while live lanes are well', () => {
    expect(restMs(run)).toBe(0)
  })
  it('leaves live lanes the rest of the time, five seconds at most at once', () => {
    expect(restMs({ ...run, share: 0.25 })).toBe(300)
    expect(restMs({ ...run, tookMs: 10_000, share: 1 / 16 })).toBe(5_000)
  })
  it('keeps a rate, the time of the run included', () => {
    expect(restMs({ ...run, rate: 2_000 })).toBe(400)
    expect(restMs({ ...run, rate: 2_000, share: 0.125 })).toBe(700)
    expect(restMs({ ...run, rate: 100_000 })).toBe(0)
  })
})

describe('runEntries', () => {
  it('lets a run last half a second at most, so that another rate is in force soon', () => {
    expect([undefined, 10_000, 500, 1].map((rate) => runEntries(1_000, rate))).toEqual([1_000, 1_000, 250, 1])
  })
})

describe('measure', () => {
  it('tells the pace over three seconds and more', () => {
    const first = measure({ done: 0, atMs: 0, perSecond: 0 }, 100, 1_000)
    expect(measure(first, 5_000, 3_000)).toBe(first)
    expect(measure(first, 8_100, 5_000)).toEqual({ done: 8_100, atMs: 5_000, perSecond: 2_000 })
  })
})

describe('plannedOf', () => {
  it('is exact at the end, and until then what was found, extended by the share that has been read', () => {
    const progress = { closed: false, accepted: 100, unitsTotal: 1_000, unitsDone: 250 }
    expect(plannedOf(progress)).toBe(400)
    expect(plannedOf({ ...progress, closed: true })).toBe(100)
    expect(plannedOf({ ...progress, unitsDone: 0 })).toBe(100)
  })
})

describe('etaOf', () => {
  it('is unknown where nothing moves and 0 at the end', () => {
    expect([etaOf(10, 4), etaOf(10, 0), etaOf(0, 0)]).toEqual([3, null, 0])
  })
})

describe('describeJob', () => {
  const job = { status: 'running', says: 'Forwards.', planned: 200, done: 50, delivered: 40, perSecond: 10 }
  it('says what a person in the Web UI wants to know: how far, at what pace, until when', () => {
    expect(describeJob(job)).toBe(
      '**running**: Forwards.\n\n**50** of 200 done (25 %), 40 delivered, 10 a second, about 15 s to go',
    )
  })
  it('says why it failed, and nothing of a pace that is none', () => {
    expect(describeJob({ ...job, status: 'failed', perSecond: 0, error: 'no bucket' })).toBe(
      '**failed**: Forwards.\n\n> no bucket\n\n**50** of 200 done (25 %), 40 delivered',
    )
  })
})

describe('jobRun', () => {
  it.each(Object.keys(jobKinds) as JobKind[])(
    'starts a %s on the bulk worker, where its lane is too',
    (kind) => {
      const run = jobRun({ kind, id: 'x_1', connectionId: 'con_1' })
      expect(run).toMatchObject({
        workflow: jobKinds[kind].workflow,
        taskQueue: 'causeway-bulk',
        lane: `${kind}:x_1`,
      })
      expect(taskQueueOf(`${kind}:x_1`)).toBe('causeway-bulk')
      expect(jobOfLane(`${kind}:x_1`)).toEqual({ kind, id: 'x_1' })
      expect(destinationOf(`${kind}:x_1`)).toBe(kind === 'export' ? 'segment' : 'statsig')
    },
  )
  it('is not of a standing lane', () => {
    expect(jobOfLane('events')).toBeUndefined()
    expect(taskQueueOf('events')).toBe('causeway-live')
  })
})

describe('planMessage', () => {
  it('counts each message once by its end, and once by day, type and event', () => {
    const plan = emptyPlan()
    const message = { day: '2026-01-05', type: 'track', event: 'A', wasDelivered: false }
    const warnings: [] = []
    planMessage(plan, { ...message, verdict: { kind: 'mapped', event: {}, warnings } })
    planMessage(plan, { ...message, wasDelivered: true, verdict: { kind: 'mapped', event: {}, warnings } })
    planMessage(plan, { ...message, verdict: { kind: 'skipped', reason: 'too_old', warnings } })
    planMessage(plan, { ...message, verdict: { kind: 'filtered', rule: 'default', warnings } })
    expect(plan).toMatchObject({
      ...{ total: 4, deliverable: 1, delivered: 1, tooOld: 1 },
      ...{ filtered: { default: 1 }, skipped: { duplicate: 1, too_old: 1 } },
      ...{ byDay: { '2026-01-05': 4 }, byType: { track: 4 }, byEvent: { A: 4 } },
    })
  })
})

describe('tally', () => {
  it('holds a thousand names and counts the rest together, whatever they are called', () => {
    const counts: Record<string, number> = {}
    tally(counts, '__proto__')
    for (let n = 0; n < 1_500; n += 1) tally(counts, `name ${n}`)
    expect(Object.keys(counts)).toHaveLength(1_001)
    expect(counts[otherNames]).toBe(501)
    expect(Object.getOwnPropertyDescriptor(counts, '__proto__')?.value).toBe(1)
  })
})

describe('estimateSeconds', () => {
  it('goes by the rate, where one is set', () => {
    expect(estimateSeconds({ ...emptyPlan(), total: 1_000 }, 10)).toBe(100)
    expect(estimateSeconds({ ...emptyPlan(), total: 1_000_000 }, undefined)).toBeGreaterThan(10)
  })
})

describe('folderDayOf', () => {
  it("reads the day of Segment's folders, and none of other layouts", () => {
    expect(folderDayOf('segment-logs/web/1767571200000/a.gz')).toBe(20_458)
    expect(folderDayOf('1767571200000/a.gz')).toBe(20_458)
    expect(folderDayOf('logs/2026-01-05/a.gz')).toBeUndefined()
    expect(folderDayOf('1767571200000.gz')).toBeUndefined()
  })
})
