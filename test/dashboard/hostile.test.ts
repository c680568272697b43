/**
 * Keys, values, types and commands that want to be markup or script stay text; and the page can
 * load nothing and be shown in nobody's frame, whatever it contains.
 */
import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { closeAll, closeBrowser, HAS_CHROMIUM, IN_CHROMIUM, look, open, portOf } from './support.ts'

afterEach(closeAll)
afterAll(closeBrowser)

const ATTACKS = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '</script><script>alert(1)</script>',
  '"><svg onload=alert(1)>',
  "'-alert(1)-'",
  'javascript:alert(1)',
  '{{constructor.constructor("alert(1)")()}}',
  '&lt;img src=x onerror=alert(1)&gt;',
  '__proto__',
  '../../cache',
  'a/b?c#d%2F',
]

test('the page is one file, whose policy names its script; no inline handlers', async () => {
  const { url } = await open()
  const response = await fetch(`${url}/`)
  const html = await response.text()
  const policy = response.headers.get('content-security-policy')!
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).toMatch(/script-src 'sha256-[\w+/=]+';/)
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
  expect(html).not.toMatch(/(?:src|href)="?(?:https?:)?\/\//)
  expect(html).not.toMatch(/\son\w+=|innerHTML|insertAdjacentHTML|document\.write/)
  expect(html.match(/<script>/g)).toHaveLength(1)
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
})

describe.skipIf(!HAS_CHROMIUM)(IN_CHROMIUM, () => {
  test('hostile keys and values are text', async () => {
    const { engine, server, url } = await open()
    const redis = new Redis(portOf(server.redisAddresses[0]!), '127.0.0.1')
    await redis.config('SET', 'slowlog-log-slower-than', '0')
    for (const [at, attack] of ATTACKS.entries()) {
      const big = attack + ' '.repeat(70_000 + at)
      await redis.set(attack, big)
      for (let uses = 0; uses < 400; uses++) void redis.get(attack)
      await redis.get(attack)
      engine.set(`value ${attack}`, attack)
    }
    redis.disconnect()
    const { page, complaints } = await look(url)
    await page.locator('#status.live').waitFor()
    await page.locator('#slow', { hasText: '<img' }).waitFor()
    await page.locator('#big', { hasText: '<script>' }).waitFor()
    for (const attack of ATTACKS) {
      await page.fill('#prefix', attack)
      await page.keyboard.press('Enter')
      const row = page.locator('#key-list button')
      await row.first().waitFor()
      expect(await row.locator('.key').first().textContent()).toBe(attack)
      await row.first().click()
      await page.locator('#value-text', { hasText: attack.trim() }).waitFor()
      expect(await page.locator('#value-key').textContent()).toBe(attack)
      await page.fill('#prefix', `value ${attack}`)
      await page.keyboard.press('Enter')
      await page.locator('#key-list .key', { hasText: `value ${attack}` }).waitFor()
      await page.locator('#key-list button').first().click()
      await expect.poll(() => page.locator('#value-text').textContent()).toBe(attack)
    }
    expect(await page.locator('main img, main script, main iframe').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test('text that hides or reorders itself is shown as bytes', async () => {
    const { engine, url } = await open()
    engine.set('safe\u202etxt.exe', 'x')
    engine.set('zero\u200bwidth', 'x')
    const { page } = await look(url)
    for (const prefix of ['safe', 'zero']) {
      await page.fill('#prefix', prefix)
      await page.keyboard.press('Enter')
      const hex = Buffer.from(prefix).toString('hex')
      await page.locator('#key-list .key', { hasText: `0x${hex}` }).waitFor()
    }
  })

  test('a script that got into the page all the same would not run', async () => {
    const { url } = await open()
    const { page, complaints } = await look(url)
    await page.locator('#status.live').waitFor()
    const attempt = `(() => {
      const script = document.createElement('script')
      try { script.textContent = 'window.owned = 1'; document.body.append(script) } catch {}
      try { document.body.innerHTML = '<b>x</b>' } catch { return 'refused' }
    })()`
    expect(await page.evaluate(attempt)).toBe('refused')
    expect(await page.evaluate('window.owned')).toBeUndefined()
    expect(complaints.length).toBeGreaterThan(0)
  })
})
