// The judge: a certified OAuth client library, against the sandbox on loopback.
import * as oauth from 'oauth4webapi'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { serveSandbox, type RunningSandbox } from '../../../sandbox/serve.ts'
import { segmentAt, type SegmentClient } from './segment-client.ts'

const redirectUri = 'http://127.0.0.1:3000/oauth/segment/callback'
// eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so that nobody uses it beyond loopback
const insecure = { [oauth.allowInsecureRequests]: true }
const client: oauth.Client = { client_id: 'sandbox-client' }
const auth = oauth.ClientSecretBasic('sandbox-secret')

let running: RunningSandbox
let sandbox: SegmentClient
let server: oauth.AuthorizationServer

beforeEach(async () => {
  running = await serveSandbox({ port: 0, nowMs: Date.now })
  sandbox = segmentAt(running.origin)
  server = {
    issuer: running.origin,
    authorization_endpoint: `${running.origin}/oauth2/auth`,
    token_endpoint: `${running.origin}/oauth2/token`,
    revocation_endpoint: `${running.origin}/oauth2/revoke`,
  }
})

afterEach(() => running.close())

const turn = (knobs: object) =>
  sandbox.ask('/_sandbox/segment/settings', { method: 'PATCH', body: JSON.stringify(knobs) })
const grantsLeft = async () => (await (await sandbox.ask('/_sandbox/segment/grants')).json()) as object[]

/** The form's fields as a browser would send them when that button is pressed. */
function filledForm(page: string, answers: Record<string, string>): URLSearchParams {
  const fields = new URLSearchParams()
  const unescape = (text: string) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"')
  for (const [, name = '', value = ''] of page.matchAll(/<input type="hidden" name="(.*?)" value="(.*?)"/g)) {
    fields.set(name, unescape(value))
  }
  for (const [, name = '', options = ''] of page.matchAll(
    /<select id="\w+" name="(\w+)">(.*?)<\/select>/gs,
  )) {
    fields.set(name, /<option value="(.*?)"/.exec(options)?.[1] ?? '')
  }
  for (const [name, value] of Object.entries(answers)) fields.set(name, value)
  return fields
}

interface Flow {
  verifier: string
  /** Where the app was redirected to. */
  callback: URL
}

async function consent(
  answers: Record<string, string> = {},
  query: Record<string, string> = {},
): Promise<Flow> {
  const verifier = oauth.generateRandomCodeVerifier()
  const url = new URL(server.authorization_endpoint ?? '')
  url.search = new URLSearchParams({
    ...{ response_type: 'code', client_id: client.client_id, redirect_uri: redirectUri, scope: 'workspace' },
    ...{ state: 'state & "more"', code_challenge: await oauth.calculatePKCECodeChallenge(verifier) },
    ...{ code_challenge_method: 'S256', ...query },
  }).toString()
  const page = await (await fetch(url)).text()
  const body = filledForm(page, { decision: 'allow', ...answers })
  const answer = await fetch(`${running.origin}/oauth2/auth`, { method: 'POST', body, redirect: 'manual' })
  expect(answer.status, await answer.text()).toBe(302)
  return { verifier, callback: new URL(answer.headers.get('location') ?? '') }
}

async function exchange({ callback, verifier }: Flow, by = auth) {
  const params = oauth.validateAuthResponse(server, client, callback, 'state & "more"')
  const answer = await oauth.authorizationCodeGrantRequest(
    ...([server, client, by, params, redirectUri, verifier, insecure] as const),
  )
  return oauth.processAuthorizationCodeResponse(server, client, answer)
}

async function refresh(token: string | undefined) {
  const answer = await oauth.refreshTokenGrantRequest(server, client, auth, token ?? '', insecure)
  return oauth.processRefreshTokenResponse(server, client, answer)
}

const api = (token: string, path: string, init: RequestInit = {}) =>
  fetch(running.origin + path, { ...init, headers: { authorization: `Bearer ${token}` } })

