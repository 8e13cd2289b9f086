import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileNameFilter } from '../../../core/filters/by-name.ts'
import { compileFilters } from '../../../core/filters/index.ts'
import type { FilterRule } from '../../../core/filters/rules.ts'

const where = [{ path: 'properties.plan', op: '=' as const, value: 'pro' }]

function judge(
  rules: FilterRule[],
  event: string | undefined = 'Order',
  byDefault: 'include' | 'exclude' = 'include',
) {
  return compileNameFilter({ default: byDefault, rules })({ type: 'track', event })
}

describe('compileNameFilter', () => {
  it.each<[string, FilterRule[], object]>([
    ['no rule', [], { included: true, rule: 'default', depends: false }],
    [
      'a rule for it',
      [{ action: 'exclude', event: 'Order' }],
      { included: false, rule: 'rule:0', depends: false },
    ],
    [
      'a rule for others',
      [
        { action: 'exclude', event: 'Or' },
        { action: 'exclude', type: 'page' },
      ],
      { included: true, rule: 'default', depends: false },
    ],
    ['a glob', [{ action: 'exclude', event: 'O*', match: 'glob' }], { included: false, rule: 'rule:0' }],
    [
      'the first of two rules',
      [{ action: 'include', event: 'Order' }, { action: 'exclude' }],
      { included: true, rule: 'rule:0' },
    ],
    [
      'a condition before a rule for it',
      [
        { action: 'include', where },
        { action: 'exclude', event: 'Order' },
      ],
      { included: false, rule: 'rule:1', depends: true },
    ],
    [
      'a condition after it',
      [{ action: 'exclude' }, { action: 'include', where }],
      { rule: 'rule:0', depends: false },
    ],
    [
      'a sample that includes',
      [{ action: 'include', sample: 0.1 }],
      { included: true, rule: 'rule:0', depends: true },
    ],
    [
      'an empty sample that includes',
      [{ action: 'include', sample: 0 }],
      { included: false, rule: 'rule:0' },
    ],
    [
      'a sample that excludes',
      [{ action: 'exclude', sample: 0.1 }],
      { included: true, rule: 'default', depends: true },
    ],
    ['an empty sample that excludes', [{ action: 'exclude', sample: 0 }], { included: true, depends: false }],
  ])('says of a name what becomes of it by %s', (_what, rules, expected) => {
    expect(judge(rules)).toMatchObject(expected)
  })

  it('judges a call without a name by the rules that ask for none', () => {
    expect(
      compileNameFilter({ default: 'include', rules: [{ action: 'exclude', event: '*', match: 'glob' }] })({
        type: 'group',
        event: undefined,
      }),
    ).toMatchObject({ included: true, rule: 'default' })
    expect(judge([], undefined, 'exclude')).toMatchObject({ included: false, rule: 'default' })
  })

  it('says of every name what the filters themselves say, wherever it does not say that it depends', () => {
    const names = ['A', 'AB', 'b', undefined]
    const rule = fc.record(
      {
        action: fc.constantFrom('include' as const, 'exclude' as const),
        type: fc.constantFrom('track' as const, 'page' as const),
        event: fc.constantFrom('A', 'AB', 'A*', '?', '*'),
        match: fc.constantFrom('exact' as const, 'glob' as const),
        where: fc.constantFrom([{ path: 'x', op: '=' as const, value: 1 }]),
        sample: fc.constantFrom(0, 0.5, 1),
      },
      { requiredKeys: ['action'] },
    )
    const filters = fc.record({
      default: fc.constantFrom('include' as const, 'exclude' as const),
      rules: fc.array(rule, { maxLength: 6 }),
    })
    const given = fc.record({
      event: fc.constantFrom(...names),
      type: fc.constantFrom('track', 'page'),
      x: fc.constantFrom(0, 1),
      unit: fc.string(),
    })
    fc.assert(
      fc.property(filters, given, (rules, { event, type, x, unit }) => {
        const { depends, ...said } = compileNameFilter(rules)({ type, event })
        const ask = compileFilters<{ x: number }>(rules, () => (doc) => doc.x)
        if (!depends) expect(ask({ x }, { type, event, unitId: () => unit })).toEqual(said)
      }),
      { numRuns: 2_000 },
    )
  })
})
