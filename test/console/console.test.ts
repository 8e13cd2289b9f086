// The console in a real Chromium, on the whole product as `npm start` runs it: one product for all of it, since each costs.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCauseway } from '../e2e/causeway.ts'
import { describeAsText } from './as-text.ts'
import { noBrowser, openBrowser, seriousFaults, signIn, visit } from './browser.ts'
import { describeKeyboard } from './keyboard.ts'
import { describeLiveLoad } from './live-load.ts'
import { describeNewUser } from './new-user.ts'
import { addressesOf, openPage, sendSamples } from './pages.ts'
import type { Stage } from './stage.ts'

let stage: Stage | undefined
function on(): Stage {
  if (!stage) throw new Error('the product has not started')
  return stage
}

beforeAll(async () => {
  if (noBrowser !== undefined) return
  const causeway = await startCauseway()
  const keys = JSON.parse(readFileSync(join(causeway.dataDir, 'keys.json'), 'utf8')) as { apiKey: string }
  stage = { causeway, browser: await openBrowser(), key: keys.apiKey, id: await sendSamples(causeway) }
}, 120_000)
afterAll(async () => {
  await stage?.browser.close()
  await stage?.causeway.stop()
  stage?.causeway.cleanUp()
})

describe.skipIf(noBrowser !== undefined)('the console', () => {
  it('lets nobody in without a key, and keeps it where no script can read it', async () => {
    const { page, context } = await visit(on().browser, on().causeway.url)
    await page.goto('/')
    await page.getByRole('heading', { name: /Sign in/ }).waitFor()
    await page.getByLabel('API key', { exact: true }).fill('cw_wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText(/This key opens nothing/).waitFor()
    await signIn(page, on().key)
    expect(await page.evaluate('document.cookie')).toBe('')
    const cookie = (await context.cookies()).find(({ name }) => name === 'causeway_session')
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
    await context.close()
  })

  it.each([
    ['light', { dark: false, width: 1280 }],
    ['dark, on a small screen', { dark: true, width: 390 }],
  ])(
    'shows every page without a complaint of the browser, and none that axe calls serious: %s',
    async (_, look) => {
      const { page, context, complaints } = await visit(on().browser, on().causeway.url, look)
      await signIn(page, on().key)
      for (const address of Object.values(addressesOf(on().id))) {
        await openPage(page, address)
        expect([address, complaints]).toEqual([address, []])
        expect([address, await page.getByText(/went wrong|Not found/i).count()]).toEqual([address, 0])
        expect([address, await seriousFaults(page)]).toEqual([address, []])
        const tooWide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        expect([address, tooWide]).toEqual([address, 0])
      }
      await context.close()
    },
    120_000,
  )

  it('starts from the plan of an export the export that it planned', async () => {
    const { page, context } = await visit(on().browser, on().causeway.url)
    await signIn(page, on().key)
    const window = { from: '2026-01-01T00:00:00Z', to: new Date().toISOString() }
    const { id } = await on().causeway.api<{ id: string }>('POST', `/connections/${on().id}/exports`, {
      ...window,
      dryRun: true,
    })
    await openPage(page, `/jobs/exports/${id}`)
    await page.getByRole('heading', { name: 'Plan of an export' }).waitFor()
    await page.getByRole('button', { name: 'Start this export' }).click()
    await page.waitForURL(
      (url) => /^\/jobs\/exports\/(?!.*\/)/.test(url.pathname) && !url.pathname.endsWith(id),
    )
    const { data } = await on().causeway.api<{ data: { dryRun: boolean; from: string }[] }>('GET', '/exports')
    expect(data.map(({ dryRun }) => dryRun)).toEqual([false, true])
    expect(data[0]?.from).toBe(data[1]?.from)
    await context.close()
  })

  it('needs less than 300 KB of compressed JavaScript to show its first page', async () => {
    const { page, context } = await visit(on().browser, on().causeway.url)
    let bytes = 0
    page.on('response', (response) => {
      if (/\.js(\?|$)/.test(response.url()))
        void response
          .request()
          .sizes()
          .then(({ responseBodySize }) => (bytes += responseBodySize))
    })
    await signIn(page, on().key)
    await page.waitForLoadState('networkidle').catch(() => undefined)
    expect(bytes).toBeGreaterThan(30_000)
    expect(bytes).toBeLessThan(300_000)
    await context.close()
  })

  describeNewUser(on)
  describeKeyboard(on)
  describeAsText(on)
  describeLiveLoad(on)
})
