/** One rule, as a form whose result is read back as a sentence while it is made. */
import { NumberInput, Select, TextInput } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { useState } from 'react'
import type { Condition, Direction, Rule } from './draft.ts'
import { sentenceOf } from './sentence.ts'

const typesOf = {
  inbound: ['track', 'page', 'screen', 'group', 'alias'],
  outbound: ['event', 'exposure', 'config_change'],
}
const ops: { value: Condition['op']; label: string }[] = [
  { value: '=', label: 'is' },
  { value: '!=', label: 'is not' },
  { value: 'exists', label: 'is present' },
  { value: 'contains', label: 'contains' },
  { value: 'in', label: 'is one of' },
  { value: '<', label: 'is less than' },
  { value: '>', label: 'is more than' },
]

interface Props {
  direction: Direction
  rule: Rule
  done: (rule: Rule) => void
  cancel: () => void
}

export function RuleForm({ direction, rule, done, cancel }: Props) {
  // Values are text while they are typed: a number that is half typed is none yet.
  const [draft, setDraft] = useState<Rule>({
    ...rule,
    where: rule.where?.map((one) => ({ ...one, value: shown(one.value) })),
  })
  const made = toRule(draft)
  const change = (part: Partial<Rule>) => setDraft(tidy({ ...draft, ...part }))
  return (
    <div className="stack grow">
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <Select
          label="Do"
          w={120}
          data={[
            { value: 'exclude', label: 'leave out' },
            { value: 'include', label: 'let in' },
          ]}
          value={draft.action}
          onChange={(value) => change({ action: value as Rule['action'] })}
        />
        <Select
          label="Calls"
          w={150}
          data={[
            { value: '', label: 'any' },
            ...typesOf[direction].map((value) => ({ value, label: value })),
          ]}
          value={draft.type ?? ''}
          onChange={(value) => change({ type: value ?? '' })}
        />
        <Select
          label="Whose event"
          w={130}
          data={[
            { value: 'exact', label: 'is named' },
            { value: 'glob', label: 'is like' },
          ]}
          value={draft.match ?? 'exact'}
          onChange={(value) => change({ match: value as 'exact' | 'glob' })}
        />
        <TextInput
          label={draft.match === 'glob' ? 'Pattern, * for any text' : 'Name, empty for any'}
          value={draft.event ?? ''}
          onChange={(event) => change({ event: event.currentTarget.value })}
          style={{ flex: '1 1 160px' }}
        />
        <NumberInput
          label="Share of users, %"
          w={130}
          min={0}
          max={100}
          value={draft.sample === undefined ? '' : draft.sample * 100}
          onChange={(value) => change({ sample: value === '' ? undefined : Number(value) / 100 })}
        />
      </div>
      <Conditions where={draft.where ?? []} set={(where) => change({ where })} />
      <p style={{ margin: 0 }} aria-live="polite">
        “{sentenceOf(made)}”
      </p>
      <div className="row">
        <Button onClick={() => done(made)}>Take this rule</Button>
        <Button variant="default" onClick={cancel}>
          Cancel
        </Button>
      </div>
    </div>
  )
}

function Conditions({ where, set }: { where: Condition[]; set: (where: Condition[]) => void }) {
  const change = (at: number, part: Partial<Condition>) =>
    set(where.map((one, index) => (index === at ? { ...one, ...part } : one)))
  return (
    <>
      {where.map((condition, at) => (
        <div key={at} className="row">
          <span>where</span>
          <TextInput
            aria-label="Field"
            placeholder="properties.plan"
            value={condition.path}
            onChange={(event) => change(at, { path: event.currentTarget.value })}
          />
          <Select
            aria-label="Comparison"
            w={150}
            data={ops}
            value={condition.op}
            onChange={(value) =>
              change(at, {
                op: value as Condition['op'],
                value: value === 'exists' ? undefined : condition.value,
              })
            }
          />
          {condition.op !== 'exists' && (
            <TextInput
              aria-label="Value"
              placeholder={condition.op === 'in' ? 'free, pro' : 'free'}
              value={asText(condition.value)}
              onChange={(event) => change(at, { value: event.currentTarget.value })}
            />
          )}
          <Button variant="default" size="compact-sm" onClick={() => set(where.toSpliced(at, 1))}>
            Remove
          </Button>
        </div>
      ))}
      <div>
        <Button
          variant="default"
          size="compact-sm"
          onClick={() => set([...where, { path: '', op: '=', value: '' }])}
        >
          And where…
        </Button>
      </div>
    </>
  )
}

/** Empty fields say nothing and are left out. */
function tidy({ action, type, event, match, where, sample }: Rule): Rule {
  return {
    action,
    ...(type ? { type } : {}),
    ...(event ? { event, ...(match === 'glob' ? { match } : {}) } : match === 'glob' ? { match } : {}),
    ...(where?.length ? { where } : {}),
    ...(sample === undefined ? {} : { sample }),
  }
}

const toRule = (draft: Rule): Rule =>
  draft.where === undefined
    ? draft
    : {
        ...draft,
        where: draft.where.map(({ path, op, value }) =>
          op === 'exists' ? { path, op } : { path, op, value: read(asText(value), op) },
        ),
      }

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(', ')
  if (typeof value === 'string') return readOne(value) === value ? value : `"${value}"`
  return value === undefined ? '' : JSON.stringify(value)
}

/** What looks like a number, true, false or null is one; the quotes of `"5"` make it text. */
function readOne(text: string): unknown {
  if (/^".*"$/.test(text)) return text.slice(1, -1)
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'null') return null
  return text !== '' && text.trim() === text && Number.isFinite(Number(text)) ? Number(text) : text
}

const read = (text: string, op: Condition['op']): unknown =>
  op === 'in' ? text.split(',').map((part) => readOne(part.trim())) : readOne(text)

/** Values of a form are text already. */
const asText = (value: unknown): string => (typeof value === 'string' ? value : '')
