import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { demoConnectionId, demoJourney } from '../../../bin/launcher/journey.ts'
import type { Api } from '../../../bin/launcher/journey.ts'
import { fakeApi } from './fake-api.ts'
import type { FakeApiOptions } from './fake-api.ts'

async function served(options: Partial<FakeApiOptions> = {}): Promise<{ api: Api; calls: string[] }> {
  const calls: string[] = []
  const server = fakeApi({ key: 'k', onCall: (call) => void calls.push(call), ...options })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { api: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'k' }, calls }
}
const never = new AbortController().signal

describe('demoConnectionId', () => {
  it('makes the demo connection once', async () => {
    const { api, calls } = await served()
    expect(await demoConnectionId(api, never)).toBe('con_demo')
    expect(await demoConnectionId(api, never)).toBe('con_demo')
    expect(calls.filter((call) => call === 'POST /api/v1/connections')).toHaveLength(1)
  })

  it('finds it on a later page and under another name, by its write key', async () => {
    const connections = [
      { id: 'con_1', name: 'Demo', writeKey: 'other' },
      { id: 'con_2', name: 'Renamed', writeKey: 'demo' },
    ]
    const { api } = await served({ connections })
    expect(await demoConnectionId(api, never)).toBe('con_2')
  })

  it('says what the API answered when it refuses', async () => {
    const { api } = await served()
    await expect(demoConnectionId({ ...api, key: 'wrong' }, never)).rejects.toThrow(
      '/connections?limit=100 answered 401: {"code":"unauthorized"}',
    )
  })
})

describe('demoJourney', () => {
  it('sends one event with the official SDK and tells its way in order', async () => {
    const { api, calls } = await served()
    const journey = await demoJourney(api, never)
    expect(journey).toMatchObject({ connectionId: 'con_demo', delivered: true })
    expect(journey.told.split('\n')).toEqual([
      expect.stringMatching(/^ {2}accepted +10:00:00\.100 /),
      expect.stringMatching(/^ {2}drained +\+12 ms /),
      expect.stringMatching(/^ {2}delivered +\+42 ms +Statsig answered 202$/),
    ])
    expect(calls.filter((call) => call === 'POST /v1/batch')).toHaveLength(1)
  })

  it('tells another ending with its reason', async () => {
    const { api } = await served({ outcome: 'rejected' })
    const { told, delivered } = await demoJourney(api, never)
    expect(delivered).toBe(false)
    expect(told).toMatch(/rejected .*no_id$/)
  })

  it('stops waiting for an event that stays pending, and says that it is kept', async () => {
    const { api } = await served({ outcome: 'pending' })
    const { told, delivered } = await demoJourney(api, never, 300)
    expect(delivered).toBe(false)
    expect(told).toContain('still pending; it is kept')
  })
})
