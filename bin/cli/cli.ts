/** What a command has in its hands: the API, and how it speaks. */
import { createApi, type Api } from './api.ts'
import { misused } from './failure.ts'
import { write, type Io } from './io.ts'
import { findKey, targetOf, type Target, type TargetOptions } from './target.ts'
import { jsonText, type Shown } from './text.ts'

export interface GlobalOptions extends TargetOptions {
  json?: boolean | undefined
  /** False by `--no-color`. */
  color?: boolean | undefined
}

export class Cli {
  readonly io: Io
  readonly options: GlobalOptions
  readonly isJson: boolean
  readonly target: Target
  #api: Api | undefined

  constructor(io: Io, options: GlobalOptions) {
    this.io = io
    this.options = options
    this.isJson = options.json === true
    this.target = targetOf(io, options)
  }

  /** The API with the key. Throws `usage` where there is no key. */
  get api(): Api {
    if (this.#api) return this.#api
    const found = findKey(this.io, this.options, this.target)
    if (!found)
      throw misused(
        'There is no API key.',
        this.target.isLocal
          ? 'Set CAUSEWAY_API_KEY or give --key-file; or go to the folder of `npm start`, whose .data/keys.json is read.'
          : 'Set CAUSEWAY_API_KEY or give --key-file. The key of this machine is not sent to another one.',
      )
    return (this.#api = createApi(this.io, this.target.url, found.key))
  }

  /** Columns of the terminal that a table should fit; undefined for a pipe. */
  get columns(): number | undefined {
    return this.io.out.columns()
  }

  /** To standard output; nothing where JSON is wanted. */
  async say(text: Shown): Promise<void> {
    if (!this.isJson) await write(this.io.out, `${this.#styled(text, this.io.out.isTty)}\n`)
  }

  /** One document for `--json`, or its text for a person. */
  async answer(value: unknown, text: () => Shown): Promise<void> {
    if (this.isJson) await write(this.io.out, `${jsonText(value, 2)}\n`)
    else await this.say(text())
  }

  /** One of a stream: a line of JSON, or its text. */
  async tell(value: unknown, text: () => Shown): Promise<void> {
    if (this.isJson) await write(this.io.out, `${jsonText(value)}\n`)
    else await this.say(text())
  }

  /** Beside the answer, to standard error. */
  async note(text: Shown): Promise<void> {
    await write(this.io.err, `${this.#styled(text, this.io.err.isTty)}\n`).catch(() => undefined)
  }

  #styled(text: Shown, isTty: boolean): string {
    return hasColours(this.io, this.options, isTty) ? text.styled : text.plain
  }
}

/** On a terminal, unless NO_COLOR (https://no-color.org), `--no-color` or a terminal without them says otherwise. */
export function hasColours({ env }: Pick<Io, 'env'>, { color }: GlobalOptions, isTty: boolean): boolean {
  return isTty && color !== false && !env.NO_COLOR && env.TERM !== 'dumb'
}
