import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { compileFilters, type FilterSubject } from '../../../core/filters/index.ts'
import { InboundFilters, type FilterRule, type Filters } from '../../../core/filters/rules.ts'
import { sampleOf } from '../../../core/filters/sample.ts'

type Doc = Record<string, unknown>
const readerOf = (path: string) => (doc: Doc) => doc[path]

function ask(
  filters: Filters,
  event: string | undefined,
  doc: Doc = {},
  subject: Partial<FilterSubject> = {},
) {
  const whole = { type: 'track', event, unitId: () => 'u1', ...subject }
  return compileFilters<Doc>(filters, readerOf)(doc, whole)
}
const rules = (...list: FilterRule[]): Filters => ({ default: 'include', rules: list })

/** Names of which several rules match the same one. */
const names = ['A', 'AB', 'B', 'b', '*']
const rule: fc.Arbitrary<FilterRule> = fc.record(
  {
    action: fc.constantFrom('include', 'exclude'),
    type: fc.constantFrom('track', 'page'),
    event: fc.constantFrom(...names, 'A*', '?'),
    match: fc.constantFrom('exact', 'glob'),
    where: fc.array(
      fc.constantFrom({ path: 'x', op: '=' as const, value: 1 }, { path: 'x', op: 'exists' as const }),
      {
        maxLength: 2,
      },
    ),
    sample: fc.constantFrom(0, 0.5, 1),
  },
  { requiredKeys: ['action'] },
)
const filters: fc.Arbitrary<Filters> = fc.record({
  default: fc.constantFrom('include', 'exclude'),
  rules: fc.array(rule, { maxLength: 12 }),
})
const event = fc.constantFrom(undefined, ...names)
const doc = fc.constantFrom<Doc>({}, { x: 1 }, { x: 2 }, { x: null })
const unit = fc.string()

describe('compileFilters', () => {
  it('decides as the first rule does that decides alone, else by the default', () => {
    fc.assert(
      fc.property(filters, event, doc, unit, (given, name, message, unitId) => {
        const subject = { unitId: () => unitId }
        const alone = given.rules.map((one) => ask(rules(one), name, message, subject))
        const first = alone.findIndex((verdict) => verdict.rule !== 'default')
        const expected =
          first === -1
            ? { included: given.default === 'include', rule: 'default' }
            : { included: alone[first]?.included, rule: `rule:${first}` }
        expect(ask(given, name, message, subject)).toEqual(expected)
      }),
      { numRuns: 1_000 },
    )
  })

  it('is not changed by rules after the one that decides', () => {
    fc.assert(
      fc.property(filters, fc.array(rule), event, doc, (given, more, name, message) => {
        const before = ask(given, name, message)
        fc.pre(before.rule !== 'default')
        expect(ask({ ...given, rules: [...given.rules, ...more] }, name, message)).toEqual(before)
      }),
    )
  })

  it('lets everything through without rules, or nothing', () => {
    expect(ask({ default: 'include', rules: [] }, 'A')).toEqual({ included: true, rule: 'default' })
    expect(ask({ default: 'exclude', rules: [] }, 'A')).toEqual({ included: false, rule: 'default' })
  })

  it('takes names exactly unless a rule says glob', () => {
    const exact = rules({ action: 'exclude', event: 'A*' })
    expect(ask(exact, 'AB').included).toBe(true)
    expect(ask(exact, 'A*')).toEqual({ included: false, rule: 'rule:0' })
    expect(ask(rules({ action: 'exclude', event: 'A*', match: 'glob' }), 'AB').included).toBe(false)
  })

  it('takes a name such as `constructor` for a name', () => {
    const given = rules({ action: 'exclude', event: 'constructor' })
    expect(ask(given, 'constructor').included).toBe(false)
    expect(ask(given, 'toString').included).toBe(true)
  })

  it('meets no rule with an event where the message has no name', () => {
    expect(ask(rules({ action: 'exclude', event: '*', match: 'glob' }), undefined).rule).toBe('default')
  })

  it.each([
    ['=', 'pro', 'pro', true],
    ['=', '1', 1, false],
    ['=', undefined, null, true],
    ['=', { a: 1 }, 'x', false],
    ['!=', 'pro', 'free', true],
    ['!=', undefined, 'free', true],
    ['!=', 'free', 'free', false],
    ['exists', 0, undefined, true],
    ['exists', null, undefined, false],
    ['exists', null, false, true],
    ['exists', '', true, true],
    ['contains', 'abc', 'b', true],
    ['contains', ['a', 2], 2, true],
    ['contains', ['a', 2], '2', false],
    ['contains', 5, '5', false],
    ['contains', undefined, '', false],
    ['in', 'b', ['a', 'b'], true],
    ['in', 'c', ['a', 'b'], false],
    ['in', undefined, [null], false],
    ['<', 5, 6, true],
    ['<', '5', 6, true],
    ['<', 'x', 6, false],
    ['<', '', 6, false],
    ['<', undefined, 6, false],
    ['>', '2026-02-01', '2026-01-01', true],
    ['>', 7, '6', true],
    ['>', 6, 6, false],
    ['>', true, 0, false],
  ] as const)('asks whether a value %s: %j against %j is %s', (op, value, wanted, met) => {
    const where = [{ path: 'x', op, value: wanted as string }]
    expect(ask(rules({ action: 'exclude', where }), 'A', { x: value }).included).toBe(!met)
  })

  it('needs every condition of a rule', () => {
    const where = [
      { path: 'x', op: '=' as const, value: 1 },
      { path: 'y', op: '=' as const, value: 2 },
    ]
    expect(ask(rules({ action: 'exclude', where }), 'A', { x: 1, y: 2 }).included).toBe(false)
    expect(ask(rules({ action: 'exclude', where }), 'A', { x: 1, y: 3 }).included).toBe(true)
  })

  it('lets through the share of a sample that includes, and filters the rest by the same rule', () => {
    const given = rules({ action: 'include', sample: 0.25 })
    const verdicts = Array.from({ length: 4_000 }, (_, n) =>
      ask(given, 'A', {}, { unitId: () => `user-${n}` }),
    )
    expect(new Set(verdicts.map(({ rule: by }) => by))).toEqual(new Set(['rule:0']))
    expect(verdicts.filter(({ included }) => included).length / 4_000).toBeCloseTo(0.25, 1)
  })

  it('filters the share of a sample that excludes, and leaves the rest to the rules below', () => {
    const given: Filters = {
      default: 'include',
      rules: [{ action: 'exclude', sample: 0 }, { action: 'exclude' }],
    }
    expect(ask(given, 'A').rule).toBe('rule:1')
    expect(ask(rules({ action: 'exclude', sample: 1 }), 'A').included).toBe(false)
  })
})

