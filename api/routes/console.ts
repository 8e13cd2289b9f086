/**
 * The console's built files: `/`, `/assets/…`, and the page for every address of its own. Routes of the API come first
 * and are never shadowed: a page is answered only where nothing else is, and only to who asks for HTML.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { NONCE, secureHeaders, type SecureHeadersVariables } from 'hono/secure-headers'
import type { ApiDeps } from '../deps.ts'

/** Addresses of programs, where a missing route is a problem and never a page. */
const forPrograms = /^\/(api|v1|webhooks|oauth|docs|assets|openapi\.json|healthz|readyz|metrics)(\/|$)/
const types: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
  png: 'image/png',
}
/** Names carry a hash of the content. */
const forEver = 'public, max-age=31536000, immutable'

type Variables = SecureHeadersVariables

/** Scripts are files of ours; the style tags that the component library makes carry the nonce of this answer. */
const headers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", NONCE],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    manifestSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
  // Whether TLS is spoken is for the proxy in front to say.
  strictTransportSecurity: false,
  referrerPolicy: 'same-origin',
})

export function registerConsole(app: OpenAPIHono, { consoleFolder }: Pick<ApiDeps, 'consoleFolder'>): void {
  app.get('/', headers, (c: Context<{ Variables: Variables }>) => answerPage(c, consoleFolder))
  app.get('/assets/:name', async (c) => {
    const name = c.req.param('name')
    const type = types[name.slice(name.lastIndexOf('.') + 1)]
    if (consoleFolder === undefined || type === undefined || !/^[\w.-]+$/.test(name)) return c.notFound()
    const path = join(consoleFolder, 'assets', name)
    const fixed = { 'content-type': type, 'cache-control': forEver, 'x-content-type-options': 'nosniff' }
    const zipped = takesGzip(c) ? await fileOf(`${path}.gz`) : undefined
    if (zipped) return c.body(zipped, 200, { ...fixed, 'content-encoding': 'gzip', vary: 'accept-encoding' })
    const plain = await fileOf(path)
    return plain ? c.body(plain, 200, { ...fixed, vary: 'accept-encoding' }) : c.notFound()
  })
}

/** The page for an address that no route has, where a person asks for one; else undefined. */
export async function pageFor(
  given: Context,
  consoleFolder: string | undefined,
): Promise<Response | undefined> {
  // The headers' own middleware sets the variable that it is read by.
  const c = given as Context<{ Variables: Variables }, string>
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD'
  const wantsPage = (c.req.header('accept') ?? '').includes('text/html')
  if (!isRead || !wantsPage || forPrograms.test(c.req.path)) return undefined
  await headers(c, async () => {
    c.res = await answerPage(c, consoleFolder)
  })
  return c.res
}

async function answerPage(
  c: Context<{ Variables: Variables }>,
  folder: string | undefined,
): Promise<Response> {
  const nonce = c.get('secureHeadersNonce') ?? ''
  const index = folder === undefined ? undefined : await fileOf(join(folder, 'index.html'))
  c.header('cache-control', 'no-store')
  if (!index) return c.html(notBuilt, 503, { 'retry-after': '5' })
  return c.html(new TextDecoder().decode(index).replaceAll('__CSP_NONCE__', nonce))
}

const notBuilt = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Causeway</title></head><body>
<h1>The console is not built</h1>
<p><code>npm start</code> builds it in some seconds; reload this page then. Where the api is started by itself, run
<code>npm run build:console</code> first and start it again. Events are accepted and delivered meanwhile.</p>
<p>The API's reference is at <a href="/docs">/docs</a>.</p></body></html>`

const takesGzip = (c: Context) => /\bgzip\b/.test(c.req.header('accept-encoding') ?? '')

async function fileOf(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await readFile(path))
  } catch {
    return undefined
  }
}
