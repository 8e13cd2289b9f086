// The whole path of a new user, as a person goes it: by what is to be read on the page, from the door to a decision.
import { Analytics } from '@segment/analytics-node'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitFor } from '../e2e/causeway.ts'
import { audienceMessage } from '../support/audiences.ts'
import { visit } from './browser.ts'
import { press, tabTo, type Stage } from './stage.ts'

interface Made {
  id: string
  name: string
  writeKey: string
  audiencesUrl: string
}

export function describeNewUser(on: () => Stage): void {
  describe('a new user', () => {
    let page: Page
    let context: BrowserContext
    let complaints: string[]
    let shop: Made

    beforeAll(async () => {
      ;({ page, context, complaints } = await visit(on().browser, on().causeway.url))
    })
    afterAll(() => context.close())

    /** As an app does that has Segment's SDK and has never heard of us: to Segment. */
    const buy = async (userId: string) => {
      const segment = new Analytics({
        ...{ writeKey: 'source-web', host: on().causeway.sandboxUrl, path: '/v1/batch' },
      })
      segment.track({ userId, event: 'Bought', properties: { value: 12 } })
      await segment.closeAndFlush()
    }
    const goTo = (label: string) =>
      page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: label, exact: true }).click()
    const heading = (name: string | RegExp) => page.getByRole('heading', { name }).first().waitFor()

    it('signs in with the key of the machine, by the keyboard alone', async () => {
      await page.goto('/')
      await heading('Sign in to Causeway')
      await page.getByLabel('API key', { exact: true }).focus()
      await page.keyboard.type(on().key)
      await press(page, 'Enter')
      await heading('Overview')
    })

    it('connects by OAuth: names it, allows it at Segment, and sees the proof', async () => {
      await page.getByRole('link', { name: 'New connection' }).click()
      await page.getByLabel('Name').fill('Shop')
      await page.getByRole('radio', { name: 'Using OAuth' }).check()
      await page.getByLabel('Statsig server secret key', { exact: true }).fill('secret-new-user')
      await page
        .getByLabel('Statsig console API key (for audiences)', { exact: true })
        .fill('console-new-user')
      await page.getByRole('button', { name: 'Connect' }).click()
      await heading('Connect Shop')
      await page.getByRole('link', { name: 'Go to Segment and allow it' }).click()
      await page.getByLabel('Source').selectOption('web')
      await page.getByRole('button', { name: 'Allow' }).click()
      await page.getByRole('link', { name: 'Back to Causeway' }).click()
      await heading('Connect Shop')
      await heading('It works')
      const { data } = await on().causeway.api<{ data: Made[] }>('GET', '/connections')
      shop = data.find(({ name }) => name === 'Shop') as Made
    }, 60_000)

    it('sees an event of Segment’s SDK as it arrives, and opens its story from the keyboard', async () => {
      await goTo('Live stream')
      await page.getByText('live', { exact: true }).waitFor()
      await buy('new-user-1')
      await page.getByRole('button', { name: /Bought/ }).waitFor()
      await press(page, 'j', 'Enter')
      const story = page.getByRole('complementary', { name: 'Message' })
      await story.getByText('"segment::Bought"').waitFor()
      await story.getByText('The vendor took it.').waitFor()
      await press(page, 'Escape')
      await story.waitFor({ state: 'detached' })
    }, 30_000)

    it('leaves an event out once the preview has said what that would have dropped', async () => {
      await goTo('Mapping and filters')
      await page.getByRole('checkbox', { name: 'Bought goes on' }).uncheck()
      const unsaved = page.getByRole('region', { name: 'Unsaved filters' })
      await unsaved.getByText(/would have dropped 1\./).waitFor()
      await unsaved.getByRole('button', { name: 'Save the filters' }).click()
      await unsaved.waitFor({ state: 'detached' })
      await page.getByText('Leave out “Bought”').waitFor()
      await buy('new-user-2')
      await goTo('Explorer')
      await page.getByLabel('User', { exact: true }).fill('new-user-2')
      await press(page, 'Enter')
      await waitFor(
        async () => {
          if ((await page.getByRole('cell', { name: 'filtered' }).count()) === 1) return true
          await page.reload()
          await heading('Explorer')
          return false
        },
        20_000,
        () => 'the event is not filtered',
      )
    }, 60_000)

    it('lets it in again and redrives what had been filtered', async () => {
      await goTo('Mapping and filters')
      await page.getByRole('checkbox', { name: 'Bought goes on' }).check()
      await page.getByRole('button', { name: 'Save the filters' }).click()
      await page.getByRole('region', { name: 'Unsaved filters' }).waitFor({ state: 'detached' })
      await page.goto(`/connections/${shop.id}/messages?userId=new-user-2`)
      await page.getByRole('button', { name: 'Bought' }).click()
      const story = page.getByRole('complementary', { name: 'Message' })
      await story.getByRole('button', { name: 'Compare' }).click()
      await story.getByText(/Today’s mapping/).waitFor()
      await story.getByRole('button', { name: 'Redrive with the settings of now' }).click()
      await heading('Redrive')
      await page.getByText('completed').waitFor()
      await page.getByText('1 of 1').waitFor()
      await waitFor(async () => (await arrived()).includes('new-user-2'), 10_000)
    }, 60_000)

    it('plans a replay, starts it, and watches it finish', async () => {
      await goTo('Replays and exports')
      await page.getByRole('button', { name: 'last hour' }).click()
      await page.getByRole('checkbox', { name: 'Also send what was delivered before' }).check()
      await page.getByRole('button', { name: 'Make the plan' }).click()
      const plan = page.getByRole('region', { name: 'Plan' })
      await plan.getByText(/of \d+ messages will go/).waitFor()
      await page.getByRole('button', { name: 'Start the replay' }).click()
      await heading('Replay')
      await page.getByText('completed').waitFor()
      await page.getByText('100 %').waitFor()
      await waitFor(
        async () => (await arrived()).filter((user) => user === 'new-user-2').length === 2,
        10_000,
      )
    }, 60_000)

    it('is told on the first page of removals that wait, looks who they are, and approves them', async () => {
      const members = Array.from({ length: 20 }, (_, n) => `member-${n}`)
      await tell(members, true)
      await waitFor(async () => (await listed()).length === 20, 30_000)
      await tell(members.slice(0, 15), false)
      await page.goto('/')
      await page.getByText('15 of 20 would leave the list.').waitFor()
      await tabTo(page, /^Decide: Shop, vip$/)
      await press(page, 'Enter')
      await heading('15 of 20 members would leave the list')
      await page.getByText('Who: the first').click()
      await page
        .getByRole('listitem')
        .filter({ hasText: /^member-\d+$/ })
        .first()
        .waitFor()
      await page.getByRole('button', { name: 'Approve: remove 15' }).click()
      await page.getByText('in step').waitFor()
      expect((await listed()).sort()).toEqual(members.slice(15).sort())
    }, 60_000)

    it('has met no error of the page and no refusal of its policy on the whole way', () => {
      expect(complaints).toEqual([])
    })

    const arrived = async () =>
      (await on().causeway.sandbox<{ user: { userID?: string } }[]>('GET', '/statsig/events')).map(
        ({ user }) => user.userID,
      )
    const listed = async () =>
      (
        await on()
          .causeway.sandbox<{ ids: string[] }>('GET', '/statsig/id_lists/vip')
          .catch(() => ({ ids: [] }))
      ).ids
    /** As the webhook destination of an Engage space delivers. */
    const tell = async (ids: string[], isMember: boolean) => {
      const headers = {
        ...{ authorization: `Basic ${btoa(`${shop.writeKey}:`)}`, 'content-type': 'application/json' },
      }
      const body = JSON.stringify(ids.map((id) => audienceMessage(id, isMember, Date.now())))
      const { status } = await fetch(shop.audiencesUrl, { method: 'POST', headers, body })
      expect(status).toBe(200)
    }
  })
}
