// npm `@statsig/js-client` in a real Chromium, on a page of another origin than ours.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { chromium as playwright, type Page } from 'playwright-core'
import { chromiumPath } from '../clients/browser.ts'

export interface Shop {
  /** A fresh profile with the page open. */
  open: () => Promise<Page>
  close: () => Promise<void>
}

/** Starts the browser and the shop's own site; a text says why there is no browser here. */
export async function openShop(): Promise<Shop | string> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `the npm package of Chromium is for linux-x64, and this is ${process.platform}-${process.arch}`
  const site = await serveSite()
  // Not the package's own arguments: they turn the rules of origins off, and these rules are the test's subject.
  const args = ['--no-sandbox', '--no-zygote', '--disable-gpu']
  const browser = await playwright.launch({ executablePath: await chromiumPath(), args })
  return {
    async open() {
      const page = await (await browser.newContext()).newPage()
      await page.goto(site.url)
      return page
    },
    async close() {
      await browser.close()
      await site.close()
    },
  }
}

/** The page and the SDK's bundle, as its package has it. */
async function serveSite(): Promise<{ url: string; close: () => Promise<void> }> {
  const entry = createRequire(import.meta.url).resolve('@statsig/js-client')
  const bundle = join(dirname(entry), '..', 'build', 'statsig-js-client.min.js')
  const server = createServer((incoming, outgoing) => {
    const isSdk = incoming.url === '/sdk.js'
    readFile(isSdk ? bundle : join(import.meta.dirname, 'page.html')).then(
      (bytes) => outgoing.setHeader('content-type', isSdk ? 'text/javascript' : 'text/html').end(bytes),
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
