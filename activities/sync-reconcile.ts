/**
 * The comparison: what Statsig holds is read page by page and the ledger's `applied` is made to say the same. The
 * difference is then mended like any other, with the guard.
 */
import { IdSet } from '../core/audiences/id-set.ts'
import { BridgeError } from '../core/errors.ts'
import { asked, rest, Stopped, type SyncContext } from './sync-send.ts'

const pageRows = 5_000
const updatingMs = 5_000
/** How often in a row one page is asked for again, and after how long where Statsig does not say. */
const triesMax = 10
const againMs = 5_000

export async function compareList(context: SyncContext): Promise<void> {
  const onList = await readList(context)
  const difference = { missing: 0, extra: 0 }
  const { audiences, target } = context
  for (let after = ''; ;) {
    const page = await audiences.ledger(target, { after, limit: pageRows })
    const last = page.at(-1)
    if (last === undefined) break
    const [gone, there] = [[] as string[], [] as string[]]
    for (const { id, desired, applied } of page) {
      const isOnList = onList.has(id)
      if (desired && !isOnList) difference.missing += 1
      if (!desired && isOnList) difference.extra += 1
      if (applied !== isOnList) (isOnList ? there : gone).push(id)
    }
    await audiences.correctApplied(target, gone, false)
    await audiences.correctApplied(target, there, true)
    after = last.id
    await new Promise((resolve) => setImmediate(resolve))
  }
  context.difference = difference
}

/** Ids that the ledger has never heard of are put into it: they are on the list, and nobody wants them there. */
async function readList(context: SyncContext): Promise<IdSet> {
  const { audiences, segments, target, key, signal, nowMs } = context
  const onList = new IdSet()
  if (await asked(context, () => segments.isUpdating(key, target.key, signal)))
    throw new BridgeError('statsig.unavailable', 'the list is being updated', { retryAfterMs: updatingMs })
  for (let page = 1; ; page += 1) {
    if (context.isStopping()) throw new Stopped('more', 'The worker shuts down.')
    const { ids, isLast } = await askedAgain(context, () => segments.readIds(key, target.key, page, signal))
    for (const id of ids) onList.add(id)
    await audiences.adopt(target, ids, nowMs)
    if (isLast) return onList
  }
}

/** A limit in the middle of a long list is waited for there: from the first page on, it would be met again each time. */
async function askedAgain<T>(context: SyncContext, call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await asked(context, call)
    } catch (error) {
      const isWait = error instanceof BridgeError && waits.has(error.code)
      if (!isWait || tries === triesMax) throw error
      await rest(context, error.retryAfterMs ?? againMs)
    }
  }
}

const waits = new Set<string>(['statsig.rate_limited', 'statsig.unavailable'])
