// Renewals by real processes, against the sandbox's OAuth server: who asks it is counted there.
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKeepGrants } from '../../activities/keep-grants.ts'
import { createSegmentAccess, type SegmentAccessDeps } from '../../activities/segment-access.ts'
import { createSegmentOauth } from '../../clients/segment-oauth.ts'
import { BridgeError } from '../../core/errors.ts'
import type { Store } from '../../core/ports.ts'
import { renewEveryMs } from '../../core/segment-grant.ts'
import { serveSandbox, type RunningSandbox } from '../../sandbox/serve.ts'
import { createSecretBox } from '../../db/secret-box.ts'
import { openStore } from '../../db/store.ts'
import { create } from '../db/suite/requests.ts'
import { temporaryFile } from '../db/temporary.ts'
import { countingIds, RecordingLog } from '../support/fake-deps.ts'

let sandbox: RunningSandbox
let store: Store
let path: string
let log: RecordingLog
let clock: { ms: number; nowMs: () => number }
/** Refresh requests as the token endpoint got them. */
let refreshes: number
beforeEach(async () => {
  sandbox = await serveSandbox({ port: 0, nowMs: Date.now })
  path = temporaryFile()
  store = openStore(path, createSecretBox(Buffer.alloc(32, 7)))
  await create(store)
  log = new RecordingLog()
  clock = { ms: Date.now(), nowMs: () => clock.ms }
  refreshes = 0
})
afterEach(async () => {
  await store.close()
  await sandbox.close()
})

const say = (at: string, init?: RequestInit) => fetch(`${sandbox.origin}${at}`, init)
const turn = (knobs: object) =>
  say('/_sandbox/segment/settings', { method: 'PATCH', body: JSON.stringify(knobs) })
const grants = async () =>
  (await (await say('/_sandbox/segment/grants')).json()) as { accessTokens: number; refreshTokens: number }[]

function oauthOf() {
  const oauth = createSegmentOauth({
    ...{ clientId: 'sandbox-client', clientSecret: 'sandbox-secret', scopes: 'workspace', clock },
    ...{ authorizeUrl: `${sandbox.origin}/oauth2/auth`, tokenUrl: `${sandbox.origin}/oauth2/token` },
  })
  const refresh = (token: string) => {
    refreshes += 1
    return oauth.refresh(token)
  }
  return { ...oauth, refresh }
}

const depsOf = (): SegmentAccessDeps => ({
  ...{ connections: store.connections, grants: store.grants, clock, log, ids: countingIds() },
  oauth: oauthOf(),
})

