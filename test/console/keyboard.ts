// Every action by the keyboard: each page is walked with Tab, what is reached shows it, and the main actions are done.
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signIn, visit } from './browser.ts'
import { addressesOf, openPage } from './pages.ts'
import { focused, press, tabTo, type Stage } from './stage.ts'

/** What a mouse can press on a page, without what lies behind a dialog or is not shown. */
const pressable = `a[href], button:not(:disabled), input:not(:disabled), select, textarea, summary`

/** Walks what is in the page, or all with the shell about it, with Tab; answers what showed no sign, and what was missed. */
async function walk(page: Page, within: string): Promise<{ unseen: string[]; unreached: string[] }> {
  const most = await page.evaluate(
    ([selector, place]) => {
      const whole = document.querySelector(place)
      const toReach = [...(whole?.querySelectorAll<HTMLElement>(selector) ?? [])].filter(
        (one) => one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }),
      )
      for (const one of toReach) one.setAttribute('data-to-reach', '')
      document.addEventListener('focusin', ({ target }) => {
        if (!(target instanceof HTMLElement)) return
        target.setAttribute('data-reached', '')
        // Of a group of radio buttons Tab reaches one, and the arrows the others.
        if (target instanceof HTMLInputElement && target.type === 'radio')
          for (const other of document.getElementsByName(target.name)) other.setAttribute('data-reached', '')
      })
      if (place === 'body') (document.activeElement as HTMLElement | null)?.blur()
      else if (whole instanceof HTMLElement) whole.focus()
      // A field for a time is a stop for each of its parts.
      return toReach.length + 40
    },
    [pressable, within] as const,
  )
  const unseen: string[] = []
  for (let step = 0; step < most; step++) {
    await page.keyboard.press('Tab')
    const { tag, name, isVisible } = await focused(page)
    if (tag === 'body') break
    if (!isVisible) unseen.push(`${tag} ${name}`)
  }
  const unreached = await page.evaluate(() =>
    [...document.querySelectorAll('[data-to-reach]:not([data-reached])')].map((one) =>
      one.outerHTML.slice(0, 160),
    ),
  )
  return { unseen, unreached }
}

export function describeKeyboard(on: () => Stage): void {
  describe('the keyboard', () => {
    let page: Page
    let context: BrowserContext
    beforeAll(async () => {
      ;({ page, context } = await visit(on().browser, on().causeway.url))
      await signIn(page, on().key)
    })
    afterAll(() => context.close())

    it('reaches all that can be pressed on every page, and shows where it is', async () => {
      for (const address of Object.values(addressesOf(on().id))) {
        await openPage(page, address)
        const found = await walk(page, address === '/' ? 'body' : '#main')
        expect([address, found]).toEqual([address, { unseen: [], unreached: [] }])
      }
    }, 60_000)

    it('begins with a link that skips to the page', async () => {
      await openPage(page, '/')
      await press(page, 'Tab')
      expect(await focused(page)).toMatchObject({ name: 'Skip to the page', isVisible: true })
      await press(page, 'Enter')
      expect(await page.evaluate('document.activeElement.id')).toBe('main')
    })

    it('goes to a page by `g` and a letter, tells its name, and puts the focus at its beginning', async () => {
      for (const [key, title] of [
        ['e', 'Explorer'],
        ['m', 'Mapping and filters'],
        ['a', 'Audiences'],
        ['r', 'Replays and exports'],
        ['t', 'Event tester'],
        ['s', 'Settings'],
        ['o', 'Overview'],
      ] as const) {
        await press(page, 'g', key)
        await page.getByRole('heading', { level: 1, name: title }).waitFor()
        expect(await page.evaluate('document.activeElement.id')).toBe('main')
        expect(await page.locator('#announced').textContent()).toBe(title)
      }
    })

    it('opens, moves through and closes rows; the focus comes back to the row', async () => {
      await openPage(page, `/connections/${on().id}/messages`)
      await press(page, 'j', 'j')
      const row = await focused(page)
      await press(page, 'Enter')
      const panel = page.getByRole('complementary', { name: 'Message' })
      await panel.waitFor()
      await tabTo(page, /^Close the panel$/)
      await press(page, 'Escape')
      await panel.waitFor({ state: 'detached' })
      expect(await focused(page)).toEqual(row)
      expect(page.url()).not.toContain('open')
    })

    it('searches by `/`, takes what is found with the arrows, and leaves by Escape', async () => {
      await press(page, '/')
      await page.keyboard.type('ann')
      await page.getByRole('option').first().waitFor()
      await press(page, 'ArrowDown', 'ArrowUp', 'Enter')
      await page.getByRole('complementary', { name: 'Message' }).waitFor()
      await press(page, '/', 'Escape')
      expect((await focused(page)).tag).toBe('body')
    })

    it('keeps the focus within a dialog, and gives it back at its end', async () => {
      await openPage(page, `/connections/${on().id}`)
      await tabTo(page, /^Remove this connection/)
      await press(page, 'Enter')
      const dialog = page.getByRole('dialog')
      await dialog.waitFor()
      for (let step = 0; step < 8; step++) {
        await press(page, 'Tab')
        expect(await dialog.evaluate((one) => one.contains(document.activeElement))).toBe(true)
      }
      await press(page, 'Escape')
      await dialog.waitFor({ state: 'detached' })
      await expect.poll(async () => (await focused(page)).name).toMatch(/^Remove this connection/)
    })

    it('does the main actions: pauses, tries an event, moves a rule, makes and revokes a key', async () => {
      await openPage(page, '/')
      const demo = page.getByRole('region', { name: 'Demo' })
      await tabTo(page, /^Pause$/)
      await press(page, 'Enter')
      await demo.getByRole('button', { name: 'Resume' }).waitFor()
      await press(page, 'Space')
      await demo.getByRole('button', { name: 'Pause' }).waitFor()

      await openPage(page, `/connections/${on().id}/test`)
      await tabTo(page, /^Test it$/)
      await press(page, 'Space')
      await page.getByText('would be sent').waitFor()

      await openPage(page, `/connections/${on().id}/mapping`)
      for (const name of ['First', 'Second']) {
        await tabTo(page, /^Add a rule$/, 120)
        await press(page, 'Enter')
        await tabTo(page, /^Name, empty for any$/, 120)
        await page.keyboard.type(name)
        await tabTo(page, /^Take this rule$/)
        await press(page, 'Enter')
      }
      await tabTo(page, /^Move up: Leave out “Second”$/, 120)
      await press(page, 'Enter')
      const rules = await page.locator('ol .rule-item').allTextContents()
      const named = rules
        .map((text) => /“(First|Second)”/.exec(text)?.[1])
        .filter((name) => name !== undefined)
      expect(named).toEqual(['Second', 'First'])
      await tabTo(page, /^Discard$/, 120)
      await press(page, 'Enter')

      await openPage(page, '/settings/keys')
      await tabTo(page, /^Name$/)
      await page.keyboard.type('By keyboard')
      await press(page, 'Enter')
      await page.getByRole('dialog').getByText(/^cw_/).waitFor()
      await tabTo(page, /^I have it$/)
      await press(page, 'Enter')
      await tabTo(page, /^Revoke By keyboard$/)
      await press(page, 'Enter')
      await tabTo(page, /^Revoke it$/)
      await press(page, 'Enter')
      await page.getByText('revoked').waitFor()
    }, 60_000)
  })
}
