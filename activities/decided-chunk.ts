/**
 * What the mapping said of the lines of one chunk, packed by columns, so that it crosses from a thread for little: a
 * thousand objects cost more than their lines. It holds for the settings and the moment of age that it was made with.
 */
import type { Verdict } from '../core/outcome.ts'
import type { Receipt } from '../core/receipt.ts'
import type { ConnectionSettings } from '../core/settings.ts'
import type { LaneHandler } from './lane-handler.ts'

export interface DecideBasis {
  settings: ConnectionSettings
  ageAtMs: number
}

/** Two bases with the same text decide alike. */
export const basisText = ({ settings, ageAtMs }: DecideBasis): string =>
  `${ageAtMs} ${JSON.stringify(settings)}`

type Text = string | undefined

export interface DecidedChunk {
  basis: string
  messageId: Text[]
  type: Text[]
  event: Text[]
  userId: Text[]
  timeMs: (number | undefined)[]
  kind: Verdict<string>['kind'][]
  /** Of a mapped one its event; else the rule, the reason or the code. */
  said: string[]
  path: Text[]
  message: Text[]
  mayBeEcho: boolean[]
}

type Said = ReturnType<LaneHandler['decide']>

/** Undefined where the mapping fails on one of them: whoever decides them one by one tells which. */
export function decideChunk(
  decide: LaneHandler['decide'],
  items: readonly unknown[],
  basis: DecideBasis,
): DecidedChunk | undefined {
  const columns = { messageId: [], type: [], event: [], userId: [], timeMs: [] }
  const chunk: DecidedChunk = {
    ...{ basis: basisText(basis), ...columns, kind: [], said: [], path: [], message: [], mayBeEcho: [] },
  }
  // What a line says of its receipt wins; one that says nothing has none, as `lineReceipt` has it.
  const receipt: Receipt = { receivedAtMs: NaN, source: 'archive', batch: {}, ageAtMs: basis.ageAtMs }
  try {
    for (const item of items) add(chunk, decide(item, receipt, basis.settings))
  } catch {
    return undefined
  }
  return chunk
}

function add(chunk: DecidedChunk, { seen, verdict, mayBeEcho = false }: Said): void {
  chunk.messageId.push(seen.messageId)
  chunk.type.push(seen.type)
  chunk.event.push(seen.event)
  chunk.userId.push(seen.userId)
  chunk.timeMs.push(seen.timeMs)
  chunk.kind.push(verdict.kind)
  chunk.mayBeEcho.push(mayBeEcho)
  const isRejected = verdict.kind === 'rejected'
  chunk.path.push(isRejected ? verdict.path : undefined)
  chunk.message.push(isRejected ? verdict.message : undefined)
  if (verdict.kind === 'mapped') chunk.said.push(verdict.event)
  else if (verdict.kind === 'filtered') chunk.said.push(verdict.rule)
  else chunk.said.push(verdict.kind === 'skipped' ? verdict.reason : verdict.code)
}

/** What was said of one line; undefined where the chunk has no such line. */
export function saidOf(chunk: DecidedChunk, item: number): Said | undefined {
  const kind = chunk.kind[item]
  if (kind === undefined) return undefined
  const said = chunk.said[item] ?? ''
  const { [item]: messageId } = chunk.messageId
  const { [item]: timeMs } = chunk.timeMs
  const seen = {
    messageId,
    type: chunk.type[item],
    event: chunk.event[item],
    userId: chunk.userId[item],
    timeMs,
  }
  return { seen, verdict: verdictOf(chunk, item, kind, said), mayBeEcho: chunk.mayBeEcho[item] ?? false }
}

/** Warnings stay behind: nobody asks a drain for them. */
function verdictOf(
  { path, message }: DecidedChunk,
  item: number,
  kind: Verdict<string>['kind'],
  said: string,
): Verdict<string> {
  const warnings: [] = []
  if (kind === 'mapped') return { kind, event: said, warnings }
  const rest = { code: said, rule: said, reason: said, path: path[item] ?? '', message: message[item] ?? '' }
  return { kind, ...rest, warnings } as Verdict<string>
}
