/** `causeway test`: what would become of one message, and why; sent where that is asked for. */
import type { components } from '../../../console/api/schema.d.ts'
import { ok } from '../api.ts'
import { given } from '../arguments.ts'
import type { Cli } from '../cli.ts'
import { pickConnection, withConnection, type ConnectionOption } from '../connection.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import type { Register } from '../program.ts'
import { readJson } from '../stdin.ts'
import { facts, table } from '../table.ts'
import { join, paint, painted, shown, shownJson, type Shown } from '../text.ts'
import { shownWarnings } from './messages.ts'

type Trace = components['schemas']['TestTrace']
interface Options extends ConnectionOption {
  lane?: string
  send?: boolean
}

const examples = `
Nothing is stored or counted. With --send it goes to the vendor once, with the connection's key.
It ends with 0 where the message is mapped (and, with --send, accepted), with 1 otherwise.

Examples:
  $ npx causeway test message.json
  $ echo '{"type":"track","event":"Signed Up","userId":"ada"}' | npx causeway test --send
  $ npx causeway test exposure.json --lane outbound`

export const register: Register = (command, act) => {
  withConnection(command.argument('[file]', 'JSON; without one, standard input'))
    .option('--lane <lane>', 'the lane to try: outbound for an event of Statsig; by default that of accept')
    .option('--send', 'send it to the vendor, too')
    .addHelpText('after', examples)
    .action(act((cli, file: string | undefined, options: Options) => test(cli, file, options)))
}

async function test(
  cli: Cli,
  file: string | undefined,
  { connection, lane, send = false }: Options,
): Promise<ExitCode> {
  const message = (await readJson(cli.io, file, 'message')) as Record<string, never>
  const { id } = await pickConnection(cli, connection)
  const body = { message, send, ...given({ lane }) }
  const trace = await ok(cli.api.POST('/api/v1/connections/{id}/test', { params: { path: { id } }, body }))
  await cli.answer(trace, () => shownTrace(trace))
  return exitCodeOfTrace(trace)
}

/** A membership is folded and not mapped: there is nothing wrong with that. */
export function exitCodeOfTrace({ outcome, sent }: Pick<Trace, 'outcome' | 'sent'>): ExitCode {
  const isFine = outcome === 'mapped' || outcome === null
  return isFine && (sent === null || sent.result === 'accepted') ? exitCodes.ok : exitCodes.failed
}

export function shownTrace(trace: Trace): Shown {
  const { outcome, filter, identifiers, origins, mapped, warnings, sent } = trace
  const section = (title: string, text: Shown): Shown[] => [shown``, paint.head(title), text]
  return join([
    facts([
      ['outcome', outcome === null ? 'none' : outcome === 'mapped' ? paint.good(outcome) : painted(outcome)],
      ['reason', trace.reason ?? undefined],
      ['at', trace.path ?? undefined],
      ['detail', trace.detail ?? undefined],
      ['lane', trace.lane],
      ['accept puts it in', trace.lanes.join(', ')],
      [
        'filters',
        filter === null ? 'not asked' : `${filter.included ? 'included' : 'excluded'} by ${filter.rule}`,
      ],
    ]),
    ...(identifiers.length === 0
      ? []
      : section(
          'Identifiers',
          table(
            ['unit', 'value', 'from'],
            identifiers.map(({ unit, value, from }) => [unit, textOf(value), from]),
          ),
        )),
    ...(origins.length === 0
      ? []
      : section(
          'Where each field came from',
          table(
            ['field', 'from'],
            origins.map(({ target, from }) => [target, from]),
          ),
        )),
    ...(mapped === null || mapped === undefined ? [] : section('As mapped', shownJson(mapped))),
    ...(warnings.length === 0 ? [] : section('Warnings', shownWarnings(warnings))),
    ...(sent === null ? [] : section('Sent', shownSent(sent))),
  ])
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const shownSent = ({ result, status, durationMs, answer }: NonNullable<Trace['sent']>): Shown =>
  facts([
    ['result', painted(result)],
    ['status', status ?? undefined],
    ['took', durationMs === null ? undefined : `${durationMs} ms`],
    ['answer', answer],
  ])
