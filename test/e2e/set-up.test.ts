// Set-up as a person does it: consent in a real browser, a pasted token, values pasted by hand, and the connection's
// removal; the master key is changed on the way. In the end everything that was written is searched for secrets.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Analytics } from '@segment/analytics-node'
import { Client, Connection } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keptKeys } from '../../bin/launcher/keys.ts'
import { openDb } from '../../db/client.ts'
import { ringOf } from '../../db/rotate-master-key.ts'
import { sealedColumns, type Place } from '../../db/sealed-columns.ts'
import { noBrowser, openBrowser } from '../console/browser.ts'
import { startCauseway, waitFor, type Causeway } from './causeway.ts'

interface Setup {
  step: string
  authorizeUrl?: string
  choices?: { workspaceId: string; sources: { id: string; slug: string }[] }[]
  values?: { field: string; value: string }[]
  missing?: { what: string; says: string }[]
  error?: { code: string; message: string }
}
interface Listed {
  data: { event: string | null; outcome: string; reason?: string }[]
}

let causeway: Causeway
beforeAll(async () => {
  causeway = await startCauseway()
}, 120_000)
afterAll(async () => {
  await causeway.stop()
  causeway.cleanUp()
})

const destinations = () => causeway.sandbox<{ name: string }[]>('GET', '/segment/destinations')
const setupOf = (id: string) => causeway.api<Setup>('GET', `/connections/${id}/setup`)
const messagesOf = async (id: string) =>
  (await causeway.api<Listed>('GET', `/connections/${id}/messages`)).data

async function connect(
  setup: 'oauth' | 'token' | 'manual',
  serverKey: string,
  segment?: object,
): Promise<string> {
  const { id } = await causeway.api<{ id: string }>('POST', '/connections', {
    ...{ name: `By ${setup}`, setup, statsig: { serverKey } },
    ...(segment === undefined ? {} : { segment }),
  })
  await causeway.api('POST', `/connections/${id}/setup`, {})
  return id
}

/** Waits for one of the steps, and answers the set-up as it is then. */
async function reach(id: string, steps: string[]): Promise<Setup> {
  let setup: Setup | undefined
  const isThere = async () => {
    setup = await setupOf(id)
    return steps.includes(setup.step) && (setup.step !== 'authorize' || setup.authorizeUrl !== undefined)
  }
  await waitFor(isThere, 60_000, () => `the set-up is at ${JSON.stringify(setup)}`)
  if (!setup) throw new Error('no set-up was read')
  return setup
}

/** Opens the consent page of Segment's stand-in and presses a button; answers the address and code that came back. */
async function answerConsent(browser: Browser, id: string, decision: 'Allow' | 'Deny'): Promise<string> {
  const { authorizeUrl = '' } = await reach(id, ['authorize'])
  const page = await browser.newPage()
  await page.goto(authorizeUrl)
  await page.getByRole('button', { name: decision }).click()
  await page.waitForURL(/\/oauth\/segment\/callback/)
  const url = page.url()
  await page.close()
  return url
}

async function sendToSource(userId: string): Promise<void> {
  const segment = new Analytics({ writeKey: 'source-web', host: causeway.sandboxUrl, path: '/v1/batch' })
  segment.track({ userId, event: 'Bought' })
  await segment.closeAndFlush()
}

/** Everything that a run may have written a secret into. */
async function everythingWritten(): Promise<string> {
  const connection = await Connection.connect({ address: causeway.temporalAddress })
  const client = new Client({ connection })
  const histories: string[] = []
  for await (const { workflowId, runId } of client.workflow.list()) {
    histories.push(historyToJSON(await client.workflow.getHandle(workflowId, runId).fetchHistory()))
  }
  await connection.close()
  // Payloads are base64 in a history: both spellings are looked through.
  const decoded = histories.map((text) =>
    text.replaceAll(/"data": ?"([^"]*)"/g, (_, data: string) => Buffer.from(data, 'base64').toString()),
  )
  const logs = readdirSync(join(causeway.dataDir, 'logs')).map((name) =>
    readFileSync(join(causeway.dataDir, 'logs', name), 'utf8'),
  )
  return [...histories, ...decoded, ...logs, causeway.output()].join('\n')
}

/** What every GET of the control plane answers, for each connection; but for the one whose purpose is to show a secret. */
async function everythingAnswered(connectionIds: string[]): Promise<string> {
  const { paths } = (await (await fetch(`${causeway.url}/openapi.json`)).json()) as {
    paths: Record<string, object>
  }
  const shown: string[] = []
  for (const [path, methods] of Object.entries(paths)) {
    const isPlain = 'get' in methods && !/stream|audience-guide/.test(path)
    if (!isPlain || !path.startsWith('/api/v1')) continue
    for (const id of path.includes('/connections/{id}') ? connectionIds : ['none'])
      shown.push(
        await causeway
          .api<unknown>('GET', path.replace('/api/v1', '').replace('{id}', id))
          .then(JSON.stringify, String),
      )
  }
  return shown.join('\n')
}