describe('sampleOf', () => {
  it('spreads ids evenly, also those that differ at their end alone', () => {
    const tenths = new Array<number>(10).fill(0)
    for (let n = 0; n < 20_000; n++) {
      const tenth = Math.floor(sampleOf(`user-${n}`) * 10)
      tenths[tenth] = (tenths[tenth] ?? 0) + 1
    }
    for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(200)
  })

  it('is the same number in every version', () => {
    expect(sampleOf('user-1')).toBe(0.23000054131262004)
  })
})

describe('InboundFilters', () => {
  it.each([
    [
      { rules: [{ action: 'include' }, { action: 'exclude', event: 'Order [', match: 'glob' }] },
      ['rules', 1, 'event'],
    ],
    [{ rules: [{ action: 'drop' }] }, ['rules', 0, 'action']],
    [{ rules: [{ action: 'include', type: 'identify' }] }, ['rules', 0, 'type']],
    [{ rules: [{ action: 'include', match: 'glob' }] }, ['rules', 0, 'match']],
    [{ rules: [{ action: 'include', sample: 1.5 }] }, ['rules', 0, 'sample']],
    [
      { rules: [{ action: 'include', where: [{ path: 'a', op: 'in', value: 'x' }] }] },
      ['rules', 0, 'where', 0, 'value'],
    ],
    [{ rules: [{ action: 'include', where: [{ path: 'a', op: '=' }] }] }, ['rules', 0, 'where', 0, 'value']],
    [
      { rules: [{ action: 'include', where: [{ path: 'a', op: '<', value: true }] }] },
      ['rules', 0, 'where', 0, 'value'],
    ],
    [{ default: 'maybe' }, ['default']],
  ])('says where %j is wrong', (given, path) => {
    const parsed = InboundFilters.safeParse(given)
    expect(parsed.error?.issues.map((issue) => issue.path)).toEqual([path])
  })

  it('names the character at which a pattern fails', () => {
    const given = { rules: [{ action: 'exclude', event: 'Order [', match: 'glob' }] }
    expect(InboundFilters.safeParse(given).error?.issues[0]).toMatchObject({ params: { at: 6 } })
  })
})
