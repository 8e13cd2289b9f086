import { describe, expect, it } from 'vitest'
import { IdSet } from '../../../core/audiences/id-set.ts'

describe('IdSet', () => {
  it('has what was added and nothing else, over a hundred thousand ids', () => {
    const set = new IdSet()
    for (let index = 0; index < 100_000; index += 1) set.add(`user-${index}`)
    set.add('user-1')
    expect(set.size).toBe(100_000)
    for (let index = 0; index < 100_000; index += 1)
      if (!set.has(`user-${index}`)) throw new Error(`${index}`)
    for (let index = 0; index < 100_000; index += 1)
      if (set.has(`other-${index}`)) throw new Error(`${index}`)
  })
})
