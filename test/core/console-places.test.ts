import { describe, expect, it } from 'vitest'
import { consolePlaceOf } from '../../core/console-places.ts'

describe('consolePlaceOf', () => {
  it.each([
    [{ workflow: 'drainLane', lane: 'events' }, '/connections/con_1/messages?lane=events'],
    [{ workflow: 'replayBackfill', lane: 'replay:rpl_1' }, '/jobs/replays/rpl_1'],
    [{ workflow: 'exportOutbound', lane: 'export:exp_1' }, '/jobs/exports/exp_1'],
    [{ workflow: 'redriveMessages', lane: 'redrive:rdr_1' }, '/jobs/redrives/rdr_1'],
    [{ workflow: 'syncAudience', audience: 'a/b c' }, '/connections/con_1/audiences/a%2Fb%20c'],
    [{ workflow: 'connectSegment' }, '/connections/con_1/setup'],
    [{ workflow: 'erasePerson' }, '/connections/con_1'],
  ])('shows %j at %s', (run, place) => {
    expect(consolePlaceOf({ connectionId: 'con_1', ...run })).toBe(place)
  })
})
