// A real Chromium for the console's tests and pictures.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { chromium as playwright, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { chromiumPath } from '../e2e/clients/browser.ts'

/** Why these tests cannot run on this machine, if so. */
export const noBrowser: string | undefined =
  process.platform === 'linux' && process.arch === 'x64'
    ? undefined
    : `the npm package of Chromium is for linux-x64, and this is ${process.platform}-${process.arch}`

export async function openBrowser(): Promise<Browser> {
  const args = ['--no-sandbox', '--no-zygote', '--disable-gpu', '--disable-background-networking']
  return playwright.launch({ executablePath: await chromiumPath(), args })
}

export interface Visit {
  page: Page
  context: BrowserContext
  /** What the page said that it should not have: errors, and refusals by its own policy. */
  complaints: string[]
}

export interface Look {
  width?: number
  height?: number
  dark?: boolean
}

/** A fresh profile on the console's first page, not signed in. */
export async function visit(browser: Browser, url: string, look: Look = {}): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: look.width ?? 1280, height: look.height ?? 800 },
    colorScheme: look.dark === true ? 'dark' : 'light',
    reducedMotion: 'reduce',
    baseURL: url,
  })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url })
  const page = await context.newPage()
  // Less than a test's own limit, so that what was waited for is named.
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // The browser itself tells of each answer that is not a success; a test that wants one looks at the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  return { page, context, complaints }
}

/** As a person does it: the key is typed into the form. */
export async function signIn(page: Page, key: string): Promise<void> {
  await page.goto('/sign-in')
  await page.getByLabel('API key', { exact: true }).fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
}

const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

export interface Fault {
  id: string
  impact: string
  help: string
  targets: string[]
}

/** Faults that axe calls serious or critical. It is run beside the page's policy, which would refuse a foreign script. */
export async function seriousFaults(page: Page): Promise<Fault[]> {
  const session = await page.context().newCDPSession(page)
  const evaluate = async (expression: string): Promise<unknown> =>
    (await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })).result
      .value
  await evaluate(await readFile(axeSource, 'utf8'))
  const found =
    await evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, impact, help, nodes }) => ({ id, impact, help, targets: nodes.slice(0, 5).map(({ target, html }) => target.join(' ') + ' ' + html.slice(0, 160)) })))`)
  await session.detach()
  return found as Fault[]
}
