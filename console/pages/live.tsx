/** The live log: newest on top, drawn as far as it is seen, paused by scrolling, honest about what it left out. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { emptyLive, openLiveLog, type LiveLog, type LiveState } from '../api/stream.ts'
import { outcomes, outcomeWord, type Entry } from '../api/shapes.ts'
import { useAddress } from '../layout/address.ts'
import { useConnectionId, useCurrentConnection } from '../layout/current-connection.ts'
import { Empty } from '../parts/empty.tsx'
import { laneWord, reasonWord } from '../parts/lane-words.ts'
import { clockTime, count } from '../parts/numbers.ts'
import { OutcomeMark, StateMark } from '../parts/outcome-mark.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { SidePanel } from '../parts/side-panel.tsx'
import { tryLine } from '../parts/try-line.ts'
import { MessagePanel } from './message/panel.tsx'

export function Live() {
  const connectionId = useConnectionId()
  const { connection } = useCurrentConnection()
  const [search, change] = useAddress()
  const { lane, outcome, open } = search
  const live = useLiveLog(connectionId, lane, outcome)
  return (
    <div className={`page full ${open ? 'with-panel' : ''}`}>
      <PageHead title="Live stream" actions={<Meter live={live} />}>
        Each message as it comes in, and its outcome as soon as it has one.
      </PageHead>
      <div className="stack wide">
        <Chips lane={lane} outcome={outcome} change={change} />
        {live.rows.length === 0 ? (
          <Empty
            title={live.state === 'lost' ? 'The line is broken' : 'Listening'}
            command={tryLine(connection, { userId: 'ada', event: 'Order Completed' })}
          >
            {live.state === 'lost'
              ? 'The page connects again by itself; nothing is lost, the explorer has what came meanwhile.'
              : 'The next message will stand here a moment after it was accepted. To see one now:'}
          </Empty>
        ) : (
          <Log live={live} open={open} onOpen={(id) => change({ open: id }, { push: true })} />
        )}
      </div>
      {open && (
        <SidePanel label="Message" onClose={() => change({ open: undefined })}>
          <MessagePanel id={open} />
        </SidePanel>
      )}
    </div>
  )
}

function useLiveLog(connectionId: string, lane?: string, outcome?: string): LiveState {
  const [log, setLog] = useState<LiveLog>()
  useEffect(() => {
    const opened = openLiveLog(connectionId, { lane, outcome })
    setLog(opened)
    return () => opened.close()
  }, [connectionId, lane, outcome])
  return useSyncExternalStore(log?.subscribe ?? noSubscription, log?.read ?? readEmpty)
}
const noSubscription = () => () => undefined
const readEmpty = () => emptyLive

function Meter({ live }: { live: LiveState }) {
  const words = { connecting: 'connecting', open: 'live', lost: 'reconnecting' }
  return (
    <div className="row wide num">
      <StateMark tone={live.state === 'open' ? 'good' : 'warn'}>{words[live.state]}</StateMark>
      <span>{count(live.arrived)} seen</span>
      <span className={live.missed > 0 ? 'warn' : 'dim'}>{count(live.missed)} left out of this view</span>
    </div>
  )
}

function Chips({
  lane,
  outcome,
  change,
}: {
  lane?: string
  outcome?: string
  change: ReturnType<typeof useAddress>[1]
}) {
  const chip = (key: 'lane' | 'outcome', value: string, label: string) => {
    const isOn = (key === 'lane' ? lane : outcome) === value
    return (
      <button
        key={value}
        type="button"
        className="chip"
        aria-pressed={isOn}
        onClick={() => change({ [key]: isOn ? undefined : value })}
      >
        {label}
      </button>
    )
  }
  return (
    <div className="row wide">
      <div className="chips" role="group" aria-label="Lane">
        {['events', 'late', 'audiences', 'outbound'].map((name) => chip('lane', name, name))}
      </div>
      <div className="chips" role="group" aria-label="Outcome">
        {outcomes.map((name) => chip('outcome', name, outcomeWord[name]))}
      </div>
    </div>
  )
}

/** While the reader is away from the top, the rows stand still and what is new waits behind a button. */
function Log({ live, open, onOpen }: { live: LiveState; open?: string; onOpen: (id: string) => void }) {
  const frame = useRef<HTMLDivElement>(null)
  const [held, setHeld] = useState<{ rows: readonly Entry[]; arrived: number }>()
  const latest = useRef(live)
  latest.current = live
  const fresh = held ? live.arrived - held.arrived : 0
  const rows = held?.rows ?? live.rows
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => 32,
    overscan: 12,
  })
  const onScroll = () => {
    const isAway = (frame.current?.scrollTop ?? 0) > 8
    setHeld((before) =>
      isAway ? (before ?? { rows: latest.current.rows, arrived: latest.current.arrived }) : undefined,
    )
  }
  return (
    <div className="card">
      <div
        className="row between pad"
        style={{ paddingBlock: 8, borderBottom: '1px solid var(--cw-line)', minHeight: 44 }}
      >
        <span className="dim">{held ? 'Paused while you read' : 'Newest on top; scroll to pause'}</span>
        {held && (
          <button
            type="button"
            className="chip"
            aria-pressed="true"
            onClick={() => frame.current?.scrollTo({ top: 0 })}
          >
            {count(fresh)} new
          </button>
        )}
      </div>
      <div
        className="log"
        ref={frame}
        onScroll={onScroll}
        tabIndex={0}
        role="region"
        aria-label="Messages, newest first"
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const entry = rows[index]
            return (
              entry && (
                <Row key={entry.id} entry={entry} top={start} isOpen={entry.id === open} onOpen={onOpen} />
              )
            )
          })}
        </div>
      </div>
    </div>
  )
}

interface RowProps {
  entry: Entry
  top: number
  isOpen: boolean
  onOpen: (id: string) => void
}

function Row({ entry, top, isOpen, onOpen }: RowProps) {
  return (
    <button
      type="button"
      data-row
      className="log-row"
      aria-current={isOpen || undefined}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onOpen(entry.id)}
    >
      <time className="mono dim" dateTime={entry.receivedAt}>
        {clockTime(entry.receivedAt)}
      </time>
      <OutcomeMark outcome={entry.outcome} />
      <span className="dim wide-only">{laneWord(entry.lane)}</span>
      <span className="clip">
        <strong>{entry.event ?? entry.type ?? '…'}</strong>
      </span>
      <span className="clip wide-only">{entry.userId}</span>
      <span className="clip dim wide-only">{reasonWord(entry)}</span>
    </button>
  )
}
