/**
 * The metrics of this process and of the lanes, in Prometheus' text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). What is of lanes comes from the store's counters, so
 * that it is right whichever process did the work. docs/metrics.md lists the names; they are stable.
 */
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client'
import { laneKindOf } from '../core/directions.ts'
import { attemptBoundsMs, type LaneMetrics } from '../core/explorer-ports.ts'
import { addCounts, noCounts, type Counts } from '../core/totals.ts'

/** One measured value of one labelled series. */
type Sample = [labels: Record<string, string>, value: number]

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

function line(name: string, [labels, value]: Sample): string {
  const list = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}{${list.join(',')}} ${value}`
}

function family(name: string, type: string, help: string, lines: string[]): string {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n')
}

const simple = (name: string, type: string, help: string, samples: Sample[]): string =>
  family(
    name,
    type,
    help,
    samples.map((sample) => line(name, sample)),
  )

interface Group {
  labels: { connection: string; lane: string }
  counts: Counts
  lanes: LaneMetrics[]
}

/** Lanes of replays, exports and redrives come and go: each kind of them is one series. */
function groupsOf(lanes: LaneMetrics[]): Group[] {
  const groups = new Map<string, Group>()
  for (const lane of lanes) {
    const labels = { connection: lane.connectionId, lane: laneKindOf(lane.lane) }
    const key = `${labels.connection} ${labels.lane}`
    const group = groups.get(key) ?? { labels, counts: noCounts, lanes: [] }
    groups.set(key, { ...group, counts: addCounts(group.counts, lane.counts), lanes: [...group.lanes, lane] })
  }
  return [...groups.values()]
}

const endings = ['delivered', 'filtered', 'skipped', 'rejected'] as const
const pendingOf = (counts: Counts): number =>
  endings.reduce((left, ending) => left - counts[ending], counts.accepted)

/** The families that are made of the store's counters. */
export function laneFamilies(lanes: LaneMetrics[], nowMs: number): string {
  const groups = groupsOf(lanes)
  const of = (value: (group: Group) => number): Sample[] =>
    groups.map((group) => [group.labels, value(group)])
  const lag = ({ lanes: grouped }: Group): number =>
    Math.max(0, ...grouped.map(({ oldestPendingAtMs }) => nowMs - (oldestPendingAtMs ?? nowMs))) / 1_000
  return [
    simple(
      'causeway_accepted_total',
      'counter',
      'Entries accepted since the beginning.',
      of(({ counts }) => counts.accepted),
    ),
    simple(
      'causeway_entries',
      'gauge',
      'Entries by the outcome that they have now; a redrive moves entries back to pending.',
      groups.flatMap(({ labels, counts }): Sample[] => [
        [{ ...labels, outcome: 'pending' }, pendingOf(counts)],
        ...endings.map((ending): Sample => [{ ...labels, outcome: ending }, counts[ending]]),
      ]),
    ),
    simple(
      'causeway_pending',
      'gauge',
      'Entries without an outcome.',
      of(({ counts }) => pendingOf(counts)),
    ),
    simple('causeway_lag_seconds', 'gauge', 'Age of the oldest entry without an outcome.', of(lag)),
    simple(
      'causeway_lane_state',
      'gauge',
      'Lanes by state.',
      groups.flatMap(({ labels, lanes: grouped }) =>
        (['asleep', 'running', 'paused', 'needs_attention'] as const).map((state): Sample => [
          { ...labels, state },
          grouped.filter((lane) => lane.state === state).length,
        ]),
      ),
    ),
    attemptFamilies(groups),
  ].join('\n')
}

function attemptFamilies(groups: Group[]): string {
  const byStatus = new Map<string, { labels: Record<string, string>; attempts: number }>()
  const durations = groups.map(({ labels, lanes }) => {
    const sum = { labels, attempts: 0, seconds: 0, within: attemptBoundsMs.map(() => 0) }
    for (const { status, attempts, durationMs, within } of lanes.flatMap((lane) => lane.attempts)) {
      const key = `${labels.connection} ${labels.lane} ${status}`
      const known = byStatus.get(key)?.attempts ?? 0
      byStatus.set(key, { labels: { ...labels, status }, attempts: known + attempts })
      sum.attempts += attempts
      sum.seconds += durationMs / 1_000
      sum.within = sum.within.map((count, index) => count + (within[index] ?? 0))
    }
    return sum
  })
  const name = 'causeway_attempt_duration_seconds'
  const lines = durations.flatMap(({ labels, attempts, seconds, within }) => [
    ...attemptBoundsMs.map((boundMs, index) =>
      line(`${name}_bucket`, [{ ...labels, le: String(boundMs / 1_000) }, within[index] ?? 0]),
    ),
    line(`${name}_bucket`, [{ ...labels, le: '+Inf' }, attempts]),
    line(`${name}_sum`, [labels, seconds]),
    line(`${name}_count`, [labels, attempts]),
  ])
  return [
    simple(
      'causeway_attempts_total',
      'counter',
      'Requests to the vendor by kind of answer; none: no answer came.',
      [...byStatus.values()].map(({ labels, attempts }): Sample => [labels, attempts]),
    ),
    family(name, 'histogram', 'How long the vendor took to answer.', lines),
  ].join('\n')
}

/** What this process measures itself. `door` is the kind of ingest route, or `control` for all the rest. */
export function createProcessMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const duration = new Histogram({
    ...{ name: 'causeway_ingest_request_duration_seconds', registers },
    help: 'From the request to its answer, the disk included.',
    labelNames: ['door'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  })
  const size = new Histogram({
    ...{ name: 'causeway_ingest_request_bytes', registers },
    help: 'Bodies as they were sent, by their Content-Length.',
    labelNames: ['door'],
    buckets: [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216],
  })
  const errors = new Counter({
    ...{ name: 'causeway_http_errors_total', registers },
    help: 'Answers with a status of 400 and above.',
    labelNames: ['door', 'status'],
  })
  return {
    registry,
    ingested(door: string, seconds: number, bytes: number | undefined): void {
      duration.observe({ door }, seconds)
      if (bytes !== undefined && Number.isFinite(bytes)) size.observe({ door }, bytes)
    },
    answered(door: string, status: number): void {
      if (status >= 400) errors.inc({ door, status: String(status) })
    },
  }
}
