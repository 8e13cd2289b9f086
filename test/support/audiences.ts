// Statsig's ID lists in memory, with faults that a test scripts; syncs that only note what they are told; memberships.
import { BridgeError } from '../../core/errors.ts'
import type { AudienceSyncs, PlacedMembership, StatsigSegment, StatsigSegments } from '../../core/ports.ts'

export interface ListCall {
  call: 'add' | 'remove'
  key: string
  ids: readonly string[]
}

export class ScriptedSegments implements StatsigSegments {
  readonly lists = new Map<string, { segment: StatsigSegment; ids: Set<string> }>()
  /** Every call that would change a list, refused ones too. */
  readonly calls: ListCall[] = []
  /** Called before each; throws what Statsig answers. May change the ledger meanwhile. */
  script: (call: ListCall, index: number) => void | Promise<void> = () => undefined
  pageIds = 3
  /** What every other call throws. */
  fault: BridgeError | undefined

  idsOf(id: string): string[] {
    return [...(this.lists.get(id)?.ids ?? [])].sort()
  }

  async get(_key: string, id: string): Promise<StatsigSegment | undefined> {
    if (this.fault) throw this.fault
    return this.lists.get(id)?.segment
  }

  async create(_key: string, { id, idType }: { id: string; idType: string }): Promise<void> {
    if (this.fault) throw this.fault
    this.lists.set(id, { segment: { id, type: 'id_list', idType, count: 0 }, ids: new Set() })
  }

  async addIds(key: string, id: string, ids: readonly string[]): Promise<void> {
    const list = await this.change({ call: 'add', key, ids }, id)
    for (const one of ids) list.add(one)
  }

  async removeIds(key: string, id: string, ids: readonly string[]): Promise<void> {
    const list = await this.change({ call: 'remove', key, ids }, id)
    for (const one of ids) list.delete(one)
  }

  async readIds(_key: string, id: string, page: number): Promise<{ ids: string[]; isLast: boolean }> {
    const ids = this.idsOf(id).reverse()
    const from = (page - 1) * this.pageIds
    return { ids: ids.slice(from, from + this.pageIds), isLast: from + this.pageIds >= ids.length }
  }

  async isUpdating(): Promise<boolean> {
    return false
  }

  async projectIds(): Promise<number> {
    return [...this.lists.values()].reduce((sum, { ids }) => sum + ids.size, 0)
  }

  private async change(call: ListCall, id: string): Promise<Set<string>> {
    this.calls.push(call)
    await this.script(call, this.calls.length - 1)
    const list = this.lists.get(id)
    if (!list) throw new BridgeError('statsig.list_gone', 'HTTP 404')
    return list.ids
  }
}

/** Notes each word as a line. */
export class RecordingSyncs implements AudienceSyncs {
  readonly told: string[] = []
  async changed(connectionId: string, key: string): Promise<void> {
    this.told.push(`changed ${connectionId} ${key}`)
  }
  async now(connectionId: string, key: string): Promise<void> {
    this.told.push(`now ${connectionId} ${key}`)
  }
  async decide(connectionId: string, key: string, verdict: 'approve' | 'reject'): Promise<number> {
    this.told.push(`${verdict} ${connectionId} ${key}`)
    return 0
  }
}

/** A word on a member of the audience `vip`, by her userId. */
export const membership = (
  userId: string,
  isMember: boolean,
  atMs: number,
  rest: Partial<PlacedMembership> = {},
): PlacedMembership => ({
  ...{ audience: 'vip', computationId: 'aud_1', isMember, atMs, atNs: 0, seq: 1, ids: { userId } },
  ...rest,
})

/** Engage's message about a member of `vip`. */
export const audienceMessage = (
  userId: string,
  isMember: boolean,
  atMs: number,
  rest: object = {},
): object => ({
  ...{ type: 'identify', userId, messageId: `personas_${userId}_${atMs}_${isMember}` },
  timestamp: new Date(atMs).toISOString(),
  traits: { vip: isMember },
  context: {
    personas: { computation_class: 'audience', computation_id: 'aud_1', computation_key: 'vip' },
  },
  ...rest,
})