describe('oauthRoutes', () => {
  it('grants one source, by a form that a script answers, for a token that the Public API takes', async () => {
    const flow = await consent()
    expect(`${flow.callback.origin}${flow.callback.pathname}`).toBe(redirectUri)
    const answer = await exchange(flow)
    expect(answer).toMatchObject({
      token_type: 'bearer',
      scope: 'workspace',
      app_name: 'apps/1',
      workspace_names: ['workspaces/sandbox'],
      source_names: ['workspaces/sandbox/sources/web'],
    })
    expect(answer.expires_in).toBeCloseTo(3_600, -1)
    const sources = await (await api(answer.access_token, '/sources')).json()
    expect(sources).toMatchObject({ data: { sources: [{ slug: 'web' }] } })
    expect((await api(answer.access_token, '/sources/source-id-server')).status).toBe(404)
  })

  it('names no source where the choice is left to the app, and the token sees all of them', async () => {
    const answer = await exchange(await consent({ source: '' }))
    expect(answer.source_names).toBeUndefined()
    const { data } = (await (await api(answer.access_token, '/sources')).json()) as {
      data: { sources: object[] }
    }
    expect(data.sources).toHaveLength(2)
  })

  it('lets workspace:read only read', async () => {
    const { access_token: token } = await exchange(await consent({}, { scope: 'workspace:read' }))
    expect((await api(token, '/destinations')).status).toBe(200)
    expect((await api(token, '/destinations', { method: 'POST', body: '{}' })).status).toBe(403)
  })

  it('tells the app that the person refused, with its state', async () => {
    const { callback } = await consent({ decision: 'deny' })
    expect(callback.searchParams.get('error')).toBe('access_denied')
    expect(callback.searchParams.get('state')).toBe('state & "more"')
    expect(await grantsLeft()).toEqual([])
  })

  it('tells the app of a scope that it cannot have', async () => {
    const { callback } = await consent({}, { scope: 'everything' })
    expect(callback.searchParams.get('error')).toBe('invalid_scope')
  })

  it.each([
    ['an unknown client', { client_id: 'other' }],
    ['an address that is not http', { redirect_uri: 'javascript:alert(1)' }],
  ])('shows %s no form and redirects nowhere', async (_, query) => {
    const params = { response_type: 'code', client_id: 'sandbox-client', redirect_uri: redirectUri, ...query }
    const url = `${running.origin}/oauth2/auth?${new URLSearchParams(params).toString()}`
    const answer = await fetch(url, { redirect: 'manual' })
    expect(answer.status).toBe(400)
    expect(await answer.text()).not.toContain('<form')
  })

  it.each([
    ['no decision', { decision: '' }, 'Choose Allow or Deny.'],
    ['a workspace of somebody else', { workspace: 'other' }, 'Choose a workspace that is yours.'],
    ['an unknown source', { source: 'other' }, 'The workspace has no such source.'],
  ])('shows the form again after %s', async (_, answers, says) => {
    const page = await (await fetch(`${running.origin}/oauth2/auth?${query({})}`)).text()
    const body = filledForm(page, { decision: 'allow', ...answers })
    const answer = await fetch(`${running.origin}/oauth2/auth`, { method: 'POST', body, redirect: 'manual' })
    expect(answer.status).toBe(400)
    const again = await answer.text()
    expect(again).toContain(says)
    expect(filledForm(again, {}).get('state')).toBe('s')
  })

  it('escapes what the request puts into the page', async () => {
    const page = await (
      await fetch(`${running.origin}/oauth2/auth?${query({ scope: '<script>x</script>' })}`)
    ).text()
    expect(page).not.toContain('<script>')
  })

  it.each([
    ['a code that is used twice', (flow: Flow) => exchange(flow)],
    [
      'a verifier of another request',
      (flow: Flow) => Object.assign(flow, { verifier: oauth.generateRandomCodeVerifier() }),
    ],
    ['a code that has expired', () => new Promise((resolve) => setTimeout(resolve, 2_100))],
  ])('answers invalid_grant to %s', async (_, spoil) => {
    await turn({ codeSeconds: 1 })
    const flow = await consent()
    await spoil(flow)
    await expect(exchange(flow)).rejects.toMatchObject({ error: 'invalid_grant', status: 400 })
  })

  it('answers 401 to a wrong secret, and to none', async () => {
    const wrong = exchange(await consent(), oauth.ClientSecretBasic('wrong'))
    await expect(wrong).rejects.toMatchObject({ status: 401 })
    await expect(exchange(await consent(), oauth.None())).rejects.toMatchObject({ error: 'invalid_client' })
  })

  it('keeps the refresh token in standard mode', async () => {
    const first = await exchange(await consent())
    for (let round = 0; round < 2; round += 1) {
      const next = await refresh(first.refresh_token)
      expect(next.refresh_token).toBeUndefined()
      expect(next).toMatchObject({ source_names: ['workspaces/sandbox/sources/web'] })
      expect((await api(next.access_token, '/sources')).status).toBe(200)
    }
  })

  it('rotates, and ends the whole grant when an old refresh token comes again', async () => {
    await turn({ refreshTokens: 'rotating' })
    const first = await exchange(await consent())
    const second = await refresh(first.refresh_token)
    expect(second.refresh_token).not.toBe(first.refresh_token)
    await expect(refresh(first.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' })
    await expect(refresh(second.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' })
    expect((await api(second.access_token, '/sources')).status).toBe(401)
  })

  it('takes an old refresh token again within the grace that is set', async () => {
    await turn({ refreshTokens: 'rotating', refreshGraceSeconds: 60 })
    const first = await exchange(await consent())
    await refresh(first.refresh_token)
    expect((await refresh(first.refresh_token)).refresh_token).toBeDefined()
  })

  it('gives no refresh token where that is set, as Segment does not', async () => {
    await turn({ refreshTokens: 'none' })
    expect((await exchange(await consent())).refresh_token).toBeUndefined()
  })

  it('refuses an access token that has expired', async () => {
    await turn({ accessTokenSeconds: 1 })
    const { access_token: token } = await exchange(await consent())
    await expect.poll(async () => (await api(token, '/sources')).status, { timeout: 5_000 }).toBe(401)
  })

  it('revokes an access token alone, and with a refresh token the grant', async () => {
    const revoke = async (token: string) =>
      oauth.processRevocationResponse(await oauth.revocationRequest(server, client, auth, token, insecure))
    const { access_token: token, refresh_token: refreshToken = '' } = await exchange(await consent())
    expect(await grantsLeft()).toMatchObject([{ source: 'web', accessTokens: 1, refreshTokens: 1 }])
    await revoke(token)
    expect((await api(token, '/sources')).status).toBe(401)
    await refresh(refreshToken)
    await revoke(refreshToken)
    expect(await grantsLeft()).toEqual([])
    await revoke('never-issued')
  })

  it('meets faults of segment.oauth', async () => {
    const flow = await consent()
    await sandbox.addFault({
      target: 'segment.oauth',
      status: 503,
      whenRequest: 'POST /oauth2/token',
      times: 1,
    })
    await expect(exchange(flow)).rejects.toMatchObject({ cause: { status: 503 } })
    expect((await exchange(flow)).access_token).toBeDefined()
  })

  it('forgets grants on DELETE', async () => {
    const { access_token: token } = await exchange(await consent())
    await sandbox.ask('/_sandbox', { method: 'DELETE' })
    expect((await api(token, '/sources')).status).toBe(401)
  })
})

function query(over: Record<string, string>): string {
  const standard = { response_type: 'code', client_id: 'sandbox-client', redirect_uri: redirectUri }
  return new URLSearchParams({ ...standard, scope: 'workspace', state: 's', ...over }).toString()
}
