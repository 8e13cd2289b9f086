// Pictures of every page, light and dark, wide and narrow: `npm run screenshots [folder]`, against a stack of its own.
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCauseway } from '../e2e/causeway.ts'
import { openBrowser, signIn, visit } from './browser.ts'
import { addressesOf, openPage, sendSamples } from './pages.ts'

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'causeway-screenshots-'))
mkdirSync(folder, { recursive: true })
const causeway = await startCauseway()
const browser = await openBrowser()
try {
  const { apiKey } = JSON.parse(readFileSync(join(causeway.dataDir, 'keys.json'), 'utf8')) as {
    apiKey: string
  }
  const id = await sendSamples(causeway)
  for (const dark of [false, true])
    for (const width of [1280, 390]) {
      const { page, context } = await visit(browser, causeway.url, { dark, width })
      await signIn(page, apiKey)
      for (const [name, address] of Object.entries(addressesOf(id))) {
        await openPage(page, address)
        await page.screenshot({
          path: join(folder, `${name}-${width}-${dark ? 'dark' : 'light'}.png`),
          fullPage: true,
        })
      }
      await context.close()
    }
  console.log(`pictures are in ${folder}`)
} finally {
  await browser.close()
  await causeway.stop()
  causeway.cleanUp()
}
