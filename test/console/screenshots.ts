// Pictures of every page, light and dark, wide and narrow: `npm run screenshots [folder]`, against a stack of its own.
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { startCauseway } from '../e2e/causeway.ts'
import { openBrowser, signIn, visit } from './browser.ts'
import { furnish, messageOf } from './furnish.ts'
import { addressesOf, addressesOfHistory, openPage } from './pages.ts'

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'causeway-screenshots-'))
mkdirSync(folder, { recursive: true })
const causeway = await startCauseway()
const browser = await openBrowser()

/** What a page shows only once something was done there. */
async function act(page: Page, name: string): Promise<void> {
  if (name === 'tester-filled') {
    await page.getByRole('button', { name: 'Test it' }).click()
    await page.getByRole('heading', { name: 'As sent' }).waitFor()
  }
  if (name === 'message') {
    await page.getByRole('button', { name: 'Compare' }).click()
    await page.getByText(/Today’s mapping/).waitFor()
  }
  if (name === 'live') {
    const batch = Array.from({ length: 60 }, (_, n) => messageOf(n))
    const headers = { authorization: `Basic ${btoa('demo:')}`, 'content-type': 'application/json' }
    await fetch(`${causeway.url}/v1/batch`, { method: 'POST', headers, body: JSON.stringify({ batch }) })
    await page.locator('.log-row').first().waitFor()
  }
}

try {
  const { apiKey } = JSON.parse(readFileSync(join(causeway.dataDir, 'keys.json'), 'utf8')) as {
    apiKey: string
  }
  const id = await furnish(causeway)
  const addresses = {
    ...addressesOf(id),
    ...(await addressesOfHistory(causeway, id)),
    'not-found': '/nowhere',
  }
  for (const dark of [false, true])
    for (const width of [1280, 390]) {
      const { page, context } = await visit(browser, causeway.url, { dark, width })
      const take = (name: string) =>
        page.screenshot({
          path: join(folder, `${name}-${width}-${dark ? 'dark' : 'light'}.png`),
          fullPage: true,
        })
      await page.goto('/sign-in')
      await page.getByRole('heading', { name: /Sign in/ }).waitFor()
      await take('sign-in')
      await signIn(page, apiKey)
      for (const [name, address] of Object.entries(addresses)) {
        await openPage(page, address)
        await act(page, name)
        // The bar stands at the top of what is seen: within a picture of the whole page it would cut through.
        await page.evaluate(() => scrollTo(0, 0))
        await take(name)
      }
      await context.close()
    }
  console.log(`pictures are in ${folder}`)
} finally {
  await browser.close()
  await causeway.stop()
  causeway.cleanUp()
}
