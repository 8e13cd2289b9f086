// A shop's half hour in a few seconds: every outcome, every kind of job, a guard that waits, so that each page has
// something to show.
import { audienceMessage } from '../support/audiences.ts'
import { waitFor, type Causeway } from '../e2e/causeway.ts'

type Product = Pick<Causeway, 'url' | 'api'>
interface Made {
  id: string
  writeKey: string
  audiencesUrl: string
}

const day = 86_400_000
const people = Array.from({ length: 60 }, (_, n) => `user-${1000 + n * 7}`)
const plans = ['free', 'pro', 'team']

/** What the shop's pages send; weights are how often. */
const kinds: [number, (n: number) => object][] = [
  [9, (n) => ({ type: 'page', name: 'Product', properties: { path: `/products/${n % 40}` } })],
  [7, (n) => ({ type: 'track', event: 'Product Viewed', properties: { sku: `A-${n % 40}` } })],
  [4, (n) => ({ type: 'track', event: 'Product Added', properties: { sku: `A-${n % 40}`, quantity: 1 } })],
  [2, (n) => ({ type: 'track', event: 'Checkout Started', properties: { value: 20 + (n % 80) } })],
  [
    2,
    (n) => ({
      type: 'track',
      event: 'Order Completed',
      properties: { revenue: 20 + (n % 80), currency: 'EUR' },
    }),
  ],
  [1, (n) => ({ type: 'track', event: 'Signed Up', properties: { plan: plans[n % 3] } })],
  [2, () => ({ type: 'track', event: 'Debug Heartbeat', properties: { uptime: 12 } })],
  [1, () => ({ type: 'group', groupId: 'acme', traits: { industry: 'toys' } })],
]
const wheel = kinds.flatMap(([weight, make]) => Array.from({ length: weight }, () => make))

/** The nth message of the shop. */
export function messageOf(n: number): object {
  const made = wheel[(n * 11) % wheel.length]?.(n) ?? {}
  const person = people[(n * 17) % people.length]
  return { ...made, ...{ userId: person, anonymousId: `anon-${person ?? ''}` } }
}

const odd = (): object[] => [
  { type: 'track', userId: 'user-1042', event: '', messageId: 'nameless' },
  { type: 'track', event: 'Order Completed', properties: { revenue: 'much' } },
  { type: 'track', userId: 'user-1042', event: 'Order Completed', timestamp: 'yesterday' },
  { type: 'identify', userId: 'user-1049', traits: { plan: 'pro' } },
  { type: 'alias', userId: 'user-1049', previousId: 'anon-1' },
  {
    type: 'track',
    userId: 'user-1056',
    event: 'Order Completed',
    timestamp: new Date(Date.now() - 9 * day).toISOString(),
  },
]

/** Makes the demo connection a busy one, and two others that need a person; answers the demo's id. */
export async function furnish({ url, api }: Product, messages = 400): Promise<string> {
  const send = async (batch: object[]): Promise<void> => {
    const headers = { authorization: `Basic ${btoa('demo:')}`, 'content-type': 'application/json' }
    await fetch(`${url}/v1/batch`, { method: 'POST', headers, body: JSON.stringify({ batch }) })
  }
  const { data } = await api<{ data: Made[] }>('GET', '/connections')
  const demo = data.find(({ writeKey }) => writeKey === 'demo')
  if (!demo) throw new Error('there is no demo connection')
  await api('PATCH', `/connections/${demo.id}`, {
    statsig: { consoleKey: 'console-demo', webhookSecret: 'whsec-demo' },
    segment: { writeKey: 'source-server' },
    identifiers: [
      { from: 'anonymousId', to: 'segmentAnonymousId' },
      { from: 'groupId', to: 'companyID' },
    ],
    filters: {
      inbound: {
        default: 'include',
        rules: [
          { action: 'exclude', event: 'Debug *', match: 'glob' },
          {
            action: 'exclude',
            type: 'track',
            event: 'Product Viewed',
            where: [{ path: 'properties.sku', op: '=', value: 'A-13' }],
          },
        ],
      },
    },
  })
  await send([...Array.from({ length: messages }, (_, n) => messageOf(n)), ...odd()])
  await sendBack(url, demo.id)
  await fillAudiences({ url, api }, demo)
  await makeOthers(api)
  await runJobs(api, demo.id)
  return demo.id
}

