/**
 * A message's `context` on top of its batch's, read without being copied: a batch's `context` is the sender's to make
 * as large as a body may be, and a copy for each of its messages would keep a lane busy for hours.
 */
import { isObject, type Json } from '../own-keys.ts'

/** How deep the two are laid over each other: `context.app.version`. */
const LEVELS = 3

type Read = (object: Json) => unknown

/** Two objects read as one: a key of `over` wins, and what is null or absent there is read from `under`. */
export class Layered {
  private readonly over: Json
  private readonly under: Json
  private readonly levels: number

  constructor(over: Json, under: Json, levels = LEVELS) {
    this.over = over
    this.under = under
    this.levels = levels
  }

  /** What a reader of one key finds; objects that stand in both come layered again. */
  get(read: Read): unknown {
    const above = read(this.over)
    if (above === undefined || above === null) return read(this.under)
    if (this.levels <= 1 || !isObject(above)) return above
    const below = read(this.under)
    return isObject(below) ? new Layered(above, below, this.levels - 1) : above
  }
}
