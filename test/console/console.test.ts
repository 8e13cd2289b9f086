// The console in a real Chromium, on the whole product as `npm start` runs it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Analytics } from '@segment/analytics-node'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCauseway, type Causeway } from '../e2e/causeway.ts'
import { noBrowser, openBrowser, seriousFaults, signIn, visit } from './browser.ts'
import { addressesOf, openPage, sendSamples } from './pages.ts'

let causeway: Causeway
let browser: Browser
let id: string
let key: string

beforeAll(async () => {
  if (noBrowser !== undefined) return
  causeway = await startCauseway()
  browser = await openBrowser()
  key = (JSON.parse(readFileSync(join(causeway.dataDir, 'keys.json'), 'utf8')) as { apiKey: string }).apiKey
  id = await sendSamples(causeway)
}, 120_000)
afterAll(async () => {
  if (noBrowser !== undefined) return
  await browser.close()
  await causeway.stop()
  causeway.cleanUp()
})

describe.skipIf(noBrowser !== undefined)('the console', () => {
  it('lets nobody in without a key, and keeps it where no script can read it', async () => {
    const { page, context } = await visit(browser, causeway.url)
    await page.goto('/')
    await page.getByRole('heading', { name: /Sign in/ }).waitFor()
    await page.getByLabel('API key', { exact: true }).fill('cw_wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText(/key/i).first().waitFor()
    await signIn(page, key)
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
      const { page, context, complaints } = await visit(browser, causeway.url, look)
      await signIn(page, key)
      for (const address of Object.values(addressesOf(id))) {
        await openPage(page, address)
        expect([address, complaints]).toEqual([address, []])
        expect([address, await page.getByText(/went wrong|Not found/i).count()]).toEqual([address, 0])
        expect([address, await seriousFaults(page)]).toEqual([address, []])
      }
      await context.close()
    },
    120_000,
  )

  it('shows an event of Segment’s SDK as it passes, and its whole story', async () => {
    const { page, context } = await visit(browser, causeway.url)
    await signIn(page, key)
    await openPage(page, `/connections/${id}/live`)
    const segment = new Analytics({ writeKey: 'demo', host: causeway.url, path: '/v1/batch' })
    segment.track({ userId: 'live-user', event: 'Seen Live' })
    await segment.closeAndFlush()
    const row = page.getByText('Seen Live').first()
    await row.waitFor()
    await row.click()
    await page.getByText('segment::Seen Live').first().waitFor()
    await context.close()
  })

  it('needs less than 300 KB of compressed JavaScript to show its first page', async () => {
    const { page, context } = await visit(browser, causeway.url)
    let bytes = 0
    page.on('response', (response) => {
      if (/\.js(\?|$)/.test(response.url()))
        void response
          .request()
          .sizes()
          .then(({ responseBodySize }) => (bytes += responseBodySize))
    })
    await signIn(page, key)
    await page.waitForLoadState('networkidle').catch(() => undefined)
    expect(bytes).toBeGreaterThan(30_000)
    expect(bytes).toBeLessThan(300_000)
    await context.close()
  })
})
