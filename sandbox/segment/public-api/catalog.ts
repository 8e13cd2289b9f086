// The two entries of Segment's catalogue that a bridge to Statsig meets. Metadata ids are those of the real catalogue
// (segment.com/docs, destinations catalogue, read 2025-11); ids of actions are ours, since they are not published, and
// have to be looked up by slug. Shapes: npm @segment/public-api-sdk-typescript 47.0.0.

interface ActionField {
  id: string
  sortOrder: number
  fieldKey: string
  label: string
  type: 'STRING' | 'INTEGER' | 'OBJECT' | 'BOOLEAN'
  description: string
  defaultValue: unknown
  required: boolean
  multiple: boolean
  choices: { label: string; value: string }[] | null
  dynamic: boolean
  allowNull: boolean
}

export interface DestinationAction {
  id: string
  slug: string
  name: string
  description: string
  platform: 'CLOUD'
  hidden: boolean
  defaultTrigger: string | null
  fields: ActionField[]
}

export interface DestinationMetadata {
  id: string
  name: string
  slug: string
  description: string
  logos: { default: string }
  options: { name: string; type: string; required: boolean; label: string; description: string }[]
  status: 'PUBLIC'
  previousNames: string[]
  categories: string[]
  website: string
  components: { type: string; code: string; owner: string }[]
  supportedFeatures: Record<string, unknown>
  supportedMethods: Record<string, boolean>
  supportedPlatforms: Record<string, boolean>
  actions: DestinationAction[]
  presets: unknown[]
}

type FieldRow = Pick<ActionField, 'fieldKey' | 'label' | 'type' | 'description'> & Partial<ActionField>

function fieldsOf(rows: FieldRow[]): ActionField[] {
  return rows.map((row, sortOrder) => ({
    ...{ id: `send-${row.fieldKey}`, sortOrder, defaultValue: null, required: false, multiple: false },
    ...{ choices: null, dynamic: false, allowNull: false },
    ...row,
  }))
}

const methods = ['POST', 'PUT', 'PATCH'].map((value) => ({ label: value, value }))

/** github.com/segmentio/action-destinations, `webhook/send`, read 2026-08. */
const send: DestinationAction = {
  id: 'action-webhook-send',
  slug: 'send',
  name: 'Send',
  description: 'Send an HTTP request.',
  platform: 'CLOUD',
  hidden: false,
  defaultTrigger: null,
  fields: fieldsOf([
    { fieldKey: 'url', label: 'URL', type: 'STRING', description: 'Where to deliver.', required: true },
    {
      ...{ fieldKey: 'method', label: 'Method', type: 'STRING', description: 'The HTTP method.' },
      ...{ required: true, choices: methods, defaultValue: 'POST' },
    },
    {
      fieldKey: 'batch_size',
      label: 'Batch Size',
      type: 'INTEGER',
      description: 'At most 4,000.',
      defaultValue: 0,
    },
    { fieldKey: 'enable_batching', label: 'Batching', type: 'BOOLEAN', description: 'Whether to batch.' },
    { fieldKey: 'headers', label: 'Headers', type: 'OBJECT', description: 'Sent with each request.' },
    {
      ...{ fieldKey: 'data', label: 'Data', type: 'OBJECT', description: 'What is sent as JSON.' },
      defaultValue: { '@path': '$.' },
    },
    {
      ...{
        fieldKey: 'batch_keys',
        label: 'Batch Keys',
        type: 'STRING',
        description: 'What is batched together.',
      },
      ...{ multiple: true, defaultValue: ['url', 'method', 'headers'] },
    },
  ]),
}

const everyMethod = { pageview: true, identify: true, alias: true, track: true, group: true }
const cloud = { browser: true, server: true, mobile: true, warehouse: false, cloudAppObject: false }

export const webhookMetadata: DestinationMetadata = {
  id: '614a3c7d791c91c41bae7599',
  name: 'Webhooks (Actions)',
  slug: 'actions-webhook',
  description: 'Sends events to a URL.',
  logos: { default: '' },
  options: [
    {
      ...{ name: 'sharedSecret', type: 'string', required: false, label: 'Shared Secret' },
      description: 'Signs requests with an HMAC in the header X-Signature.',
    },
  ],
  status: 'PUBLIC',
  previousNames: [],
  categories: ['Raw Data'],
  website: 'https://segment.com/docs/connections/destinations/catalog/actions-webhook/',
  components: [],
  supportedFeatures: { cloudModeInstances: 'MULTIPLE', deviceModeInstances: 'NONE', replay: true },
  supportedMethods: everyMethod,
  supportedPlatforms: cloud,
  actions: [send],
  presets: [],
}

export const statsigMetadata: DestinationMetadata = {
  id: '613ba8c0114797213a8eff94',
  name: 'Statsig',
  slug: 'statsig',
  description: "Statsig's own integration, which delivers to Statsig's cloud.",
  logos: { default: '' },
  options: [
    {
      name: 'apiKey',
      type: 'string',
      required: true,
      label: 'API Key',
      description: 'The server secret key.',
    },
  ],
  status: 'PUBLIC',
  previousNames: [],
  categories: ['Feature Flagging', 'A/B Testing'],
  website: 'https://statsig.com',
  components: [],
  supportedFeatures: { cloudModeInstances: 'SINGLE', deviceModeInstances: 'NONE', replay: false },
  supportedMethods: everyMethod,
  supportedPlatforms: cloud,
  actions: [],
  presets: [],
}
