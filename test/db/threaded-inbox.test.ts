import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startThread } from '../../bin/threads.ts'
import { createThreadedInbox } from '../../db/threaded-inbox.ts'
import { openSqlitePair } from './sqlite-pair.ts'
import { inboxCases } from './suite/inbox.ts'
import { request } from './suite/requests.ts'
import { openLane, openWorld, type StorePair } from './suite/world.ts'

const module = new URL('../../bin/inbox-thread.ts', import.meta.url)
const startOn = (path: string) => () => startThread(module, { path })

/** A pair whose `a` accepts in a thread. */
async function openThreadedPair(start = startOn): Promise<StorePair> {
  const pair = await openSqlitePair()
  const inbox = createThreadedInbox(start(pair.path))
  await inbox.ready()
  return {
    ...{ ...pair, a: { ...pair.a, inbox } },
    async close() {
      await inbox.close()
      await pair.close()
    },
  }
}

describe('createThreadedInbox', () => {
  inboxCases(openThreadedPair)

  it('hands a large body over whole, and takes it from the caller', async () => {
    const { a, b } = await openWorld(openThreadedPair)
    const sent = request(Array.from({ length: 5_000 }, (_, n) => `message-${n}`))
    const before = Buffer.from(sent.body)
    await a.inbox.append(sent)
    expect(sent.body.byteLength).toBe(0)
    expect(before.equals(await b.lanes.body(1))).toBe(true)
  })

  it('fails what a dying thread had not answered, and goes on with another', async () => {
    const started: Worker[] = []
    const { a, b } = await openWorld(() =>
      openThreadedPair((path) => () => {
        const thread = startOn(path)()
        started.push(thread)
        return thread
      }),
    )
    await a.inbox.append(request(['m1']))
    const lost = a.inbox.append(request(['m2']))
    await started[0]?.terminate()
    await expect(lost).rejects.toMatchObject({ code: 'store_failed' })
    await a.inbox.append(request(['m3']))
    expect(started).toHaveLength(2)
    expect((await b.lanes.read(await openLane(b), 10)).length).toBeGreaterThanOrEqual(2)
  })

  it('is not ready on a file that cannot be opened', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-threaded-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    await expect(createThreadedInbox(startOn(folder)).ready()).rejects.toBeDefined()
  })
})