/** A person's consent, and its first tokens; the access token is refused from then on. */
async function consent(): Promise<string> {
  const oauth = oauthOf()
  const [redirectUri, verifier] = ['http://127.0.0.1/oauth/segment/callback', 'v'.repeat(64)]
  const url = new URL(await oauth.authorizeUrl({ state: 'state', verifier, redirectUri }))
  const body = new URLSearchParams({
    ...Object.fromEntries(url.searchParams),
    decision: 'allow',
    workspace: 'sandbox',
  })
  const answer = await say('/oauth2/auth', { method: 'POST', body, redirect: 'manual' })
  const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const tokens = await oauth.exchange({ code, verifier, redirectUri })
  await store.grants.put('con_1', tokens, clock.nowMs())
  await say('/oauth2/revoke', {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('sandbox-client:sandbox-secret')}` },
    body: new URLSearchParams({ token: tokens.accessToken }),
  })
  return tokens.accessToken
}

type Renewing = ChildProcessByStdio<Writable, Readable, null>

async function startProcess(mode = 'renews'): Promise<Renewing> {
  const args = ['--import', 'tsx/esm', 'test/activities/renewing-process.ts', path, sandbox.origin, mode]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}

/** Lets them all go at once; answers what each printed. */
async function race(children: Renewing[]): Promise<string[]> {
  const printed = children.map(async (child) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    await once(child, 'close')
    return text.trim()
  })
  for (const child of children) child.stdin.write('go\n')
  return Promise.all(printed)
}

const use = () => {
  const call = async (token: string) => {
    const response = await say('/sources', { headers: { authorization: `Bearer ${token}` } })
    if (response.status === 401) throw new BridgeError('segment.token_refused', 'HTTP 401')
    return token
  }
  return createSegmentAccess(depsOf()).use('con_1', call)
}

describe('createSegmentAccess', () => {
  it.each(['standard', 'rotating'] as const)(
    'renews once for two processes that are refused at the same time, and heals or tells a crash in between: %s',
    async (refreshTokens) => {
      await turn({ refreshTokens })
      const first = await consent()
      const [one, two, doomed] = await Promise.all([startProcess(), startProcess(), startProcess('dies')])
      const [a, b] = await race([one, two])
      expect(a).toMatch(/^token \S{20,}$/)
      expect(b).toBe(a)
      expect(a).not.toContain(first)
      // One access token besides none of the first consent's: there was one renewal.
      expect((await grants())[0]?.accessTokens).toBe(1)

      const now = await store.grants.get('con_1')
      await say('/oauth2/revoke', {
        method: 'POST',
        headers: { authorization: `Basic ${btoa('sandbox-client:sandbox-secret')}` },
        body: new URLSearchParams({ token: now?.accessToken ?? '' }),
      })
      expect(await race([doomed])).toEqual([''])
      expect(doomed.signalCode).toBe('SIGKILL')
      expect((await store.grants.outline('con_1'))?.isRefreshOpen).toBe(true)
      if (refreshTokens === 'standard') {
        expect(await use()).toMatch(/^\S{20,}$/)
        expect(await store.grants.outline('con_1')).toMatchObject({
          isRefreshOpen: false,
          deadReason: undefined,
        })
        return
      }
      const lost = /A renewal was cut off before its answer was kept.*Go through the consent again/
      await expect(use()).rejects.toMatchObject({
        code: 'segment.token_refused',
        detail: expect.stringMatching(lost) as string,
      })
      expect((await store.grants.outline('con_1'))?.deadReason).toMatch(lost)
      expect(log.lines.map(({ fields }) => fields.event)).toEqual(['segment.grant_dead'])
      // It is not asked again: a second use of an old token might end what another one holds.
      refreshes = 0
      await expect(use()).rejects.toMatchObject({ code: 'segment.token_refused' })
      expect(refreshes).toBe(0)
    },
    60_000,
  )

  it('keeps whatever refresh token comes back', async () => {
    await turn({ refreshTokens: 'rotating' })
    await consent()
    const before = await store.grants.get('con_1')
    for (let n = 0; n < 3; n += 1) {
      clock.ms += renewEveryMs
      await createSegmentAccess(depsOf()).keepAlive('con_1', renewEveryMs)
    }
    const after = await store.grants.get('con_1')
    expect(after?.refreshToken).not.toBe(before?.refreshToken)
    expect(refreshes).toBe(3)
  })
})

describe('createKeepGrants', () => {
  const keep = async (deps = depsOf()) => {
    const steps = createKeepGrants(deps)()[Symbol.asyncIterator]()
    while ((await steps.next()).done !== true);
  }

  it('renews a grant that has lain for a week, and no younger one', async () => {
    await consent()
    await keep()
    expect(refreshes).toBe(0)
    clock.ms += renewEveryMs
    await keep()
    expect(refreshes).toBe(1)
    expect((await store.grants.outline('con_1'))?.refreshedAtMs).toBe(clock.ms)
  })

  it('goes on with the others where one is refused or Segment is down, and shows no token', async () => {
    await consent()
    const tokens = {
      accessToken: 'access-x',
      refreshToken: 'refresh-x',
      expiresAtMs: undefined,
      sources: undefined,
    }
    await create(store, { id: 'con_2' })
    await store.grants.put('con_2', tokens, 0)
    await store.grants.put('con_1', { ...tokens, refreshToken: 'refresh-y' }, 0)
    await create(store, { id: 'con_3' })
    await store.grants.put('con_3', tokens, 0)
    await say('/_sandbox/faults', {
      method: 'POST',
      body: JSON.stringify({ target: 'segment.oauth', status: 503, times: 1 }),
    })
    clock.ms += renewEveryMs
    await keep()
    expect(refreshes).toBe(3)
    const dead = await Promise.all(
      ['con_1', 'con_2', 'con_3'].map(
        async (id) => (await store.grants.outline(id))?.deadReason !== undefined,
      ),
    )
    // Whichever met the outage is tried again an hour later.
    expect(dead.toSorted()).toEqual([false, true, true])
    expect(JSON.stringify(log.lines)).not.toMatch(/access-x|refresh-[xy]/)
  })

  it('does nothing without an app', async () => {
    await consent()
    clock.ms += renewEveryMs
    await keep({ ...depsOf(), oauth: undefined })
    expect(log.lines).toEqual([])
  })
})
