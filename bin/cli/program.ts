/** The command line as a whole: global options, commands, and what each way of ending means. */
import { Command, CommanderError } from 'commander'
import { Cli, hasColours, type GlobalOptions } from './cli.ts'
import { commands } from './commands.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { CliFailure, shownComplaint } from './failure.ts'
import { ReaderGone, write, type Io } from './io.ts'
import { jsonText, visible } from './text.ts'

/** What a command does; its exit code, or none for `ok`. Its arguments come first, then its options. */
export type Work = (cli: Cli, ...args: never[]) => Promise<ExitCode | undefined> | Promise<void>
/** Makes an action for commander of it. */
export type Act = (work: Work) => (...args: unknown[]) => Promise<void>
/** Gives a command its options and action, or a group its commands. */
export type Register = (command: Command, act: Act) => void

const after = `
Exit codes: 0 done, 1 failed or refused, 2 not understood, 3 the API does not answer,
4 a job ended with something undelivered, 130 Ctrl-C. docs/cli.md tells all of it.

Examples:
  $ npx causeway doctor
  $ npx causeway tail
  $ npx causeway messages --outcome rejected
  $ npx causeway replay start --from 2d --dry-run`

/** Runs a command line to its end. Never throws. */
export async function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  const state: { exitCode: ExitCode } = { exitCode: exitCodes.ok }
  const errors: string[] = []
  const program = await createProgram(args, io, state, errors)
  try {
    await program.parseAsync([...args], { from: 'user' })
    return state.exitCode
  } catch (error) {
    return ending(io, wanted(program, args), error, errors)
  }
}

/** An action may fail before commander has read all options. */
const wanted = (program: Command, args: readonly string[]): GlobalOptions => ({
  ...program.opts<GlobalOptions>(),
  ...(args.includes('--json') ? { json: true } : {}),
})

async function createProgram(
  args: readonly string[],
  io: Io,
  state: { exitCode: ExitCode },
  errors: string[],
): Promise<Command> {
  const program = new Command('causeway')
    .description('Watch, steer and mend a Causeway from the command line, by its REST API.')
    .option('--url <url>', 'the API (CAUSEWAY_URL; by default the one that `npm start` runs here)')
    .option('--key-file <path>', 'a file with the API key (or CAUSEWAY_API_KEY; by default .data/keys.json)')
    .option('--json', 'one JSON document, or a line of JSON each for what streams; nothing else on stdout')
    .option('--no-color', 'no colours (NO_COLOR does the same)')
    .addHelpText('after', after)
  shape(program, io, errors)
  const act: Act =
    (work) =>
    async (...args) => {
      const command = args.at(-1) as Command
      const cli = new Cli(io, command.optsWithGlobals())
      state.exitCode = (await work(cli, ...(args.slice(0, -1) as never[]))) ?? state.exitCode
    }
  for (const { name, says, load } of commands) {
    const command = program.command(name).description(says)
    if (args.includes(name)) (await load()).register(command, act)
  }
  for (const command of everyCommand(program)) shape(command, io, errors)
  return program
}

function everyCommand(parent: Command): Command[] {
  return parent.commands.flatMap((command) => [command, ...everyCommand(command)])
}

/** Help goes to stdout, complaints wait: whether they are said as JSON is known at the end. */
function shape(command: Command, io: Io, errors: string[]): void {
  command
    .exitOverride()
    .helpOption('-h, --help', 'show this')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => void io.out.stream.write(text),
      writeErr: (text) => void errors.push(text),
      getOutHelpWidth: () => io.out.columns() ?? 100,
      getErrHelpWidth: () => io.err.columns() ?? 100,
      getOutHasColors: () => hasColours(io, {}, io.out.isTty),
      getErrHasColors: () => hasColours(io, {}, io.err.isTty),
    })
}

async function ending(io: Io, options: GlobalOptions, error: unknown, errors: string[]): Promise<ExitCode> {
  if (error instanceof ReaderGone) return exitCodes.ok
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok
  const failure = error instanceof CommanderError ? misreading(error, errors) : asFailure(error)
  const { exitCode, complaint } = failure
  const colours = hasColours(io, options, io.err.isTty)
  const shown = shownComplaint(complaint)
  const isHelp = error instanceof CommanderError && error.code === 'commander.help'
  const text = options.json ? jsonText({ error: complaint, exitCode }) : colours ? shown.styled : shown.plain
  await write(io.err, isHelp && !options.json ? errors.join('') : `${text}\n`).catch(() => undefined)
  return exitCode
}

/** Commander's complaint, without its `error: `. */
function misreading({ message }: CommanderError, errors: string[]): CliFailure {
  const said = errors.join('').trim() || message
  const [title = '', hint] = said.replace(/^error: /, '').split('\n')
  return new CliFailure(exitCodes.usage, {
    code: 'usage',
    title: visible(title),
    nextStep: hint === undefined ? '--help shows what there is.' : visible(hint),
  })
}

function asFailure(error: unknown): CliFailure {
  if (error instanceof CliFailure) return error
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new CliFailure(exitCodes.failed, {
    code: 'internal',
    title: 'The command line failed itself',
    detail,
  })
}