/** What Statsig sends: exposures of a gate and an experiment. */
async function sendBack(url: string, id: string): Promise<void> {
  const events = people.map((userID, n) => ({
    eventName: n % 3 === 0 ? 'statsig::experiment_exposure' : 'statsig::gate_exposure',
    user: { userID },
    metadata:
      n % 3 === 0
        ? { experiment: 'checkout_copy', experimentGroup: n % 2 === 0 ? 'test' : 'control' }
        : { gate: 'new_checkout', gateValue: String(n % 2 === 0), ruleID: 'default' },
    time: Date.now() - n * 20,
  }))
  const headers = { authorization: 'Bearer whsec-demo', 'content-type': 'application/json' }
  await fetch(`${url}/webhooks/statsig/${id}`, { method: 'POST', headers, body: JSON.stringify(events) })
}

interface Audience {
  key: string
  state: string
  counts: { applied: number }
}

/** One audience in step, and one whose guard waits: more would leave than may without asking. */
async function fillAudiences({ url, api }: Product, { id, writeKey }: Made): Promise<void> {
  const tell = async (key: string, members: string[], isMember: boolean): Promise<void> => {
    const headers = { authorization: `Basic ${btoa(`${writeKey}:`)}`, 'content-type': 'application/json' }
    const personas = { computation_class: 'audience', computation_id: `aud_${key}`, computation_key: key }
    const body = members.map((userId) =>
      audienceMessage(userId, isMember, Date.now(), { traits: { [key]: isMember }, context: { personas } }),
    )
    await fetch(`${url}/webhooks/segment/${id}`, { method: 'POST', headers, body: JSON.stringify(body) })
  }
  const reaches = (key: string, is: (audience: Audience) => boolean) =>
    waitFor(
      async () => is(await api<Audience>('GET', `/connections/${id}/audiences/${key}`)),
      30_000,
      () => `audience ${key} does not get there`,
    )
  await tell('vips', people.slice(0, 40), true)
  await tell('trial_users', [...people.slice(40), 'line\nbreak'], true)
  await reaches('vips', ({ counts }) => counts.applied === 40)
  await tell('vips', people.slice(0, 24), false)
  await reaches('vips', ({ state }) => state === 'waiting_approval')
}

/** One that waits for consent, and one whose key is refused. */
async function makeOthers(api: Causeway['api']): Promise<void> {
  const shop = await api<Made>('POST', '/connections', {
    ...{ name: 'Mobile apps', setup: 'oauth', statsig: { serverKey: `secret-mobile-${Date.now()}` } },
  })
  await api('POST', `/connections/${shop.id}/setup`, {})
  await api('POST', '/keys', { name: 'Ada Lovelace', role: 'operator' })
  await api('POST', '/keys', { name: 'Dashboards', role: 'viewer' })
}

interface Job {
  id: string
  status: string
  plan?: object
}

async function runJobs(api: Causeway['api'], id: string): Promise<void> {
  const window = {
    from: new Date(Date.now() - 3_600_000).toISOString(),
    to: new Date(Date.now() + 60_000).toISOString(),
  }
  const ends = async (kind: string, { id: job }: Job): Promise<void> =>
    waitFor(async () => (await api<Job>('GET', `/${kind}/${job}`)).status === 'completed', 30_000)
  const start = (kind: string, body: object) => api<Job>('POST', `/connections/${id}/${kind}`, body)
  await start('replays', { source: 'store', ...window, dryRun: true })
  await ends('replays', await start('replays', { source: 'store', ...window }))
  await ends('exports', await start('exports', window))
  await ends('redrives', await start('redrives', { outcome: 'rejected' }))
}
