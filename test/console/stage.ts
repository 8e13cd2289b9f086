// What the console's tests stand on: the whole product as `npm start` runs it, and a real browser.
import type { Browser, Page } from 'playwright-core'
import type { Causeway } from '../e2e/causeway.ts'

export interface Stage {
  causeway: Causeway
  browser: Browser
  /** The admin key of the machine. */
  key: string
  /** The demo connection, with one message of each kind. */
  id: string
}

/** Presses keys one after the other, as a person does who has no mouse. */
export async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key)
}

export interface Focused {
  /** What a screen reader calls it, as far as its own text and labels go. */
  name: string
  tag: string
  /** Whether the page shows where the focus is. */
  isVisible: boolean
}

/** What has the focus now. */
export const focused = (page: Page): Promise<Focused> =>
  page.evaluate(() => {
    const one = document.activeElement
    if (!(one instanceof HTMLElement) || one === document.body)
      return { name: '', tag: 'body', isVisible: false }
    const label = one.id === '' ? null : document.querySelector(`label[for="${CSS.escape(one.id)}"]`)
    const name = one.getAttribute('aria-label') ?? label?.textContent ?? one.textContent
    const ring = (element: Element): boolean => {
      const { outlineStyle, outlineWidth, borderColor } = getComputedStyle(element)
      const isRinged = outlineStyle !== 'none' && outlineWidth !== '0px'
      return isRinged || (element.matches('input, textarea') && borderColor !== '')
    }
    // Some controls hide their input and show the ring beside it.
    const near = [one, one.nextElementSibling, one.parentElement].filter((each) => each !== null)
    return { name: name.trim().slice(0, 80), tag: one.tagName.toLowerCase(), isVisible: near.some(ring) }
  })

/** Goes on by Tab until something of that name has the focus. */
export async function tabTo(page: Page, name: RegExp, most = 60): Promise<Focused> {
  const passed: string[] = []
  for (let step = 0; step < most; step++) {
    await page.keyboard.press('Tab')
    const now = await focused(page)
    if (name.test(now.name)) return now
    passed.push(now.name)
  }
  throw new Error(`Tab does not come to ${String(name)}; it passed ${passed.join(' | ')}`)
}
