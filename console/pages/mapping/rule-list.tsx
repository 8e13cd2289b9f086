/** The rules in their order, each a sentence with its buttons: up and down work by keyboard as by mouse. */
import { Button } from '../../parts/button.tsx'
import { useState } from 'react'
import { Icon } from '../../parts/icons.tsx'
import { move, type Direction, type Filters, type Rule } from './draft.ts'
import { RuleForm } from './rule-form.tsx'
import { sentenceOf } from './sentence.ts'

const shownMax = 30

interface Props {
  direction: Direction
  draft: Filters
  setDraft: (next: Filters) => void
}

export function RuleList({ direction, draft, setDraft }: Props) {
  const [isAll, setAll] = useState(false)
  const [editing, setEditing] = useState<number | 'new'>()
  const set = (rules: Rule[]) => setDraft({ ...draft, rules })
  const shown = isAll ? draft.rules : draft.rules.slice(0, shownMax)
  return (
    <div className="card">
      <ol style={{ listStyle: 'none', margin: 0, padding: 0 }}>
        {shown.map((rule, at) => (
          <li key={`${at}-${sentenceOf(rule)}`} className="rule-item">
            {editing === at ? (
              <RuleForm
                direction={direction}
                rule={rule}
                cancel={() => setEditing(undefined)}
                done={(next) => {
                  set(draft.rules.toSpliced(at, 1, next))
                  setEditing(undefined)
                }}
              />
            ) : (
              <RuleLine
                rule={rule}
                at={at}
                count={draft.rules.length}
                edit={() => setEditing(at)}
                remove={() => set(draft.rules.toSpliced(at, 1))}
                moveBy={(by) => set(move(draft.rules, at, by))}
              />
            )}
          </li>
        ))}
        {draft.rules.length === 0 && (
          <li className="rule-item dim">
            No rule yet: everything is {draft.default === 'include' ? 'let in' : 'left out'}.
          </li>
        )}
      </ol>
      <div className="rule-item">
        {editing === 'new' ? (
          <RuleForm
            direction={direction}
            rule={{ action: 'exclude' }}
            cancel={() => setEditing(undefined)}
            done={(next) => {
              set([...draft.rules, next])
              setEditing(undefined)
            }}
          />
        ) : (
          <Button
            variant="default"
            leftSection={<Icon name="plus" size={14} />}
            onClick={() => setEditing('new')}
          >
            Add a rule
          </Button>
        )}
        {draft.rules.length > shownMax && !isAll && (
          <Button variant="default" onClick={() => setAll(true)}>
            Show all {draft.rules.length} rules
          </Button>
        )}
      </div>
    </div>
  )
}

interface LineProps {
  rule: Rule
  at: number
  count: number
  edit: () => void
  remove: () => void
  moveBy: (by: number) => void
}

function RuleLine({ rule, at, count, edit, remove, moveBy }: LineProps) {
  const said = sentenceOf(rule)
  return (
    <>
      <span className="num dim" style={{ width: 24 }}>
        {at + 1}
      </span>
      <span className="grow" style={{ overflowWrap: 'anywhere' }}>
        {said}
      </span>
      <button
        type="button"
        className="icon-button"
        disabled={at === 0}
        aria-label={`Move up: ${said}`}
        onClick={() => moveBy(-1)}
      >
        <Icon name="up" size={16} />
      </button>
      <button
        type="button"
        className="icon-button"
        disabled={at === count - 1}
        aria-label={`Move down: ${said}`}
        onClick={() => moveBy(1)}
      >
        <Icon name="down" size={16} />
      </button>
      <Button variant="default" size="compact-sm" aria-label={`Change: ${said}`} onClick={edit}>
        Change
      </Button>
      <Button variant="default" size="compact-sm" aria-label={`Remove: ${said}`} onClick={remove}>
        Remove
      </Button>
    </>
  )
}
