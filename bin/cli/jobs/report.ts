/** The report of a job: everything that was not delivered, with reasons, and everything odd in the source. */
import { createWriteStream } from 'node:fs'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { Command } from 'commander'
import { okRaw } from '../api.ts'
import type { Cli } from '../cli.ts'
import { csvRows } from '../csv.ts'
import { write } from '../io.ts'
import type { Act } from '../program.ts'
import { shown, shownLines } from '../text.ts'
import { jobPaths, type JobKind } from './kinds.ts'

/** `report <id>` of a kind. */
export function registerReport(group: Command, act: Act, kind: JobKind): void {
  const examples = [
    ...['', 'Examples:', `  $ npx causeway ${kind} report <id> --out report.csv`],
    `  $ npx causeway ${kind} report <id> --json | jq -r .reason | sort | uniq -c`,
  ]
  group
    .command('report <id>')
    .description('everything that was not delivered, with reasons, and everything odd in the source: CSV')
    .option('-o, --out <file>', 'write it there instead of to standard output')
    .addHelpText('after', examples.join('\n'))
    .action(act((cli, id: string, { out }: { out?: string }) => report(cli, kind, id, out)))
}

/** As it comes for a file or a pipe; escaped on a terminal; a line of JSON a row with `--json`. */
async function report(cli: Cli, kind: JobKind, id: string, out: string | undefined): Promise<void> {
  const { body } = await okRaw(cli.api.raw(`${jobPaths[kind].list}/${encodeURIComponent(id)}/report.csv`))
  if (body === null) return
  const chunks = Readable.fromWeb(body as ReadableStream<Uint8Array>)
  if (out !== undefined) {
    const file = resolve(cli.io.cwd, out)
    await pipeline(chunks, createWriteStream(file))
    await cli.answer({ file }, () => shown`${file} written.`)
    return
  }
  if (cli.isJson) {
    for await (const row of csvRows(chunks)) await cli.tell(row, () => shown``)
    return
  }
  for await (const chunk of chunks.setEncoding('utf8')) {
    const text = String(chunk)
    await write(cli.io.out, cli.io.out.isTty ? shownLines(text).plain : text)
  }
}
