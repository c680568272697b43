/**
 * The dashboard as somebody sees it: numbers that move, what is said when the server goes and when
 * it comes back, keys and their values, deleting with a question before, and screenshots.
 */
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import {
  closeAll,
  closeBrowser,
  HAS_CHROMIUM,
  IN_CHROMIUM,
  load,
  look,
  open,
  serveOn,
  SHOTS,
} from './support.ts'

afterEach(closeAll)
afterAll(closeBrowser)

/** The widths and colours that are looked at. */
const SIGHTS = [
  ['desktop-light', 1360, 900, 'light'],
  ['desktop-dark', 1360, 900, 'dark'],
  ['phone-light', 390, 844, 'light'],
  ['phone-dark', 390, 844, 'dark'],
] as const

describe.skipIf(!HAS_CHROMIUM)(IN_CHROMIUM, () => {
  test('screenshots under a load: numbers change, nothing sticks out or complains', async () => {
    const { engine, server, url } = await open({ workers: 2 })
    engine.set('config:flags', { dark: true, beta: ['charts'] })
    await load(server)
    const sight = async ([name, width, height, colorScheme]: (typeof SIGHTS)[number]) => {
      const { page, complaints } = await look(url, { viewport: { width, height }, colorScheme })
      const value = page.locator('#tile-ops .value')
      const seen = new Set<string>()
      await expect
        .poll(
          async () => {
            const text = (await value.textContent())!
            if (text !== '–') seen.add(text)
            return seen.size
          },
          { timeout: 20_000, interval: 200 },
        )
        .toBeGreaterThan(2)
      await page.waitForTimeout(4000)
      await page.fill('#prefix', 'user:')
      await page.click('#key-form button')
      await page.locator('#key-list li').first().waitFor()
      await page.locator('#key-list button').nth(1).click()
      await page.locator('#value').waitFor()
      const background = await page.evaluate('getComputedStyle(document.body).backgroundColor')
      expect([name, background === 'rgb(245, 246, 248)']).toEqual([name, colorScheme === 'light'])
      const tooWide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect([name, tooWide, complaints]).toEqual([name, 0, []])
      await page.evaluate('scrollTo(0, 0)')
      await page.screenshot({ path: join(SHOTS, `${name}.png`) })
      await page.screenshot({ path: join(SHOTS, `${name}-whole.png`), fullPage: true })
      expect(await page.locator('#commands tbody tr').count()).toBeGreaterThan(2)
      expect(await page.locator('#commands').textContent()).toContain('get')
      expect(await page.locator('#hot').textContent()).toContain('visits:home')
      expect(await page.locator('#latency').textContent()).toMatch(/Redis.*µs/)
    }
    await Promise.all(SIGHTS.map(sight))
  })

  test('a server that is gone is said at once; the page comes back by itself', async () => {
    const { engine, server, port, url } = await open()
    const { page } = await look(url)
    await page.locator('#status.live').waitFor()
    expect(await page.locator('#lost').isVisible()).toBe(false)
    await server.close()
    await page.locator('#status.lost').waitFor()
    expect(await page.locator('#lost').textContent()).toContain('connection to the server is lost')
    expect(await page.locator('#lost').isVisible()).toBe(true)
    const again = await serveOn(engine, port)
    try {
      await page.locator('#status.live').waitFor()
      expect(await page.locator('#lost').isVisible()).toBe(false)
      engine.set('fresh', 1)
      await expect.poll(() => page.locator('#tile-entries .value').textContent()).toBe('1')
    } finally {
      await page.close()
      await again.close()
    }
  })

  test('keys by prefix, page after page; text, binary and empty values', async () => {
    const { engine, url } = await open()
    for (let at = 0; at < 120; at++) engine.set(`item:${at}`, `value ${at}`)
    engine.set('other', 'x', 60_000)
    engine.set(new Uint8Array([0, 255, 10]), new Uint8Array([1, 2, 254]))
    engine.set('long', 'y'.repeat(100_000))
    await fetch(`${url}/cache/typed`, {
      method: 'PUT',
      body: '{"a":1}',
      headers: { 'Content-Type': 'application/json', 'X-TTL': '90' },
    })
    const { page, complaints } = await look(url)
    await page.locator('#status.live').waitFor()
    const find = async (prefix: string): Promise<void> => {
      await page.fill('#prefix', prefix)
      await page.keyboard.press('Enter')
      await page.locator('#key-status', { hasText: /\d keys?(?: so far|\.)|No key/ }).waitFor()
    }
    await find('item:')
    await expect.poll(() => page.locator('#key-list li').count()).toBeGreaterThan(0)
    expect(await page.locator('#key-list li').count()).toBeLessThan(100)
    for (let tries = 0; tries < 20 && (await page.locator('#more').isVisible()); tries++) {
      await page.click('#more')
      await expect.poll(() => page.locator('#more').isDisabled()).toBe(false)
    }
    const names = await page.locator('#key-list .key').allTextContents()
    expect(names.sort()).toEqual(Array.from({ length: 120 }, (_, at) => `item:${at}`).sort())
    await find('typed')
    await page.locator('#key-list button').first().click()
    await page.locator('#value-facts', { hasText: 'application/json' }).waitFor()
    expect(await page.locator('#value-text').textContent()).toBe('{"a":1}')
    expect(await page.locator('#value-facts').textContent()).toMatch(/Expires ?in 1 min/)
    await find('')
    const binary = page.locator('#key-list button', { hasText: '0x00ff0a' })
    for (let tries = 0; tries < 20 && (await binary.count()) === 0; tries++) {
      await page.click('#more')
      await expect.poll(() => page.locator('#more').isDisabled()).toBe(false)
    }
    await binary.click()
    await page.locator('#value-kind', { hasText: 'Hexadecimal' }).waitFor()
    expect(await page.locator('#value-text').textContent()).toMatch(/^0000 {2}01 02 fe .*\.\.\.$/)
    await find('long')
    await page.locator('#key-list button').first().click()
    await page.locator('#value-facts', { hasText: 'the first 4096 bytes' }).waitFor()
    await find('nothing-begins-so')
    await page.locator('#key-status', { hasText: 'No key begins so.' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('looking counts as no use; deleting asks first, and a flush wants a word', async () => {
    const { engine, url } = await open()
    engine.set('victim', 'v')
    engine.set('bystander', 'b')
    const before = engine.stats()
    const { page } = await look(url)
    await page.fill('#prefix', 'victim')
    await page.keyboard.press('Enter')
    await page.locator('#key-list button').click()
    await page.locator('#value-text', { hasText: 'v' }).waitFor()
    const { hits, misses } = engine.stats()
    expect([hits, misses]).toEqual([before.hits, before.misses])
    await page.click('#delete-key')
    await page.click('#confirm button[value=no]')
    expect(engine.has('victim')).toBe(true)
    await page.click('#delete-key')
    await page.click('#confirm-yes')
    await page.locator('#key-status', { hasText: 'Deleted victim.' }).waitFor()
    expect([engine.has('victim'), engine.has('bystander')]).toEqual([false, true])
    await page.click('#flush')
    expect(await page.locator('#confirm-yes').isDisabled()).toBe(true)
    await page.keyboard.press('Escape')
    expect(engine.has('bystander')).toBe(true)
    await page.click('#flush')
    await page.fill('#confirm-word', 'flush')
    await page.click('#confirm-yes')
    await page.locator('#key-status', { hasText: 'All entries were deleted.' }).waitFor()
    expect(engine.has('bystander')).toBe(false)
  })

  test('the keyboard reaches all controls, and sees where it is; all have names', async () => {
    const { url } = await open()
    const { page } = await look(url)
    await page.locator('#status.live').waitFor()
    const reached = new Set<string>()
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab')
      const focused = `(() => {
        const it = document.activeElement
        const name = it.getAttribute('aria-label') ?? it.labels?.[0]?.textContent ?? it.textContent
        const outline = getComputedStyle(it).outlineStyle
        const isVisible = it === document.body || outline !== 'none'
        return [it.id || it.className, name.trim() !== '', isVisible]
      })()`
      const [id, isNamed, isVisible] = await page.evaluate<[string, boolean, boolean]>(focused)
      expect([id, isNamed, isVisible]).toEqual([id, true, true])
      reached.add(id)
    }
    for (const id of ['prefix', 'flush', 'skip']) expect([...reached]).toContain(id)
  })
})