/** Every text that stands sealed in the database, the master keys, and what the launcher was given. */
async function everySecret(): Promise<string[]> {
  const { secretKey, apiKey } = await keptKeys({
    dataDir: causeway.dataDir,
    apiKey: undefined,
    secretKey: undefined,
  })
  const key = secretKey.reveal()
  const db = openDb(join(causeway.dataDir, 'causeway.db'))
  const ring = ringOf(db, Buffer.from(key, 'base64'))
  const found = [key, apiKey.reveal(), 'sandbox-secret']
  for (const { table, column, place, purpose } of sealedColumns) {
    // Whole answers: what is secret in them stands in another column too, or as a hash alone.
    if (table === 'idempotent_calls') continue
    const columns = [...place, `${column} AS sealed`].join(', ')
    const rows = db.sqlite.prepare(`SELECT ${columns} FROM ${table} WHERE ${column} IS NOT NULL`).all()
    for (const { sealed, ...at } of rows as (Place & { sealed: Buffer })[])
      found.push(...textsIn(ring.open(sealed, purpose(at))))
  }
  db.sqlite.close()
  return found
}

/** The text itself, or the texts that stand in it as JSON. */
function textsIn(opened: string): string[] {
  if (!opened.startsWith('{')) return [opened]
  const values = Object.values(JSON.parse(opened) as Record<string, unknown>)
  return values.filter((value): value is string => typeof value === 'string')
}

