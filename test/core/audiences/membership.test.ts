import { describe, expect, it } from 'vitest'
import { readMembership } from '../../../core/audiences/membership.ts'
import { wordOf } from '../../../core/audiences/word.ts'
import type { Receipt } from '../../../core/receipt.ts'
import { defaultSettings } from '../../../core/settings.ts'
import { audienceMessage } from '../../support/audiences.ts'

const nowMs = Date.parse('2026-01-05T12:00:00.000Z')
const receipt: Receipt = { receivedAtMs: nowMs, source: 'webhook' }
const read = (rest: object = {}, isMember = true) =>
  readMembership(audienceMessage('u1', isMember, nowMs - 1_000, rest), receipt, defaultSettings)
const personas = (over: object) => ({
  context: {
    personas: { computation_class: 'audience', computation_id: 'aud_1', computation_key: 'vip', ...over },
  },
})

describe('readMembership', () => {
  it('reads an identify and a track of an audience and of a journey step', () => {
    expect(read().verdict).toMatchObject({
      kind: 'mapped',
      event: {
        audience: 'vip',
        computationId: 'aud_1',
        isMember: true,
        atMs: nowMs - 1_000,
        ids: { userId: 'u1' },
      },
    })
    const track = { type: 'track', event: 'Anything', traits: undefined, properties: { vip: false } }
    expect(read(track).verdict).toMatchObject({ kind: 'mapped', event: { isMember: false } })
    expect(read(personas({ computation_class: 'journey_step' })).verdict.kind).toBe('mapped')
  })

  it('finds the boolean of a track in its traits, as old spaces send it', () => {
    const track = { type: 'track', event: 'Audience Entered', properties: { audience_key: 'vip' } }
    expect(read(track).verdict).toMatchObject({ kind: 'mapped', event: { isMember: true } })
  })

  it('takes the texts true and false for what they spell, with a warning', () => {
    const { verdict } = read({ traits: { vip: 'false' } })
    expect(verdict).toMatchObject({ event: { isMember: false }, warnings: [{ code: 'membership_as_text' }] })
  })

  it.each([
    [{ traits: { vip: 1 } }, 'membership_not_boolean', 'traits.vip'],
    [{ traits: { vip: null } }, 'membership_not_boolean', 'traits.vip'],
    [{ traits: {} }, 'membership_missing', 'traits.vip'],
    [{ timestamp: 'yesterday' }, 'invalid_time', 'timestamp'],
    [{ timestamp: '2027-01-01T00:00:00Z' }, 'time_in_future', 'timestamp'],
    [personas({ computation_class: 'trait' }), 'not_an_audience', 'context.personas'],
  ])('sets %j aside as %s', (rest, code, path) => {
    expect(read(rest).verdict).toMatchObject({ kind: 'rejected', code, path })
  })

  it('reads own keys only', () => {
    const { verdict } = read({ ...personas({ computation_key: 'constructor' }), traits: {} })
    expect(verdict).toMatchObject({ kind: 'rejected', code: 'membership_missing' })
  })

  it('keeps the nanoseconds that the sender gave', () => {
    const timestamp = '2026-01-05T11:59:59.066179717Z'
    expect(read({ timestamp }).verdict).toMatchObject({ event: { atNs: 179_717 } })
  })

  it('honours integrations on the tracking API alone', () => {
    const message = audienceMessage('u1', true, nowMs, { integrations: { All: false } })
    expect(readMembership(message, receipt, defaultSettings).verdict.kind).toBe('mapped')
    const tracked = readMembership(message, { ...receipt, source: 'tracking' }, defaultSettings)
    expect(tracked.verdict).toMatchObject({ kind: 'filtered', rule: 'integrations' })
  })
})

describe('wordOf', () => {
  const idsOf = (rest: object, identifiers = defaultSettings.identifiers) => {
    const { verdict } = readMembership(audienceMessage('u1', true, nowMs, rest), receipt, {
      ...defaultSettings,
      identifiers,
    })
    if (verdict.kind !== 'mapped') throw new Error(verdict.kind)
    return verdict.event
  }

  it('takes the id that the unit names: a field, an id type, an e-mail, a mapped path', () => {
    const event = idsOf({ anonymousId: 'a1', traits: { vip: true, email: 'x@y.z', companyId: 7 } }, [
      { from: 'anonymousId', to: 'segmentAnonymousId' },
      { from: 'traits.companyId', to: 'companyID' },
    ])
    const found = [
      'userId',
      'userID',
      'anonymousId',
      'segmentAnonymousId',
      'email',
      'companyID',
      'traits.companyId',
    ]
    expect(found.map((unit) => wordOf(event, unit))).toEqual(
      ['u1', 'u1', 'a1', 'a1', 'x@y.z', '7', '7'].map((unitId) => ({ unitId })),
    )
  })

  it('trims an id and changes nothing else of it', () => {
    expect(wordOf(idsOf({ userId: '  Ünit 1\t' }), 'userId')).toEqual({ unitId: 'Ünit 1' })
  })

  it.each([
    [{ userId: 'a\nb' }, 'id_line_break'],
    [{ userId: 'a\0b' }, 'id_unclean'],
    [{ userId: 'x'.repeat(1_001) }, 'id_too_long'],
    [{ userId: '  ' }, 'no_unit_id'],
    [{ userId: null, anonymousId: 'a1' }, 'no_unit_id'],
  ])('sets aside %j', (rest, code) => {
    expect(wordOf(idsOf(rest), 'userId')).toMatchObject({ fault: { code } })
  })
})
