/**
 * Who sees what: without credentials nothing; a reader the numbers; a user with a prefix its keys;
 * an administrator clients, slow commands, hot keys, and what deletes. The server refuses what the
 * page does not offer.
 */
import { writeFileSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import {
  closeAll,
  closeBrowser,
  HAS_CHROMIUM,
  IN_CHROMIUM,
  look,
  open,
  usersFile,
} from './support.ts'

afterEach(closeAll)
afterAll(closeBrowser)

const SECRET = 'open-sesame'
const USERS = [
  `ann:${SECRET} read`,
  `app:${SECRET} read prefix=app:`,
  `pen:${SECRET} write`,
  `ops:${SECRET} admin`,
]

function as(user: string): { headers: Record<string, string> } {
  return { headers: { Authorization: `Basic ${btoa(`${user}:${SECRET}`)}` } }
}

async function openWithUsers() {
  const authFile = usersFile(USERS)
  const served = await open({ authFile })
  served.engine.set('app:one', 'mine')
  served.engine.set('other:two', 'not mine')
  return { ...served, authFile }
}

test('nobody is asked who they are, by a challenge that browsers understand', async () => {
  const { url } = await openWithUsers()
  for (const path of ['/', '/session', '/events', '/keys', '/keys/app:one']) {
    const response = await fetch(url + path)
    expect([path, response.status]).toEqual([path, 401])
    expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm=/)
  }
  const wrong = await fetch(`${url}/`, { headers: { Authorization: `Basic ${btoa('ann:no')}` } })
  expect(wrong.status).toBe(401)
})

test('each user gets what its rights say', async () => {
  const { url } = await openWithUsers()
  const statusOf = async (user: string, path: string): Promise<number> => {
    const abort = new AbortController()
    const { status } = await fetch(url + path, { ...as(user), signal: abort.signal })
    abort.abort()
    return status
  }
  expect(await statusOf('ann', '/events')).toBe(200)
  expect(await statusOf('app', '/events')).toBe(403)
  expect(await statusOf('pen', '/events')).toBe(403)
  expect(await statusOf('app', '/keys/app:one')).toBe(200)
  expect(await statusOf('app', '/keys/other:two')).toBe(403)
  expect(await statusOf('pen', '/keys/app:one')).toBe(403)
  const keysOf = async (user: string): Promise<string[]> => {
    const response = await fetch(`${url}/keys?count=200`, as(user))
    let { keys, next } = (await response.json()) as Listed
    const names = keys.map(({ key }) => key)
    while (next !== null) {
      const more = await fetch(`${url}/keys?count=200&cursor=${next}`, as(user))
      ;({ keys, next } = (await more.json()) as Listed)
      names.push(...keys.map(({ key }) => key))
    }
    return names.sort()
  }
  expect(await keysOf('ops')).toEqual(['app%3Aone', 'other%3Atwo'])
  expect(await keysOf('app')).toEqual(['app%3Aone'])
  expect(await keysOf('pen')).toEqual([])
  for (const [user, isAdmin, seesNumbers] of [
    ['ann', false, true],
    ['app', false, false],
    ['ops', true, true],
  ] as const) {
    const told = await (await fetch(`${url}/session`, as(user))).json()
    expect(told).toMatchObject({ user, isAdmin, seesNumbers })
  }
  const remove = { method: 'DELETE', ...as('ann') }
  expect((await fetch(`${url}/cache/app:one`, remove)).status).toBe(403)
  expect((await fetch(`${url}/cache`, remove)).status).toBe(403)
})

interface Listed {
  readonly keys: { readonly key: string }[]
  readonly next: number | null
}

test('details are for administrators: events of a reader name no key and no client', async () => {
  const { url, engine } = await openWithUsers()
  engine.set('other:two', 'x'.repeat(50_000))
  const heard = async (user: string): Promise<string> => {
    const abort = new AbortController()
    const response = await fetch(`${url}/events`, { ...as(user), signal: abort.signal })
    const decoder = new TextDecoder()
    let text = ''
    const end = Date.now() + 4000
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk)
      if (Date.now() > end) break
    }
    abort.abort()
    return text
  }
  const [reader, administrator] = await Promise.all([heard('ann'), heard('ops')])
  expect(reader.match(/^event: stats$/gm)!.length).toBeGreaterThan(2)
  expect(reader).not.toMatch(/event: details|hotKeys|"clients"|127\.0\.0\.1|other:/)
  expect(administrator).toMatch(/^event: details$/m)
  expect(administrator).toContain('"protocol":"http"')
})

describe.skipIf(!HAS_CHROMIUM)(IN_CHROMIUM, () => {
  const credentials = (username: string) => ({
    httpCredentials: { username, password: SECRET },
  })

  test('a reader sees numbers and nothing that deletes; an administrator sees it all', async () => {
    const { url } = await openWithUsers()
    const reader = (await look(url, credentials('ann'))).page
    await reader.locator('#status.live').waitFor()
    await expect.poll(() => reader.locator('#tile-entries .value').textContent()).toBe('2')
    for (const id of ['#flush', '#clients', '#slow', '#hot', '#big']) {
      expect([id, await reader.locator(id).isVisible()]).toEqual([id, false])
    }
    await reader.fill('#prefix', 'app')
    await reader.keyboard.press('Enter')
    await reader.locator('#key-list button').click()
    await reader.locator('#value-text', { hasText: 'mine' }).waitFor()
    expect(await reader.locator('#delete-key').isVisible()).toBe(false)
    const { page } = await look(url, credentials('ops'))
    await page.locator('#clients', { hasText: 'http' }).waitFor()
    expect(await page.locator('#flush').isVisible()).toBe(true)
    expect(await page.locator('#user').textContent()).toBe('ops, administrator')
  })

  test('a user with a prefix browses its keys, and is told why there are no numbers', async () => {
    const { url } = await openWithUsers()
    const { page } = await look(url, credentials('app'))
    await page.locator('#no-numbers').waitFor()
    expect(await page.locator('#numbers').isVisible()).toBe(false)
    await page.click('#key-form button')
    await page.locator('#key-list', { hasText: 'app:one' }).waitFor()
    expect(await page.locator('#key-list').textContent()).not.toContain('other')
  })

  test('a user who is withdrawn gets no further events, and the page says so', async () => {
    const { url, server, authFile } = await openWithUsers()
    const { page } = await look(url, credentials('ann'))
    await page.locator('#status.live').waitFor()
    writeFileSync(authFile, `${USERS.slice(1).join('\n')}\n`)
    await server.reload()
    await page.locator('#status-text', { hasText: 'Not signed in' }).waitFor()
    expect(await page.locator('#lost').textContent()).toContain('Reload the page to sign in')
  })
})
