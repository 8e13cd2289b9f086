// An audience through the whole product as `npm start` runs it: real processes, real Temporal, the sandbox.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audienceMessage } from '../support/audiences.ts'
import { startCauseway, waitFor, type Causeway } from './causeway.ts'

interface Connection {
  id: string
  writeKey: string
  audiencesUrl: string
}
interface Audience {
  state: string
  counts: Record<'desired' | 'applied', number>
  guard: { state: string; planned?: number }
}

let causeway: Causeway
let connection: Connection

beforeAll(async () => {
  causeway = await startCauseway()
  connection = await causeway.api('POST', '/connections', {
    ...{ name: 'Engage', statsig: { serverKey: 'secret-engage', consoleKey: 'console-engage' } },
  })
}, 180_000)
afterAll(async () => {
  await causeway.stop()
  causeway.cleanUp()
}, 60_000)

/** As Segment's webhook destination of the Engage space delivers: an array, with the connection's key. */
async function deliver(ids: string[], isMember: boolean): Promise<void> {
  const answer = await fetch(connection.audiencesUrl, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${connection.writeKey}:`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(ids.map((id) => audienceMessage(id, isMember, Date.now()))),
  })
  expect(answer.status).toBe(200)
}
const listed = async (key = 'vip') =>
  (await causeway.sandbox<{ ids: string[] }>('GET', `/statsig/id_lists/${key}`)).ids.sort()
const read = (key = 'vip') => causeway.api<Audience>('GET', `/connections/${connection.id}/audiences/${key}`)
const post = <T>(path: string, body?: object) =>
  causeway.api<T>('POST', `/connections/${connection.id}/audiences/${path}`, body)

describe('an Engage audience', () => {
  it('becomes an ID list by its first messages', async () => {
    await deliver(['u1', 'u2', 'u3'], true)
    await waitFor(async () => (await listed()).length === 3, 30_000)
    await deliver(['u2'], false)
    await waitFor(async () => (await listed()).join() === 'u1,u3', 30_000)
    await waitFor(async () => (await read()).state === 'idle', 30_000)
    expect(await read()).toMatchObject({ counts: { desired: 2, applied: 2 }, guard: { state: 'clear' } })
  }, 90_000)

  it('is carried over though the worker is killed in between', async () => {
    causeway.kill9('bin/worker')
    await deliver(['u4'], true)
    await waitFor(async () => (await listed()).join() === 'u1,u3,u4', 90_000)
  }, 120_000)

  it('is made by the handshake, loaded over HTTP, and not emptied before a person says so', async () => {
    const guide = await causeway.api<{ webhookAudiences: { createAudienceUrl: string } }>(
      'GET',
      `/connections/${connection.id}/audience-guide`,
    )
    const created = await fetch(guide.webhookAudiences.createAudienceUrl, {
      method: 'POST',
      body: JSON.stringify({ audienceName: 'Big Spenders' }),
    })
    expect(await created.json()).toEqual({ externalId: 'big_spenders' })
    await waitFor(async () => (await listed('big_spenders')).length === 0, 30_000)

    const ids = Array.from({ length: 20 }, (_, index) => ({ id: `b${index}` }))
    const load = async (rows: object[], query = '') => {
      const { apiKey } = await keys()
      const url = `${causeway.url}/api/v1/connections/${connection.id}/audiences/big_spenders/members${query}`
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/x-ndjson' }
      const body = rows.map((row) => JSON.stringify(row)).join('\n')
      expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200)
    }
    await load(ids)
    await waitFor(async () => (await listed('big_spenders')).length === 20, 30_000)
    await load([{ id: 'b0' }], '?replace=true')
    await waitFor(async () => (await read('big_spenders')).guard.state === 'waiting', 30_000)
    expect(await listed('big_spenders')).toHaveLength(20)
    expect(await post('big_spenders/approve')).toMatchObject({ removals: 19 })
    await waitFor(async () => (await listed('big_spenders')).join() === 'b0', 30_000)
  }, 120_000)

  it('goes on without its person after an erasure', async () => {
    await causeway.api('POST', `/connections/${connection.id}/erasures`, { userId: 'u1' })
    await waitFor(async () => !(await listed()).includes('u1'), 60_000)
  }, 90_000)
})

async function keys(): Promise<{ apiKey: string }> {
  const { readFile } = await import('node:fs/promises')
  return JSON.parse(await readFile(`${causeway.dataDir}/keys.json`, 'utf8')) as { apiKey: string }
}