/** `npm run rotate-key` beside the running product. */
async function rotateKey(): Promise<{ code: number | null; told: string }> {
  const env = { ...process.env, DATA_DIR: causeway.dataDir }
  const child = spawn(process.execPath, ['--import', 'tsx', 'bin/rotate-key.ts'], { env })
  let told = ''
  child.stdout.on('data', (chunk: Buffer) => (told += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, told }
}

/** A call of Segment's Public API, as a person's clicks in Segment's app end in. */
async function atSegment(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${causeway.sandboxUrl}${path}`, {
    method,
    headers: { authorization: 'Bearer sandbox-token', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const { data } = (await response.json()) as { data: Record<string, unknown> }
  expect(response.ok).toBe(true)
  return data
}

describe('set-up', () => {
  /** What came back from Segment's consent page. */
  const codes: string[] = []

  it.skipIf(noBrowser !== undefined)(
    'goes from consent in a browser to an event that Segment delivers',
    async () => {
      const browser = await openBrowser()
      const id = await connect('oauth', 'secret-of-oauth-set-up')
      const callback = await answerConsent(browser, id, 'Allow')
      await browser.close()
      await reach(id, ['active'])
      await sendToSource('by-oauth')
      await waitFor(async () => (await messagesOf(id)).some(({ event }) => event === 'Bought'), 30_000)
      await waitFor(async () => (await messagesOf(id))[0]?.outcome === 'delivered', 30_000)
      expect((await messagesOf(id)).map(({ event, outcome, reason }) => [event, outcome, reason])).toEqual([
        ['Bought', 'delivered', undefined],
        ['Causeway Setup Test', 'skipped', 'internal'],
      ])
      const code = new URL(callback).searchParams.get('code') ?? ''
      expect(code.length).toBeGreaterThan(20)
      codes.push(code)
      // The same answer of Segment's, handed in again, starts nothing.
      expect((await fetch(callback)).status).toBeGreaterThanOrEqual(400)
      expect((await setupOf(id)).step).toBe('active')
    },
    120_000,
  )

  it.skipIf(noBrowser !== undefined)(
    'ends explained when consent is refused, and leaves nothing at Segment',
    async () => {
      const before = await destinations()
      const browser = await openBrowser()
      const id = await connect('oauth', 'secret-of-refused-set-up')
      await answerConsent(browser, id, 'Deny')
      await browser.close()
      const { error } = await reach(id, ['failed', 'cancelled'])
      expect(error?.message).toMatch(/\w/)
      expect(await destinations()).toEqual(before)
    },
    90_000,
  )

  it('goes by a pasted token while the master key changes, and its removal takes destination and data with it', async () => {
    const before = await destinations()
    const rotated = rotateKey()
    const id = await connect('token', 'secret-of-token-set-up', { apiToken: 'sandbox-token' })
    const { choices } = await reach(id, ['choose_source'])
    const [workspace] = choices ?? []
    const source = workspace?.sources.find(({ slug }) => slug === 'web')
    const choice = { workspaceId: workspace?.workspaceId, sourceIds: [source?.id] }
    await causeway.api('POST', `/connections/${id}/setup/source`, choice)
    await reach(id, ['active'])
    expect(await destinations()).toHaveLength(before.length + 1)
    await sendToSource('by-token')
    await waitFor(async () => (await messagesOf(id))[0]?.outcome === 'delivered', 30_000)
    const { code, told } = await rotated
    expect(`${code}: ${told}`).toMatch(/^0: .*Done\. Key \w{16} seals and opens everything/s)
    await sendToSource('by-token-and-the-new-key')
    await waitFor(async () => {
      const [newest] = await messagesOf(id)
      return (
        newest?.event === 'Bought' && newest.outcome === 'delivered' && (await messagesOf(id)).length === 3
      )
    }, 30_000)
    await causeway.api('DELETE', `/connections/${id}?data=now`)
    await waitFor(async () => (await messagesOf(id).catch(() => undefined)) === undefined, 60_000)
    expect(await destinations()).toEqual(before)
  }, 120_000)

  it('goes by hand with exactly the values that it shows, when the keys are right', async () => {
    const id = await connect('manual', 'secret-revoked-by-hand')
    const { values = [], missing } = await (async () => {
      await waitFor(async () => (await setupOf(id)).missing !== undefined, 30_000)
      return setupOf(id)
    })()
    expect(missing).toMatchObject([
      { what: 'statsig.serverKey', says: expect.stringContaining('refuses') as string },
      { what: 'first_message' },
    ])
    await causeway.api('PATCH', `/connections/${id}`, {
      statsig: { serverKey: 'secret-by-hand', clientKey: 'client-by-hand', consoleKey: 'console-by-hand' },
      segment: {
        writeKey: 'source-server',
        sharedSecret: 'shared-by-hand',
        apiToken: 'sandbox-token-by-hand',
      },
    })
    await reach(id, ['paste'])
    const valueOf = (field: string) => values.find((one) => one.field === field)?.value
    const { destinationsCatalog } = (await atSegment('GET', '/catalog/destinations')) as {
      destinationsCatalog: { id: string; name: string; actions: { id: string; slug: string }[] }[]
    }
    const webhooks = destinationsCatalog.find(({ name }) => name === valueOf('Destination'))
    const { destination } = (await atSegment('POST', '/destinations', {
      ...{ sourceId: 'source-id-server', metadataId: webhooks?.id, settings: {} },
    })) as { destination: { id: string } }
    await atSegment('POST', `/destinations/${destination.id}/subscriptions`, {
      ...{ name: 'By hand', actionId: webhooks?.actions.find(({ slug }) => slug === 'send')?.id },
      ...{ trigger: 'type = "track"', enabled: true },
      settings: {
        ...{ url: valueOf('URL'), method: valueOf('Method') },
        headers: { Authorization: valueOf('Headers: Authorization') },
        data: { '@path': valueOf('Data') },
      },
    })
    const segment = new Analytics({ writeKey: 'source-server', host: causeway.sandboxUrl, path: '/v1/batch' })
    segment.track({ userId: 'u', event: valueOf('Event Tester') ?? '' })
    await segment.closeAndFlush()
    await reach(id, ['active'])
    await atSegment('DELETE', `/destinations/${destination.id}`)
  }, 90_000)

  it('has written no secret into a history, a log, an answer, or the database in clear', async () => {
    const { key } = await causeway.api<{ key: string }>('POST', '/keys', { name: 'viewer', role: 'viewer' })
    const session = await fetch(`${causeway.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key }),
    })
    const [, cookie = ''] = /=([^;]+)/.exec(session.headers.get('set-cookie') ?? '') ?? []
    await causeway.api('PUT', '/alerts', { url: 'https://hooks.example.com/', secret: 'the alerts secret' })
    const { data } = await causeway.api<{ data: { id: string }[] }>('GET', '/connections')
    const ids = data.map(({ id }) => id)
    await causeway.api('GET', `/connections/${ids[0]}/audience-guide`)
    // What is refused is not told again either.
    await causeway
      .api('PATCH', `/connections/${ids[0]}`, { statsig: { serverKey: 'refused key-1234' } })
      .catch(String)
    const secrets = new Set([...(await everySecret()), ...codes, key, cookie, 'refused key-1234'])
    for (const one of ['secret-by-hand', 'shared-by-hand', 'the alerts secret', 'sandbox-token-by-hand'])
      expect(secrets).toContain(one)
    expect(secrets.size).toBeGreaterThan(noBrowser === undefined ? 20 : 12)
    // A write key is no secret: every web page has it, and ours is shown for the SDKs that use it.
    const hidden = [...secrets].filter((secret) => !['source-server', 'sandbox-token'].includes(secret))
    const places = {
      ...{ written: await everythingWritten(), answered: await everythingAnswered(ids) },
      stored: ['causeway.db', 'causeway.db-wal']
        .map((name) => readFileSync(join(causeway.dataDir, name), 'latin1'))
        .join(),
    }
    expect(places.written).toContain(ids.at(-1))
    expect(places.answered).toContain(ids.at(-1))
    for (const [place, text] of Object.entries(places))
      for (const secret of hidden) expect(`${place} ${text.includes(secret) ? secret : ''}`).toBe(`${place} `)
  }, 60_000)
})
