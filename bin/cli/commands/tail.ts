/** `npx causeway tail`: messages as they get their outcome. Comes back where it broke off, and says what it missed. */
import type { components } from '../../../console/api/schema.d.ts'
import { okRaw, parsed } from '../api.ts'
import { given, oneOf, wholeNumber } from '../arguments.ts'
import type { Cli } from '../cli.ts'
import { pickConnection, withConnection, type ConnectionOption } from '../connection.ts'
import { exitCodes } from '../exit-codes.ts'
import { CliFailure } from '../failure.ts'
import { ReaderGone } from '../io.ts'
import { pause } from '../pause.ts'
import type { Register } from '../program.ts'
import { serverEvents } from '../sse.ts'
import { join, padded, paint, painted, shown, type Shown } from '../text.ts'
import { grouped } from '../when.ts'

type Entry = components['schemas']['Entry']
export const outcomes = ['delivered', 'filtered', 'skipped', 'rejected'] as const

interface Options extends ConnectionOption {
  lane?: string
  outcome?: (typeof outcomes)[number]
  event?: string
  after?: string
  count?: number
}

const examples = `
It ends by Ctrl-C, or after --count messages. When the connection breaks it comes back and is told what it missed, the
newest 1,000 of it; of what is left out, it says how many.

Examples:
  $ npx causeway tail
  $ npx causeway tail --outcome rejected --json | jq .reason
  $ npx causeway tail --event "Order Completed" --count 10`

export const register: Register = (command, act) => {
  withConnection(command)
    .option('--lane <lane>', 'only of this lane: events, late, audiences, outbound, forward, replay:<id>, …')
    .option('--outcome <outcome>', `only these: ${outcomes.join(', ')}`, oneOf(outcomes))
    .option('--event <name>', "only events of this name, the source's own")
    .option('--after <position>', 'begin after this position: `position` of a line of --json')
    .option('-n, --count <n>', 'end after so many', wholeNumber(1, 1_000_000_000))
    .addHelpText('after', examples)
    .action(act((cli, options: Options) => tail(cli, options)))
}

/** Before the first message there is no position to go on from. */
const unplaced = ' What ends meanwhile is not shown: `npx causeway messages` has it.'
const waitMsMin = 500
const waitMsMax = 15_000

interface State {
  /** Where to go on. */
  id: string | undefined
  left: number
  waitMs: number
  /** It was open once: from then on a failure is a break, not a refusal. */
  isKnown: boolean
}

async function tail(cli: Cli, { connection, after, count = Infinity, ...filter }: Options): Promise<void> {
  const { id, name } = await pickConnection(cli, connection)
  const query = new URLSearchParams(
    given({ lane: filter.lane, outcome: filter.outcome, event: filter.event }),
  )
  const path = `/api/v1/connections/${encodeURIComponent(id)}/stream?${query.toString()}`
  const state: State = { id: after, left: count, waitMs: waitMsMin, isKnown: false }
  await cli.note(paint.faint(`Following ${name} (${id}); Ctrl-C ends it.`))
  const isStopped = (): boolean => cli.io.interrupted.aborted
  while (state.left > 0 && !isStopped()) {
    try {
      await follow(cli, path, state)
      if (state.left > 0) await cli.note(paint.faint('The stream was closed; coming back.'))
    } catch (error) {
      if (isStopped()) return
      if (!state.isKnown || !mayHeal(error)) throw error
      await cli.note(paint.odd(`The stream broke; coming back.${state.id === undefined ? unplaced : ''}`))
    }
    if (state.left > 0) await pause(state.waitMs, cli.io.interrupted)
    state.waitMs = Math.min(waitMsMax, state.waitMs * 2)
  }
}

/** A refusal stands, but for one that says "later". A stream that breaks in the middle is none of our failures. */
function mayHeal(error: unknown): boolean {
  if (error instanceof ReaderGone) return false
  if (!(error instanceof CliFailure)) return true
  return (
    error.exitCode === exitCodes.unreachable ||
    ['streams_full', 'store_busy', 'store_failed', 'not_causeway', 'internal'].includes(error.complaint.code)
  )
}

async function follow(cli: Cli, path: string, state: State): Promise<void> {
  const headers = {
    accept: 'text/event-stream',
    ...(state.id === undefined ? {} : { 'last-event-id': state.id }),
  }
  const stop = new AbortController()
  const { body } = await okRaw(cli.api.raw(path, { headers, signal: stop.signal }))
  state.isKnown = true
  if (body === null) return
  try {
    for await (const { event, data, id } of serverEvents(
      body,
      (ms) => (state.waitMs = Math.min(waitMsMax, ms)),
    )) {
      state.id = id ?? state.id
      if (event === 'missed') await sayMissed(cli, parsed(data) as { count: number })
      if (event !== 'message') continue
      await sayEntry(cli, parsed(data) as Entry, state.id)
      if (--state.left === 0) return
    }
  } finally {
    stop.abort()
  }
}

async function sayMissed(cli: Cli, { count }: { count: number }): Promise<void> {
  await cli.tell({ missed: count }, () =>
    paint.odd(
      `${grouped(count)} not shown: too many at once, or while we were away. \`npx causeway messages\` has them.`,
    ),
  )
}

async function sayEntry(cli: Cli, entry: Entry, position: string | undefined): Promise<void> {
  await cli.tell({ ...entry, position }, () => entryLine(entry))
}

/** `12:00:00 delivered  events  track  Order Completed  ada  msg_1`. */
export function entryLine({
  receivedAt,
  outcome,
  lane,
  type,
  event,
  userId,
  id,
  reason,
  detail,
}: Entry): Shown {
  const why = [reason, detail].filter((part) => part !== undefined).join(': ')
  return join(
    [
      paint.faint(receivedAt.slice(11, 19)),
      padded(painted(outcome), 9),
      padded(shown`${lane}`, 9),
      padded(shown`${type ?? '-'}`, 8),
      shown`${event ?? '-'}`,
      ...(userId === undefined ? [] : [paint.faint(userId)]),
      paint.faint(id),
      ...(why === '' ? [] : [paint.odd(why)]),
    ],
    '  ',
  )
}
