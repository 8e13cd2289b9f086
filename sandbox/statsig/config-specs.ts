// download_config_specs, v1 (TypeScript server SDK) and v2 (Rust-based SDKs): an empty project, in the least that
// both accept. SDKs refuse to start without it.
import type { Handler } from 'hono'
import type { SandboxEnv } from '../connection.ts'
import { isSdkKeyAccepted, sdkKeyOf } from './keys.ts'

interface ConfigSpecsDeps {
  version: 'v1' | 'v2'
  /** When the project last changed, in epoch ms: SDKs ask with it as `sinceTime` and ignore older answers. */
  changedAtMs: () => number
}

/** Answers the project's gates and configs, or that the asker has them already. */
export function configSpecs({ version, changedAtMs }: ConfigSpecsDeps): Handler<SandboxEnv> {
  return (c) => {
    const key = c.req.param('file')?.replace(/\.json$/, '') ?? sdkKeyOf(c)
    if (!isSdkKeyAccepted(key)) return c.json({ success: false, message: 'A live SDK key is needed.' }, 401)
    const time = changedAtMs()
    if (c.req.query('sinceTime') === String(time)) return c.json({ has_updates: false })
    return c.json({ has_updates: true, time, ...(version === 'v1' ? emptyV1 : emptyV2) })
  }
}

const emptyV1 = { feature_gates: [], dynamic_configs: [], layer_configs: [], layers: {}, id_lists: {} }

const emptyV2 = {
  response_format: 'dcs-v2',
  feature_gates: {},
  dynamic_configs: {},
  layer_configs: {},
  condition_map: {},
  experiment_to_layer: {},
}
