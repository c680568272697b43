/**
 * A server with its engine on free ports, a real Chromium that looks at its dashboard, and a small
 * load. Where there is no Chromium the tests that need one are left out, and their title says so.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { createEngine, type Engine } from '../../src/index.ts'
import { serve, type ServeOptions, type Server } from '../../src/server/serve.ts'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = process.env['CHROMIUM'] ?? PLACES.find((path) => existsSync(path))

/** Whether there is a browser, and what the title of its tests says. */
export const HAS_CHROMIUM = executablePath !== undefined
export const IN_CHROMIUM = HAS_CHROMIUM
  ? 'in Chromium'
  : 'left out, as there is no Chromium here: apt-get install chromium, or set CHROMIUM'

/** Where screenshots go; git leaves it out. */
export const SHOTS: string = join(import.meta.dirname, 'shots')
mkdirSync(SHOTS, { recursive: true })

const closers: (() => unknown)[] = []

export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}

export interface Served {
  readonly engine: Engine
  readonly server: Server
  readonly port: number
  readonly url: string
}

let engines = 0

export async function open(options: ServeOptions = {}): Promise<Served> {
  const engine = createEngine({ name: `dashboard-${++engines}`, memory: '32mb', hotKeys: true })
  const server = await serveOn(engine, 0, options)
  closers.push(async () => {
    await server.close()
    engine.close()
  })
  const port = portOf(server.httpAddresses[0]!)
  return { engine, server, port, url: `http://127.0.0.1:${port}` }
}

export function serveOn(
  engine: Engine,
  httpPort: number,
  options: ServeOptions = {},
): Promise<Server> {
  return serve(engine, { httpPort, redisPort: 0, memcachedPort: 0, workers: 1, ...options })
}

export function portOf(address: string): number {
  return Number(/\d+$/.exec(address)![0])
}

/** A file of users. */
export function usersFile(lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-dashboard-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'users')
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 })
  return path
}

let browser: Promise<Browser> | undefined

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close()
  browser = undefined
}

export interface Looked {
  readonly page: Page
  /** Errors of scripts, and what the console or the policy complained of. */
  readonly complaints: string[]
}

/** A page that shows the dashboard. */
export async function look(url: string, options: BrowserContextOptions = {}): Promise<Looked> {
  browser ??= chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] })
  const context = await (await browser).newContext(options)
  closers.push(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog of a script: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    const text = message.text()
    // A refused connection is what some tests are about.
    if (message.type() === 'error' && !text.includes('net::ERR')) complaints.push(text)
  })
  await page.goto(url)
  return { page, complaints }
}

/** A load over Redis until it is stopped. */
export async function load(server: Server): Promise<() => Promise<void>> {
  const redis = new Redis(portOf(server.redisAddresses[0]!), '127.0.0.1')
  redis.on('error', () => {})
  for (let at = 0; at < 1500; at++) {
    const user = JSON.stringify({ id: at, name: `Ada ${at}`, visits: at % 17 })
    await redis.set(`user:${at}`, user, 'EX', 3600 + at)
  }
  await redis.config('SET', 'slowlog-log-slower-than', '300')
  let isOver = false
  const work = async (): Promise<void> => {
    for (let round = 0; !isOver; round++) {
      const pipeline = redis.pipeline()
      const gets = 20 + Math.round(12 * Math.sin(round / 60))
      for (let at = 0; at < gets; at++) pipeline.get(`user:${skewed(1700)}`)
      pipeline.set(`session:${round % 4000}`, 'x'.repeat(60 + skewed(8000)), 'EX', 90)
      pipeline.incr('visits:home')
      await pipeline.exec()
      if (round % 50 === 0) await redis.keys('user:1*')
      await new Promise((resolve) => setTimeout(resolve, 8))
    }
  }
  const done = work().catch(() => {})
  const stop = async (): Promise<void> => {
    isOver = true
    redis.disconnect()
    await done
  }
  closers.push(stop)
  return stop
}

function skewed(most: number): number {
  return Math.floor(Math.random() ** 2 * most)
}
