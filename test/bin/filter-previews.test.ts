import { describe, expect, it } from 'vitest'
import { createFilterPreviews } from '../../bin/filter-previews.ts'
import { defaultSettings } from '../../core/settings.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { createStore } from '../../db/store.ts'
import { create, names, request } from '../db/suite/requests.ts'
import { openForTest, temporaryFile } from '../db/temporary.ts'

const box = createSecretBox(Buffer.alloc(32, 7))
const settings = {
  ...defaultSettings,
  filters: { ...defaultSettings.filters, inbound: { default: 'exclude' as const, rules: [] } },
}
const asked = { connectionId: 'con_1', lane: 'events', settings, last: 100_000 } as const

async function openFile() {
  const path = temporaryFile()
  const store = createStore(openForTest(path), box)
  await create(store)
  return { path, store }
}

describe('createFilterPreviews', () => {
  it('judges 100,000 messages in a thread, while this one goes on', async () => {
    const { path, store } = await openFile()
    for (let round = 0; round < 100; round += 1) await store.inbox.append(request(names(`m${round}-`, 1_000)))
    let longestMs = 0
    let lastMs = performance.now()
    const ticking = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs)
      lastMs = performance.now()
    }, 5)
    const result = await createFilterPreviews(path).preview(asked)
    clearInterval(ticking)
    expect(result).toMatchObject({ looked: 100_000, dropped: 100_000, kept: 0, cut: false })
    expect(result.samples).toHaveLength(10)
    // The scan takes seconds; on a busy machine a thread may wait some hundred milliseconds for its turn.
    expect(longestMs).toBeLessThan(1_000)
  })

  it('answers those who ask at once one after the other, and tells a crowd to come again', async () => {
    const { path, store } = await openFile()
    await store.inbox.append(request(['m1']))
    const previews = createFilterPreviews(path)
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => previews.preview(asked)))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(8)
    expect(answers.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'store_busy' } })
    expect(await previews.preview(asked)).toMatchObject({ looked: 1 })
  })

  it('fails with what went wrong in the thread, and works again afterwards', async () => {
    const previews = createFilterPreviews('/nowhere/causeway.db')
    await expect(previews.preview(asked)).rejects.toMatchObject({
      message: expect.stringMatching(/directory|unable/) as string,
    })
    await expect(previews.preview(asked)).rejects.toMatchObject({
      message: expect.stringMatching(/directory|unable/) as string,
    })
  })
})
