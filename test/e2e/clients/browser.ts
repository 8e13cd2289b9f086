// npm `@segment/analytics-next` in a real Chromium, on a page of another origin than ours.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { chromium as playwright, type Browser, type Page } from 'playwright-core'
import { cached, runProgram, type Client, type Job } from './client.ts'

/** What the page offers. */
interface PageWindow {
  run: (job: Partial<Job> & { deliveryStrategy?: object }) => Promise<void>
  beaconAtClose: (job: Partial<Job>) => void
}

export interface BrowserClient extends Client {
  /** A fresh profile with the page open. */
  open: () => Promise<Page>
}

/** Calls a function of the page; `load` and `run` are of page.html. */
export const runInPage = (page: Page, job: Partial<Job> & { deliveryStrategy?: object }): Promise<void> =>
  page.evaluate((said) => (globalThis as unknown as PageWindow).run(said), job)
export const beaconAtClose = (page: Page, job: Partial<Job>): Promise<void> =>
  page.evaluate((said) => (globalThis as unknown as PageWindow).beaconAtClose(said), job)

export function browserClient(): BrowserClient {
  let browser: Browser | undefined
  let site: { url: string; close: () => Promise<void> } | undefined

  async function open(): Promise<Page> {
    if (!browser || !site) throw new Error('prepare comes first')
    const page = await (await browser.newContext()).newPage()
    await page.goto(site.url)
    return page
  }

  return {
    name: '@segment/analytics-next 1.84.3',
    open,
    async prepare() {
      if (process.platform !== 'linux' || process.arch !== 'x64')
        return `the npm package of Chromium is for linux-x64, and this is ${process.platform}-${process.arch}`
      site = await serveSite()
      // Not the package's own arguments: they turn the rules of origins off, and these rules are the test's subject.
      const args = ['--no-sandbox', '--no-zygote', '--disable-gpu']
      browser = await playwright.launch({ executablePath: await chromiumPath(), args })
      return undefined
    },
    async run(job) {
      // The page stays open, as a shop's does: the library goes on by itself with what it has not handed over yet.
      await runInPage(await open(), job)
    },
    async close() {
      await browser?.close()
      await site?.close()
    },
  }
}

/**
 * Unpacked into our own cache, since the package's place is one for all its versions, in the system's temporary
 * folder: hence a process of its own, with another TMPDIR.
 */
export async function chromiumPath(): Promise<string> {
  const unpack = `const { default: chromium } = await import('@sparticuz/chromium')
    chromium.setGraphicsMode = false
    await chromium.executablePath()`
  const folder = await cached('chromium', [unpack, '147.0.0'], async (target) => {
    const args = ['--input-type=module', '--eval', unpack]
    await runProgram(process.execPath, args, { cwd: import.meta.dirname, env: { TMPDIR: target } })
  })
  return join(folder, 'chromium')
}

/** The page, and the library's files as its package has them. */
async function serveSite(): Promise<{ url: string; close: () => Promise<void> }> {
  const entry = createRequire(import.meta.url).resolve('@segment/analytics-next')
  const umd = join(dirname(entry), '..', 'umd')
  const server = createServer((incoming, outgoing) => {
    const path = new URL(incoming.url ?? '/', 'http://site').pathname
    const file = path === '/' ? join(import.meta.dirname, 'browser/page.html') : join(umd, basename(path))
    readFile(file).then(
      (bytes) =>
        outgoing.setHeader('content-type', path === '/' ? 'text/html' : 'text/javascript').end(bytes),
      () => outgoing.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
