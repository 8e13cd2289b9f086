// Set-up as a person does it: consent in a real browser, a pasted token, and the connection's removal.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Analytics } from '@segment/analytics-node'
import { Client, Connection } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noBrowser, openBrowser } from '../console/browser.ts'
import { startCauseway, waitFor, type Causeway } from './causeway.ts'

interface Setup {
  step: string
  authorizeUrl?: string
  choices?: { workspaceId: string; sources: { id: string; slug: string }[] }[]
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

async function connect(setup: 'oauth' | 'token', serverKey: string, segment?: object): Promise<string> {
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

describe('set-up', () => {
  it.skipIf(noBrowser !== undefined)(
    'goes from consent in a browser to an event that Segment delivers, and writes no secret anywhere',
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
      const written = await everythingWritten()
      expect(written).toContain(id)
      for (const secret of [code, 'secret-of-oauth-set-up', 'sandbox-secret'])
        expect(written.includes(secret)).toBe(false)
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

  it('goes by a pasted token, and its removal takes its destination and its data with it', async () => {
    const before = await destinations()
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
    await causeway.api('DELETE', `/connections/${id}?data=now`)
    await waitFor(async () => (await messagesOf(id).catch(() => undefined)) === undefined, 60_000)
    expect(await destinations()).toEqual(before)
  }, 120_000)
})
