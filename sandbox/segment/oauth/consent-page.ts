// The page on which a person grants an app access: a plain form, so that a script can answer it too.
import { html, raw } from 'hono/html'
import type { Workspace } from '../workspace.ts'

/** What of the authorization request the form carries on. */
export const carried = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
] as const

const style = raw(`<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:10vh auto;padding:0 1rem;color:#1a1f36;background:#fff}
label{display:block;margin:1rem 0 .25rem}select{font:inherit;width:100%;padding:.4rem}
button{font:inherit;padding:.5rem 1.25rem;margin:1.5rem .5rem 0 0;cursor:pointer}
code{background:#eef;padding:0 .25rem}[role=alert]{color:#a00}
</style>`)

/** The form; `problem` says what is wrong with the last answer. */
export function consentPage(
  request: Readonly<Record<string, string>>,
  { name, id, sources }: Workspace,
  problem?: string,
) {
  const hidden = carried.flatMap((field) =>
    request[field] === undefined
      ? []
      : [html`<input type="hidden" name="${field}" value="${request[field]}" />`],
  )
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Grant access · Segment (sandbox)</title>
        ${style}
      </head>
      <body>
        <h1>Grant access</h1>
        <p>
          <code>${request.client_id ?? ''}</code> asks for <code>${request.scope ?? ''}</code> in your
          workspace. This is the sandbox's stand-in for Segment.
        </p>
        ${problem === undefined ? '' : html`<p role="alert">${problem}</p>`}
        <form method="post" action="/oauth2/auth">
          ${hidden}
          <label for="workspace">Workspace</label>
          <select id="workspace" name="workspace">
            <option value="${id}" selected>${name}</option>
          </select>
          <label for="source">Source</label>
          <select id="source" name="source">
            ${sources.map((source) => html`<option value="${source.id}">${source.name}</option>`)}
            <option value="">Let the app ask</option>
          </select>
          <button type="submit" name="decision" value="allow">Allow</button>
          <button type="submit" name="decision" value="deny">Deny</button>
        </form>
      </body>
    </html>`
}
