// The pages of the console by name, and something for them to show.
import type { Page } from 'playwright-core'
import { waitFor, type Causeway } from '../e2e/causeway.ts'

export const addressesOf = (id: string): Record<string, string> => ({
  ...{ overview: '/', connect: '/connect', keys: '/settings/keys', alerts: '/settings/alerts' },
  ...{ audit: '/settings/audit', retention: '/settings/retention' },
  ...Object.fromEntries(
    ['', 'live', 'messages', 'test', 'mapping', 'audiences', 'audiences/vips', 'jobs', 'setup'].map(
      (path) => [
        path === '' ? 'connection' : path.replace('audiences/vips', 'audience'),
        `/connections/${id}/${path}`.replace(/\/$/, ''),
      ],
    ),
  ),
})

/** Those besides of a product with a history: one message, jobs of each kind, a plan, a guard that waits, a set-up. */
export async function addressesOfHistory(
  { api }: Pick<Causeway, 'api'>,
  id: string,
): Promise<Record<string, string>> {
  interface One {
    id: string
    name?: string
    dryRun?: boolean
  }
  const first = async (path: string, is: (one: One) => boolean = () => true): Promise<string> =>
    (await api<{ data: One[] }>('GET', path)).data.find(is)?.id ?? 'none'
  const messages = (outcome: string) =>
    first(`/connections/${id}/messages?lane=events&event=Order%20Completed&outcome=${outcome}`)
  const jobs = (kind: string) => `/${kind}?connectionId=${id}`
  const setup = await first('/connections', ({ name }) => name === 'Mobile apps')
  return {
    message: `/messages/${await messages('delivered')}`,
    'message-rejected': `/messages/${await messages('rejected')}`,
    'explorer-open': `/connections/${id}/messages?event=Order%20Completed&open=${await messages('delivered')}`,
    'tester-filled': `/connections/${id}/test?from=${await messages('delivered')}`,
    'mapping-back': `/connections/${id}/mapping?direction=outbound`,
    replay: `/jobs/replays/${await first(jobs('replays'), ({ dryRun }) => dryRun !== true)}`,
    plan: `/jobs/replays/${await first(jobs('replays'), ({ dryRun }) => dryRun === true)}`,
    export: `/jobs/exports/${await first(jobs('exports'))}`,
    redrive: `/jobs/redrives/${await first(jobs('redrives'))}`,
    'audience-in-step': `/connections/${id}/audiences/trial_users`,
    'setup-oauth': `/connections/${setup}/setup`,
    'empty-live': `/connections/${setup}/live`,
    'empty-explorer': `/connections/${setup}/messages`,
    'empty-audiences': `/connections/${setup}/audiences`,
    'empty-jobs': `/connections/${setup}/jobs`,
  }
}

/** Goes there and waits until it shows its heading and no part is still to come. */
export async function openPage(page: Page, address: string): Promise<void> {
  await page.goto(address)
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  const toCome = page.locator('.mantine-Skeleton-root')
  await waitFor(
    async () => (await toCome.count()) === 0,
    10_000,
    () => `${address} does not come to its end`,
  )
}

/** One event that is delivered, one that is rejected, and a member of an audience; answers the connection. */
export async function sendSamples(causeway: Causeway): Promise<string> {
  const personas = { computation_class: 'audience', computation_key: 'vips', computation_id: 'aud_1' }
  const batch = [
    { type: 'track', userId: 'ann', event: 'Order Completed', properties: { value: 12 } },
    { type: 'track', userId: 'ann', event: '', messageId: 'nameless' },
    { type: 'identify', userId: 'ann', traits: { vips: true }, context: { personas } },
  ]
  const headers = { authorization: `Basic ${btoa('demo:')}`, 'content-type': 'application/json' }
  await fetch(`${causeway.url}/v1/batch`, { method: 'POST', headers, body: JSON.stringify({ batch }) })
  const { data } = await causeway.api<{ data: { id: string }[] }>('GET', '/connections')
  const id = data[0]?.id ?? ''
  await waitFor(async () => {
    const audiences = await causeway.api<{ data: unknown[] }>('GET', `/connections/${id}/audiences`)
    return audiences.data.length > 0
  }, 20_000)
  return id
}
