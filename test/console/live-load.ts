// The live view under load: 500 messages a second through the real door, lanes and stream, drawn by a real browser.
import { describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { waitFor } from '../e2e/causeway.ts'
import { signIn, visit } from './browser.ts'
import { messageOf } from './furnish.ts'
import { openPage } from './pages.ts'
import type { Stage } from './stage.ts'

const perSecond = 500
const seconds = 8
/** As apps send: many small requests, not one large. */
const perRequest = 25

interface Frames {
  /** Gaps between two frames, ms, shortest first. */
  gaps: number[]
  /** Tasks of more than 50 ms. */
  longTasks: number[]
  rowsMost: number
}
interface Watched {
  causewayFrames: Frames & { isOver: boolean }
}

/** Counts frames, long tasks and rows in the page, from now on. */
const watchFrames = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const seen: Watched['causewayFrames'] = { gaps: [], longTasks: [], rowsMost: 0, isOver: false }
    Object.assign(globalThis, { causewayFrames: seen })
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.longTasks.push(Math.round(duration))
    }).observe({ entryTypes: ['longtask'] })
    let before = performance.now()
    const onFrame = (now: number): void => {
      seen.gaps.push(now - before)
      before = now
      seen.rowsMost = Math.max(seen.rowsMost, document.querySelectorAll('.log-row').length)
      if (!seen.isOver) requestAnimationFrame(onFrame)
    }
    requestAnimationFrame(onFrame)
  })

const readFrames = (page: Page): Promise<Frames> =>
  page.evaluate(() => {
    const seen = (globalThis as unknown as Watched).causewayFrames
    seen.isOver = true
    return { ...seen, gaps: seen.gaps.slice(1).sort((a, b) => a - b) }
  })

/** Sends evenly; answers how many were accepted. */
async function feed(url: string): Promise<number> {
  const headers = { authorization: `Basic ${btoa('demo:')}`, 'content-type': 'application/json' }
  const startedMs = performance.now()
  const pending: Promise<number>[] = []
  for (let n = 0; n < perSecond * seconds; n += perRequest) {
    const aheadMs = (n / perSecond) * 1_000 - (performance.now() - startedMs)
    if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs))
    const batch = Array.from({ length: perRequest }, (_, at) => messageOf(n + at))
    const sent = fetch(`${url}/v1/batch`, { method: 'POST', headers, body: JSON.stringify({ batch }) })
    pending.push(sent.then(({ status }) => (status === 200 ? perRequest : 0)))
  }
  return (await Promise.all(pending)).reduce((sum, accepted) => sum + accepted, 0)
}

export function describeLiveLoad(on: () => Stage): void {
  describe('the live view', () => {
    it(`takes ${perSecond} messages a second: most of the time is left to the reader, and none is hidden`, async () => {
      const { causeway, browser, key, id } = on()
      const { page, context } = await visit(browser, causeway.url)
      await signIn(page, key)
      await openPage(page, `/connections/${id}/live`)
      await page.getByText('live', { exact: true }).waitFor()
      const session = await context.newCDPSession(page)
      // Time of the main thread on its processor: what else the machine does is not in it.
      await session.send('Performance.enable', { timeDomain: 'threadTicks' })
      const metric = async (name: string): Promise<number> =>
        (await session.send('Performance.getMetrics')).metrics.find((one) => one.name === name)?.value ?? 0
      await session.send('HeapProfiler.collectGarbage')
      const before = { busy: await metric('TaskDuration'), heap: await metric('JSHeapUsedSize') }
      await watchFrames(page)
      const startedMs = performance.now()
      const accepted = await feed(causeway.url)
      const shown = async () => {
        const words = (await page.locator('.page-head').textContent()) ?? ''
        const [seen = 0, missed = 0] = [/([\d,]+) seen/, /([\d,]+) left out/].map((pattern) =>
          Number((pattern.exec(words)?.[1] ?? '0').replaceAll(',', '')),
        )
        return { seen, missed }
      }
      await waitFor(
        async () => (({ seen, missed }) => seen + missed >= accepted)(await shown()),
        15_000,
        () => 'the view does not account for all of them',
      )
      const busyShare =
        (await metric('TaskDuration')) - before.busy === 0
          ? 1
          : ((await metric('TaskDuration')) - before.busy) / ((performance.now() - startedMs) / 1_000)
      const { gaps, longTasks, rowsMost } = await readFrames(page)
      await session.send('HeapProfiler.collectGarbage')
      const heapMb = ((await metric('JSHeapUsedSize')) - before.heap) / 1e6
      const told = await shown()
      const at = (share: number): number => Math.round(gaps[Math.floor(gaps.length * share)] ?? Infinity)
      console.log(
        `live view: ${accepted} accepted, ${told.seen} seen, ${told.missed} left out; ${Math.round(busyShare * 100)} % of the main thread; ` +
          `frames p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms; ${longTasks.length} long tasks, longest ${Math.max(0, ...longTasks)} ms; ` +
          `at most ${rowsMost} rows in the page; heap +${heapMb.toFixed(1)} MB`,
      )
      expect(accepted).toBe(perSecond * seconds)
      expect(told.seen + told.missed).toBe(accepted)
      expect(busyShare).toBeLessThan(0.5)
      expect(rowsMost).toBeLessThan(80)
      expect(heapMb).toBeLessThan(30)
      // Frames go by the clock, and a machine of two cores runs the product as well: this only finds what stands still.
      expect(at(0.5)).toBeLessThan(50)
      await context.close()
    }, 60_000)
  })
}
