/**
 * A bulk load of an audience: lines are folded as they arrive, guarded at the sync like any other change. A load that
 * breaks off has said what it has said; sent again it changes nothing twice.
 */
import type { MemberReader } from '../core/audiences/member-lines.ts'
import { idsOfUnit } from '../core/audiences/unit.ts'
import type { Audience, PlacedMembership } from '../core/ports.ts'
import type { ApiDeps } from './deps.ts'

/** What is held of the body: as many as the ledger sorts at a time, and fewer where lines are long. */
const rowsMax = 10_000
const charsMax = 4_000_000
const faultsShown = 20

export interface Loaded {
  received: number
  taken: number
  stale: number
  setAside: number
  /** With `replace`: whether those that the load did not name went out, and how many. */
  replaced: boolean
  expelled: number
  faults: { line: number; code: string }[]
}

export interface LoadInput {
  audience: Audience
  lines: AsyncIterable<string>
  read: MemberReader
  /** Whoever is not named goes out, once the whole body has come. */
  replace: boolean
}

export async function loadMembers(
  deps: ApiDeps,
  { audience, lines, read, replace }: LoadInput,
): Promise<Loaded> {
  const startedMs = deps.clock.nowMs()
  const loaded: Loaded = {
    ...{ received: 0, taken: 0, stale: 0, setAside: 0, replaced: false, expelled: 0, faults: [] },
  }
  let rows: Row[] = []
  let [line, chars] = [0, 0]
  for await (const text of lines) {
    line += 1
    const member = read(text)
    if (member === undefined) continue
    loaded.received += 1
    if ('fault' in member) {
      refuse(loaded, line, member.fault)
      continue
    }
    const atMs = Math.min(member.atMs ?? startedMs, startedMs)
    rows.push({
      ...{ audience: audience.key, computationId: '', isMember: member.isMember, atMs, atNs: 0, seq: 0 },
      ...{ ids: idsOfUnit(audience.unit, member.id), line },
    })
    chars += member.id.length
    if (rows.length < rowsMax && chars < charsMax) continue
    await fold(deps, audience, rows, loaded)
    rows = []
    chars = 0
  }
  await fold(deps, audience, rows, loaded)
  // A source that says nothing removes nobody, and a line that cannot be read may have named anybody.
  loaded.replaced = replace && loaded.setAside === 0 && loaded.taken + loaded.stale > 0
  if (loaded.replaced) loaded.expelled = await expelOthers(deps, audience, startedMs)
  return loaded
}

type Row = PlacedMembership & { line: number }

async function fold(deps: ApiDeps, audience: Audience, rows: Row[], loaded: Loaded): Promise<void> {
  if (rows.length === 0) return
  const { folded } = await deps.store.audiences.fold(audience.connectionId, rows, deps.clock.nowMs())
  folded.forEach((one, index) => {
    if (one === 'stale') loaded.stale += 1
    else if (typeof one === 'string') loaded.taken += 1
    else refuse(loaded, rows[index]?.line ?? 0, one.code)
  })
  // Live work of this process goes on between two transactions.
  await new Promise((resolve) => setImmediate(resolve))
}

function refuse(loaded: Loaded, line: number, code: string): void {
  loaded.setAside += 1
  if (loaded.faults.length < faultsShown) loaded.faults.push({ line, code })
}

async function expelOthers({ store }: ApiDeps, audience: Audience, beforeMs: number): Promise<number> {
  let expelled = 0
  for (let after: string | undefined = ''; after !== undefined;) {
    const step: { expelled: number; next: string | undefined } = await store.audiences.expel(audience, {
      beforeMs,
      after,
    })
    expelled += step.expelled
    after = step.next
    await new Promise((resolve) => setImmediate(resolve))
  }
  return expelled
}
