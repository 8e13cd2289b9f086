import { describe, expect, it } from 'vitest'
import { inProcess } from '../sandbox-client.ts'

describe('configSpecs', () => {
  it.each([
    ['v1', { feature_gates: [], dynamic_configs: [], layer_configs: [] }],
    [
      'v2',
      {
        feature_gates: {},
        dynamic_configs: {},
        layer_configs: {},
        condition_map: {},
        experiment_to_layer: {},
      },
    ],
  ])('answers an empty project in %s, with the time of the start', async (version, specs) => {
    const answer = await inProcess(1_700_000_000_000).ask(`/${version}/download_config_specs/secret-a.json`)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ has_updates: true, time: 1_700_000_000_000, ...specs })
  })

  it('says that there is no update to one who has it', async () => {
    const sandbox = inProcess(1_700_000_000_000)
    const path = '/v1/download_config_specs/secret-a.json?sinceTime='
    expect(await (await sandbox.ask(`${path}1700000000000`)).json()).toEqual({ has_updates: false })
    expect(await (await sandbox.ask(`${path}1699999999999`)).json()).toMatchObject({ has_updates: true })
  })

  it('takes the key from the header where the path has none', async () => {
    const sandbox = inProcess()
    const headers = { 'statsig-api-key': 'client-a' }
    expect((await sandbox.ask('/v2/download_config_specs', { headers })).status).toBe(200)
    expect((await sandbox.ask('/v2/download_config_specs')).status).toBe(401)
  })

  it('answers 401 to a revoked and to a console key', async () => {
    const sandbox = inProcess()
    for (const key of ['secret-revoked', 'console-a']) {
      expect((await sandbox.ask(`/v1/download_config_specs/${key}.json`)).status).toBe(401)
    }
  })
})

describe('idLists', () => {
  it('answers that there is none, by POST and by the GET of the CDN', async () => {
    const sandbox = inProcess()
    const post = await sandbox.ask('/v1/get_id_lists', {
      method: 'POST',
      headers: { 'statsig-api-key': 'secret-a' },
    })
    expect(await post.json()).toEqual({})
    expect(await (await sandbox.ask('/v1/get_id_lists/secret-a.json')).json()).toEqual({})
  })

  it('answers 401 to a revoked key', async () => {
    expect((await inProcess().ask('/v1/get_id_lists/secret-revoked.json')).status).toBe(401)
  })
})
