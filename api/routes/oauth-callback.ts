/**
 * Where Segment sends a person back to after the consent. No key is asked for: a browser comes here from another site,
 * without our cookie. The state is what admits: random, known to nobody else, good for once. A plain page says how it went.
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { html } from 'hono/html'
import { BridgeError } from '../../core/errors.ts'
import type { ApiDeps } from '../deps.ts'
import { callbackPath, tellSetup } from '../setup.ts'

const policy = `default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`
/** Segment's own words are shown, and nothing that could not be words. */
const wordsMax = 200

export function registerOauthCallback(app: OpenAPIHono, deps: ApiDeps): void {
  app.get(callbackPath, async (c) => {
    const { state = '', code, error, error_description: described } = c.req.query()
    const isCode = error === undefined && code !== undefined && code !== '' && code.length <= 4_000
    if (error === undefined && !isCode) return page(c, deps, 400, unknownState)
    const setup = await deps.store.setups.takeConsent(state, isCode ? code : undefined, deps.clock.nowMs())
    if (!setup) return page(c, deps, 400, unknownState)
    const back = `connections/${setup.connectionId}/setup`
    const refused = isCode
      ? {}
      : { refused: `${error}: ${described ?? 'no reason given'}`.slice(0, wordsMax) }
    try {
      await tellSetup(deps, setup.connectionId, 'consent', [refused])
    } catch (cause) {
      if (!(cause instanceof BridgeError) || cause.code !== 'temporal_unavailable') throw cause
      return page(c, deps, 200, later, back)
    }
    return page(c, deps, 200, isCode ? allowed : notAllowed, back)
  })
}

type Told = [title: string, says: string]
const allowed: Told = [
  'Segment has allowed it',
  'The set-up goes on by itself. Go back to Causeway to watch it.',
]
const later: Told = [
  'Segment has allowed it',
  'Causeway has kept the consent and cannot go on this moment, because Temporal does not answer. It goes on when the set-up is looked at again.',
]
const notAllowed: Told = [
  'Segment has not allowed it',
  'Nothing was set up. You can start again in Causeway.',
]
const unknownState: Told = [
  'This link is not good any more',
  'It was used before, has expired, or was not made by this Causeway. Start the set-up again.',
]

/** `back`: where in the console the person was. */
function page(c: Context, { config }: ApiDeps, status: 200 | 400, [title, says]: Told, back = '') {
  c.header('content-security-policy', policy)
  c.header('cache-control', 'no-store')
  // The address of this page holds a code.
  c.header('referrer-policy', 'no-referrer')
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width" />
          <title>${title}</title>
          <style>
            body {
              font:
                16px/1.5 system-ui,
                sans-serif;
              max-width: 34rem;
              margin: 15vh auto;
              padding: 0 1rem;
              color-scheme: light dark;
            }
          </style>
        </head>
        <body>
          <h1>${title}</h1>
          <p>${says}</p>
          <p><a href="${config.publicUrl}/${back}" rel="noreferrer">Back to Causeway</a></p>
        </body>
      </html>`,
    status,
  )
}
