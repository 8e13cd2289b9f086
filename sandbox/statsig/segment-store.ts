// The segments of the one project, and for each ID list the file that server SDKs read: one line of ten bytes a change,
// only ever appended to (statsig-node 6.5.2 and @statsig/statsig-node-core 0.23.2, run against such files).
import { hash } from 'node:crypto'

export type SegmentType = 'id_list' | 'rule_based' | 'analysis_list' | 'user_store_id_list'

export interface Segment {
  id: string
  name: string
  type: SegmentType
  idType: string
  description: string
  createdAtMs: number
  ids: Set<string>
  file: ListFile
}

const lineBytes = 10

/** `+` or `-`, eight characters of a hash, a line feed. */
export class ListFile {
  private bytes: Buffer = Buffer.alloc(lineBytes * 64)
  size = 0

  append(sign: '+' | '-', id: string): void {
    if (this.size + lineBytes > this.bytes.length) {
      const grown = Buffer.alloc(this.bytes.length * 2)
      this.bytes.copy(grown, 0, 0, this.size)
      this.bytes = grown
    }
    this.bytes.write(`${sign}${hash('sha256', id, 'base64').slice(0, 8)}\n`, this.size, 'latin1')
    this.size += lineBytes
  }

  from(offset: number): Buffer {
    return Buffer.from(this.bytes.subarray(Math.min(offset, this.size), this.size))
  }
}

/** What the documented cap of a project is, over all of its ID lists. */
export const PROJECT_IDS_MAX = 10_000_000

export class SegmentStore {
  readonly #segments = new Map<string, Segment>()
  readonly #nowMs: () => number
  /** When a list was made or deleted last: SDKs load the specs anew then. */
  changedAtMs: number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.changedAtMs = nowMs()
  }

  get(id: string): Segment | undefined {
    return this.#segments.get(id)
  }

  list(): Segment[] {
    return [...this.#segments.values()]
  }

  lists(): Segment[] {
    return this.list().filter(({ type }) => type === 'id_list')
  }

  create(given: Pick<Segment, 'id' | 'name' | 'type' | 'idType' | 'description'>): Segment {
    const segment = { ...given, createdAtMs: this.#touch(), ids: new Set<string>(), file: new ListFile() }
    this.#segments.set(given.id, segment)
    return segment
  }

  delete(id: string): void {
    this.#segments.delete(id)
    this.#touch()
  }

  totalIds(): number {
    return this.lists().reduce((sum, { ids }) => sum + ids.size, 0)
  }

  add({ ids, file }: Segment, given: readonly string[]): void {
    for (const id of given) {
      if (ids.has(id)) continue
      ids.add(id)
      file.append('+', id)
    }
  }

  remove({ ids, file }: Segment, given: readonly string[]): void {
    for (const id of given) if (ids.delete(id)) file.append('-', id)
  }

  forget(): void {
    this.#segments.clear()
    this.#touch()
  }

  /** Grows even while the clock stands still: an SDK ignores specs that are not newer. */
  #touch(): number {
    this.changedAtMs = Math.max(this.changedAtMs + 1, this.#nowMs())
    return this.changedAtMs
  }
}
