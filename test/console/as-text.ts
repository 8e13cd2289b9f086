// What others sent is shown as the text it is: no name, id or answer becomes markup, hides or turns the page around.
import { describe, expect, it } from 'vitest'
import { waitFor } from '../e2e/causeway.ts'
import { signIn, visit } from './browser.ts'
import { openPage } from './pages.ts'
import type { Stage } from './stage.ts'

const nasty = [
  '<img src=x onerror="document.title=\'broken in\'">',
  '</script><script>document.title="broken in"</script>',
  'javascript:document.title="broken in"',
  'turned \u202Eaway from here',
  'nothing \u0000\u0007\u001B[31m of it',
  '{{constructor.constructor("document.title=1")()}}',
]

export function describeAsText(on: () => Stage): void {
  describe('what others sent', () => {
    it('is text on every page, under a policy that would stop it if it were not', async () => {
      const { causeway, browser, key, id } = on()
      const batch = nasty.map((text, n) => ({
        ...{
          type: 'track',
          messageId: `nasty-${n}`,
          userId: text,
          event: text,
          properties: { [text]: text },
        },
      }))
      const headers = { authorization: `Basic ${btoa('demo:')}`, 'content-type': 'application/json' }
      await fetch(`${causeway.url}/v1/batch`, { method: 'POST', headers, body: JSON.stringify({ batch }) })
      const isThere = async () =>
        (await causeway.api<{ data: unknown[] }>('GET', `/connections/${id}/messages?messageId=nasty-5`)).data
          .length > 0
      await waitFor(isThere, 10_000)
      await causeway.api('PATCH', `/connections/${id}`, { name: nasty[0] })

      const { page, context, complaints } = await visit(browser, causeway.url)
      try {
        await signIn(page, key)
        for (const path of ['', '/mapping', '/messages']) await openPage(page, `/connections/${id}${path}`)
        for (const n of nasty.keys()) {
          await openPage(page, `/connections/${id}/messages?messageId=nasty-${n}`)
          const row = page.locator('[data-row]').first()
          if (n === 0) expect(await row.textContent()).toBe(nasty[0])
          await row.click()
          await page.getByRole('heading', { name: 'What happened' }).waitFor()
        }
        await openPage(page, `/connections/${id}/messages?messageId=nasty-3`)
        // Turned only within its own cell: what stands beside it is not.
        const turned = page.locator('[data-row]').first()
        expect(await turned.evaluate((one) => getComputedStyle(one).unicodeBidi)).toMatch(/isolate|plaintext/)
        expect(await page.locator('img[src=x]').count()).toBe(0)
        expect(await page.title()).not.toContain('broken in')
        expect(complaints).toEqual([])
      } finally {
        await causeway.api('PATCH', `/connections/${id}`, { name: 'Demo' })
        await context.close()
      }
    }, 60_000)

    it('could run nothing even as markup: a script in the page is refused', async () => {
      const { causeway, browser, key } = on()
      const { page, context, complaints } = await visit(browser, causeway.url)
      await signIn(page, key)
      await page.evaluate(() => {
        const script = document.createElement('script')
        script.textContent = 'document.title = "broken in"'
        document.body.append(script)
        document.body.insertAdjacentHTML('beforeend', '<img src="/none.png" onerror="document.title=1">')
        return new Promise((resolve) => setTimeout(resolve, 200))
      })
      expect(await page.title()).toBe('Overview · Causeway')
      expect(complaints.join()).toMatch(/Content Security Policy/)
      const policy = (await page.request.get('/')).headers()['content-security-policy'] ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|\*/)
      await context.close()
    })
  })
}
