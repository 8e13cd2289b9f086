// A Statsig project as its SDKs see it: one gate, one dynamic config, one experiment, one layer. Served on loopback to
// the stock SDKs, since a sandbox without experiments could not show what they log of one.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

const timeMs = 1_700_000_000_000
export const names = {
  gate: 'new_checkout',
  config: 'prices',
  experiment: 'button_colour',
  layer: 'home_page',
}

export interface Project {
  /** `http://127.0.0.1:<port>`: `/v1` and `/v2` below it are Statsig's own paths. */
  url: string
  close: () => Promise<void>
}

/** Starts the project. */
export async function serveProject(): Promise<Project> {
  const server = createServer((incoming, outgoing) => {
    outgoing.setHeader('access-control-allow-origin', '*')
    outgoing.setHeader('access-control-allow-headers', '*')
    const body = JSON.stringify(answerTo(incoming))
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    outgoing.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answerTo({ url = '' }: IncomingMessage): object {
  if (url.startsWith('/v1/download_config_specs')) return specsV1
  if (url.startsWith('/v2/download_config_specs')) return specsV2
  if (url.startsWith('/v1/initialize')) return initialValues
  return {}
}

const rule = (id: string, returnValue: unknown, rest: object = {}) => ({
  ...{ name: id, id, groupName: null, salt: id, passPercentage: 100, returnValue, idType: 'userID' },
  ...rest,
})
const everyone = { type: 'public', targetValue: null, operator: null, field: null, additionalValues: {} }
const spec = (name: string, type: string, entity: string, defaultValue: unknown) => ({
  ...{ name, type, entity, salt: name, enabled: true, defaultValue, idType: 'userID', version: 3 },
})

const gate = spec(names.gate, 'feature_gate', 'feature_gate', false)
const config = spec(names.config, 'dynamic_config', 'dynamic_config', {})
const experiment = {
  ...spec(names.experiment, 'dynamic_config', 'experiment', { colour: 'grey' }),
  ...{ isActive: true, hasSharedParams: true, explicitParameters: ['colour'] },
}
const layer = spec(names.layer, 'dynamic_config', 'layer', { colour: 'grey' })
const green = { isExperimentGroup: true, groupName: 'Green' }

const ruled = (conditions: unknown[]) => ({
  gate: { ...gate, rules: [rule('rule_gate', true, { conditions })] },
  config: { ...config, rules: [rule('rule_config', { full: 10 }, { conditions })] },
  experiment: { ...experiment, rules: [rule('group_green', { colour: 'green' }, { ...green, conditions })] },
  layer: {
    ...layer,
    rules: [rule('rule_layer', { colour: 'grey' }, { conditions, configDelegate: names.experiment })],
  },
})

const v1 = ruled([{ ...everyone, idType: 'userID' }])
const specsV1 = {
  ...{
    has_updates: true,
    time: timeMs,
    feature_gates: [v1.gate],
    dynamic_configs: [v1.config, v1.experiment],
  },
  ...{
    layer_configs: [v1.layer],
    layers: { [names.layer]: [names.experiment] },
    id_lists: {},
    sdk_configs: {},
  },
  ...{ sdk_flags: {}, diagnostics: {} },
}

const v2 = ruled(['everyone'])
const specsV2 = {
  ...{ has_updates: true, time: timeMs, response_format: 'dcs-v2', checksum: '1' },
  condition_map: { everyone: { ...everyone, idType: 'userID' } },
  feature_gates: { [names.gate]: v2.gate },
  dynamic_configs: { [names.config]: v2.config, [names.experiment]: v2.experiment },
  layer_configs: { [names.layer]: v2.layer },
  experiment_to_layer: { [names.experiment]: names.layer },
  ...{ param_stores: {}, sdk_configs: {}, sdk_flags: {}, diagnostics: {} },
}

const value = (name: string, found: object, rest: object = {}) => ({
  [name]: { name, ...found, secondary_exposures: [], ...rest },
})
const initialValues = {
  ...{ has_updates: true, time: timeMs, hash_used: 'none' },
  feature_gates: value(names.gate, { value: true, rule_id: 'rule_gate', version: 3 }),
  dynamic_configs: {
    ...value(names.config, {
      value: { full: 10 },
      rule_id: 'rule_config',
      group: 'rule_config',
      passed: true,
    }),
    ...value(names.experiment, {
      ...{ value: { colour: 'green' }, rule_id: 'group_green', group: 'group_green', group_name: 'Green' },
      ...{ is_experiment_active: true, is_user_in_experiment: true, passed: true },
    }),
  },
  layer_configs: value(names.layer, {
    ...{ value: { colour: 'green' }, rule_id: 'group_green', group: 'group_green' },
    ...{ allocated_experiment_name: names.experiment, explicit_parameters: ['colour'] },
    ...{ undelegated_secondary_exposures: [], is_experiment_active: true, is_user_in_experiment: true },
  }),
}
