/** The steps of each way, and which of them the workflow is at. */
import { Button as LibraryButton, Checkbox } from '@mantine/core'
import { Button } from '../../parts/button.tsx'
import { ButtonLink } from '../../parts/button-link.tsx'
import { useState, type ReactNode, type SyntheticEvent } from 'react'
import { useSetup, type SetupState, type SetupStep } from '../../api/setup.ts'
import type { Connection } from '../../api/shapes.ts'
import { Icon } from '../../parts/icons.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { ManualValues } from './manual-values.tsx'

interface Step {
  /** The workflow's steps that are this one in front of a person. */
  at: SetupStep[]
  title: string
  weDo: string
  youDo: string
  weKnow: string
}

const choosing: Step = {
  at: ['sources', 'choose_source'],
  title: 'Choose the source',
  weDo: 'Read the sources of your workspace.',
  youDo: 'Tick the sources whose events should cross, unless Segment asked you already.',
  weKnow: 'Segment lists what the token may see.',
}
const destination: Step = {
  at: ['destination'],
  title: 'Make the destination',
  weDo: 'Make a Webhooks destination with its subscriptions and a secret of its own.',
  youDo: 'Nothing.',
  weKnow: 'Segment answers with the id of each.',
}
const proof: Step = {
  at: ['proof'],
  title: 'Prove it',
  weDo: 'Send a test event to your source and watch for it to come back.',
  youDo: 'Nothing.',
  weKnow: 'The event arrives here, signed by Segment.',
}
const done: Step = {
  at: ['active'],
  title: 'Done',
  weDo: 'Deliver.',
  youDo: 'Watch the live stream.',
  weKnow: 'A real event crossed the bridge.',
}

const ways: Record<Connection['setup'], Step[]> = {
  oauth: [
    {
      at: ['authorize', 'exchange'],
      title: 'Allow it at Segment',
      weDo: 'Exchange your consent for a token, kept sealed.',
      youDo: 'Select the workspace and source, and click “Allow”.',
      weKnow: 'Segment sends you back here with a code.',
    },
    choosing,
    destination,
    proof,
    done,
  ],
  token: [choosing, destination, proof, done],
  manual: [
    {
      at: ['keys'],
      title: 'Check the keys',
      weDo: 'Ask Statsig whether the keys are valid.',
      youDo: 'Set the server key, and for audiences the console key.',
      weKnow: 'Statsig answers.',
    },
    {
      at: ['paste', 'proof'],
      title: 'Paste two values at Segment',
      weDo: 'Wait for the first message.',
      youDo: 'Add a Webhooks destination with the values below, and send a test event.',
      weKnow: 'The event arrives here, proved by its key or signature.',
    },
    done,
  ],
}

export function Steps({ connection, state }: { connection: Connection; state: SetupState }) {
  const steps = ways[connection.setup]
  const current = steps.findIndex(({ at }) => at.includes(state.step))
  return (
    <ol className="setup-steps card">
      {steps.map((step, index) => {
        const isDone = current > index || state.step === 'active'
        const isNow = current === index && state.step !== 'active'
        return (
          <li key={step.title} className={isNow ? 'is-now' : ''} aria-current={isNow ? 'step' : undefined}>
            <span className={`step-dot ${isDone ? 'is-done' : isNow ? 'is-now' : ''}`}>
              {isDone ? <Icon name="check" size={14} /> : index + 1}
            </span>
            <div className="stack grow">
              <strong>
                {step.title}
                <span className="sr-only">{isDone ? ' (done)' : isNow ? ' (now)' : ''}</span>
              </strong>
              {isNow && <Now step={step} connection={connection} state={state} />}
            </div>
          </li>
        )
      })}
    </ol>
  )
}

function Now({ step, connection, state }: { step: Step; connection: Connection; state: SetupState }) {
  return (
    <>
      <dl className="facts">
        <dt>What we do</dt>
        <dd>{step.weDo}</dd>
        <dt>What you do</dt>
        <dd>{step.youDo}</dd>
        <dt>How we know</dt>
        <dd>{step.weKnow}</dd>
      </dl>
      {state.missing && state.missing.length > 0 && (
        <ul style={{ margin: 0 }}>
          {state.missing.map(({ what, says }) => (
            <li key={what}>{says}</li>
          ))}
        </ul>
      )}
      {actionOf(connection, state)}
    </>
  )
}

function actionOf(connection: Connection, state: SetupState): ReactNode {
  if (state.step === 'authorize' && state.authorizeUrl !== undefined)
    return (
      <div>
        <LibraryButton component="a" href={safeUrl(state.authorizeUrl)} size="sm">
          Go to Segment and allow it
        </LibraryButton>
      </div>
    )
  if (state.step === 'choose_source' && state.choices)
    return <SourceForm connectionId={connection.id} choices={state.choices} />
  if (state.step === 'keys')
    return (
      <div>
        <ButtonLink
          to="/connections/$connectionId"
          params={{ connectionId: connection.id }}
          hash="keys"
          variant="default"
        >
          Set the keys
        </ButtonLink>
      </div>
    )
  if (state.step === 'paste') return <ManualValues connection={connection} />
  return null
}

/** An address comes from the API, and still no script is ever followed. */
const safeUrl = (url: string): string | undefined => (/^https?:\/\//.test(url) ? url : undefined)

function SourceForm({
  connectionId,
  choices,
}: {
  connectionId: string
  choices: NonNullable<SetupState['choices']>
}) {
  const { choose } = useSetup(connectionId)
  const [workspaceId, setWorkspace] = useState(choices[0]?.workspaceId ?? '')
  const [sourceIds, setSources] = useState<string[]>([])
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    choose.mutate({ workspaceId, sourceIds })
  }
  return (
    <form className="stack wide" onSubmit={submit}>
      {choices.map((workspace) => (
        <fieldset key={workspace.workspaceId} className="stack" style={{ border: 0, margin: 0, padding: 0 }}>
          <legend className="dim">{workspace.name}</legend>
          {workspace.sources.map(({ id, name, slug }) => (
            <Checkbox
              key={id}
              label={name}
              description={slug}
              checked={workspaceId === workspace.workspaceId && sourceIds.includes(id)}
              onChange={(event) => {
                const kept = workspaceId === workspace.workspaceId ? sourceIds : []
                setWorkspace(workspace.workspaceId)
                setSources(event.currentTarget.checked ? [...kept, id] : kept.filter((one) => one !== id))
              }}
            />
          ))}
        </fieldset>
      ))}
      {choose.error && <ProblemNote error={choose.error} />}
      <div>
        <Button type="submit" size="sm" disabled={sourceIds.length === 0} loading={choose.isPending}>
          Take {sourceIds.length === 1 ? 'this source' : 'these sources'}
        </Button>
      </div>
    </form>
  )
}
