// download_config_specs, v1 (TypeScript server SDK) and v2 (Rust-based SDKs): for each ID list a segment and a gate
// `in_<listId>` that is true for its members, in the least that both accept. SDKs refuse to start without it.
import type { Handler } from 'hono'
import type { SandboxEnv } from '../connection.ts'
import { isSdkKeyAccepted, sdkKeyOf } from './keys.ts'
import type { SegmentStore } from './segment-store.ts'

interface ConfigSpecsDeps {
  version: 'v1' | 'v2'
  segments: SegmentStore
}

/** Answers the project's gates, or that the asker has them already: SDKs ask with the time of theirs as `sinceTime`. */
export function configSpecs({ version, segments }: ConfigSpecsDeps): Handler<SandboxEnv> {
  return (c) => {
    const key = c.req.param('file')?.replace(/\.json$/, '') ?? sdkKeyOf(c)
    if (!isSdkKeyAccepted(key)) return c.json({ success: false, message: 'A live SDK key is needed.' }, 401)
    const time = segments.changedAtMs
    if (c.req.query('sinceTime') === String(time)) return c.json({ has_updates: false })
    const gates = segments.lists().flatMap(({ id, idType }) => gatesOf(id, idType))
    return c.json({ has_updates: true, time, ...(version === 'v1' ? specsV1(gates) : specsV2(gates)) })
  }
}

interface Gate {
  name: string
  entity: 'segment' | 'feature_gate'
  idType: string
  rule: string
  condition: { type: string; operator: string | null; targetValue: string }
}

/** A gate passes by its segment, and the segment by the list of the same name. */
function gatesOf(list: string, idType: string): Gate[] {
  const segment = `segment:${list}`
  return [
    {
      ...{ name: segment, entity: 'segment', idType, rule: 'id_list' },
      condition: { type: 'unit_id', operator: 'in_segment_list', targetValue: list },
    },
    {
      ...{ name: `in_${list}`, entity: 'feature_gate', idType, rule: `rule_in_${list}` },
      condition: { type: 'pass_gate', operator: null, targetValue: segment },
    },
  ]
}

const specOf = <C>({ name, entity, idType, rule }: Gate, condition: C) => ({
  ...{
    name,
    type: 'feature_gate',
    entity,
    salt: name,
    enabled: true,
    defaultValue: false,
    idType,
    version: 1,
  },
  rules: [
    {
      ...{
        name: rule,
        id: rule,
        groupName: null,
        salt: rule,
        passPercentage: 100,
        returnValue: true,
        idType,
      },
      conditions: [condition],
    },
  ],
})

const conditionOf = ({ condition, idType }: Gate) => ({
  ...condition,
  ...{ field: null, additionalValues: {}, idType },
})

function specsV1(gates: Gate[]) {
  const lists = gates.filter(({ entity }) => entity === 'segment')
  return {
    feature_gates: gates.map((gate) => specOf(gate, conditionOf(gate))),
    dynamic_configs: [],
    layer_configs: [],
    layers: {},
    id_lists: Object.fromEntries(lists.map(({ condition }) => [condition.targetValue, true])),
  }
}

/** Conditions stand apart and are named by their gate. */
function specsV2(gates: Gate[]) {
  return {
    response_format: 'dcs-v2',
    feature_gates: Object.fromEntries(gates.map((gate) => [gate.name, specOf(gate, gate.name)])),
    dynamic_configs: {},
    layer_configs: {},
    condition_map: Object.fromEntries(gates.map((gate) => [gate.name, conditionOf(gate)])),
    experiment_to_layer: {},
  }
}
