import { describe, expect, it } from 'vitest'
import { sentenceOf } from '../../console/pages/settings/audit-sentence.ts'

const names = new Map([['con_1', 'Shop']])
const target = { kind: 'connection', id: 'con_1' }

describe('sentenceOf', () => {
  it.each([
    [{ action: 'PATCH /connections/{id}', target, after: { paused: true } }, 'paused Shop'],
    [{ action: 'PATCH /connections/{id}', target, after: { paused: false } }, 'resumed Shop'],
    [
      { action: 'PATCH /connections/{id}', target, after: { filters: {}, environment: 'x' } },
      'changed filters and environment of Shop',
    ],
    [{ action: 'POST /connections/{id}/replays', target }, 'started a replay on Shop'],
    [
      { action: 'POST /connections/{id}/audiences/{key}/approve', target },
      'approved removals from an audience of Shop',
    ],
    [{ action: 'POST /session', target: { kind: 'session', id: 'environment' } }, 'signed in'],
    [{ action: 'setup.expired', target }, 'brought the set-up of Shop to “expired”'],
    [
      { action: 'DELETE /keys/{id}', target: { kind: 'key', id: 'key_1' }, before: { name: 'Ada' } },
      'revoked the API key Ada',
    ],
    [{ action: 'POST /connections/{id}/something-new', target }, 'did something new on Shop'],
  ])('tells %j', (change, sentence) => {
    expect(sentenceOf(change, names)).toBe(sentence)
  })

  it('says the id of what has no name any more', () => {
    const gone = { action: 'POST /connections/{id}/exports', target: { kind: 'connection', id: 'con_2' } }
    expect(sentenceOf(gone, names)).toBe('started an export on con_2')
  })
})
