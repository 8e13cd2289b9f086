import { describe, expect, it } from 'vitest'
import { IdentifierMapping } from '../../core/settings.ts'

describe('IdentifierMapping', () => {
  it.each(['companyID', '\u{1F600}', 'constructor'])('takes the id type %j', (to) => {
    expect(IdentifierMapping.safeParse({ from: 'groupId', to }).success).toBe(true)
  })

  it.each(['', ' ', '\u00a0', 'a\0', 'a\ud800'])('refuses the id type %j, which no event may carry', (to) => {
    const { error } = IdentifierMapping.safeParse({ from: 'groupId', to })
    expect(error?.issues[0]?.path).toEqual(['to'])
  })
})
