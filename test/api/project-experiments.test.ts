import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApiWorld, type ApiWorld } from '../support/fake-deps.ts'

const experiments = new Map([['button_colour', new Map([['group_green', 'Green']])]])
const asked: string[] = []
let world: ApiWorld
beforeEach(async () => {
  asked.length = 0
  world = createApiWorld(() => ({
    experiments: {
      of: async (key) => {
        asked.push(key)
        return experiments
      },
    },
  }))
  await world.connect('con_1', {
    keys: { 'statsig.consoleKey': 'console-1', 'statsig.serverKey': 'secret-1' },
  })
  await world.connect('con_2', { keys: { 'statsig.serverKey': 'secret-2' } })
})
afterEach(() => world.close())

const exposure = {
  ...{ eventName: 'statsig::config_exposure', user: { userID: 'u' }, time: 1_767_225_600_000, value: null },
  metadata: { config: 'button_colour', ruleID: 'group_green' },
}
const told = {
  event: 'statsig::experiment_exposure',
  properties: { metadata: { experimentGroupName: 'Green' } },
}

describe('experimentsFor', () => {
  it('lets the event tester tell experiments from configs where a console key is set', async () => {
    const test = async (id: string, lane: string) =>
      (await world.call('POST', `/api/v1/connections/${id}/test`, { lane, message: exposure })).json
    expect(await test('con_1', 'outbound')).toMatchObject({ mapped: told })
    expect(await test('con_2', 'outbound')).toMatchObject({ mapped: { event: exposure.eventName } })
    await test('con_1', 'events')
    expect(asked).toEqual(['console-1'])
  })

  it('lets the explorer show a message as it goes out, and list it as it came', async () => {
    await world.app.request('/v1/log_event', {
      method: 'POST',
      headers: { 'statsig-api-key': 'secret-1' },
      body: JSON.stringify({ events: [exposure] }),
    })
    const { json } = await world.call('GET', '/api/v1/connections/con_1/messages?lane=outbound')
    const [entry] = (json as { data: { id: string; event: string }[] }).data
    expect(entry?.event).toBe(exposure.eventName)
    expect((await world.call('GET', `/api/v1/messages/${entry?.id ?? ''}`)).json).toMatchObject({
      mapped: told,
    })
  })
})
