/**
 * Users in a running server: whom workers verify, what they tell each other of guesses, what
 * becomes of connections when a worker dies, and a file that is read again.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { hashPassword } from '../../src/auth/password-hash.ts'
import { AcceptorThread } from '../../src/server/accept-thread.ts'
import { resolveServeOptions, type ServeOptions } from '../../src/server/options.ts'
import { serve } from '../../src/server/serve.ts'
import { ServerThread } from '../../src/server/server-thread.ts'
import { HIDDEN, SECRET } from '../auth/support.ts'
import { eventually, HAND_OFFS, testEngine } from './open-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'heddle-users-'))
afterAll(() => rmSync(folder, { recursive: true }))
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

let files = 0
function fileOf(users: string, mode = 0o600): string {
  const file = join(folder, `users${++files}`)
  writeFileSync(file, users, { mode })
  return file
}

interface Opened {
  readonly server: ServerThread | AcceptorThread
  readonly port: number
  readonly httpPort: number
}

async function open(options: ServeOptions): Promise<Opened> {
  const engine = testEngine()
  const resolved = resolveServeOptions({ redisPort: 0, workers: 2, ...options })
  const spec = { engine: engine.handle, options: resolved }
  const server = resolved.acceptor === 'here' ? new ServerThread(spec) : new AcceptorThread(spec)
  closers.push(async () => {
    await server.close()
    engine.close()
  })
  const { redisAddresses, httpAddresses } = await server.start()
  const [port = 0, httpPort = 0] = [redisAddresses, httpAddresses].map(([address]) => {
    return Number(address?.split(':')[1])
  })
  return { server, port, httpPort }
}

/** A connection that asks one inline command at a time. */
class Asker {
  readonly socket: Socket
  isClosed = false
  #received = ''

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('data', (bytes) => (this.#received += String(bytes)))
    this.socket.on('error', () => {})
    this.socket.on('close', () => (this.isClosed = true))
    closers.unshift(() => Promise.resolve(void this.socket.destroy()))
  }

  static async connect(port: number): Promise<Asker> {
    const asker = new Asker(port)
    await once(asker.socket, 'connect')
    return asker
  }

  /** A reply of one line, or of one bulk string. */
  async ask(command: string): Promise<string> {
    this.#received = ''
    this.socket.write(`${command}\r\n`)
    const isWhole = (): boolean => {
      const size = /^\$(\d+)\r\n/.exec(this.#received)
      if (size === null) return this.#received.endsWith('\r\n')
      return this.#received.length >= size[0].length + Number(size[1]) + 2
    }
    await eventually(() => this.isClosed || (this.#received !== '' && isWhole()))
    return this.isClosed ? 'closed' : this.#received.replace(/\r\n$/, '')
  }
}

describe.each(HAND_OFFS)('with hand-off %s', (handOff) => {
  test('while a password is verified the worker serves others', async () => {
    const hash = await hashPassword(Buffer.from('secret'))
    const authFile = fileOf(`ann:${hash}\nops:${SECRET} admin`)
    const { port } = await open({ authFile, handOff, workers: 1 })
    const [other, client] = [await Asker.connect(port), await Asker.connect(port)]
    expect(await other.ask('AUTH ops secret')).toBe('+OK')
    let isVerified = false
    const verified = client.ask('AUTH ann secret').then((reply) => {
      isVerified = true
      return reply
    })
    let meanwhile = 0
    for (; !isVerified; meanwhile++) expect(await other.ask('PING')).toBe('+PONG')
    expect(await verified).toBe('+OK')
    expect(meanwhile).toBeGreaterThan(2)
  })

  test('who sends all at once and ends gets every answer, in order', async () => {
    const { server, port } = await open({ authFile: fileOf(`ann:${SECRET}`), handOff, workers: 1 })
    expect((server as ServerThread).isServing(0)).toBe(true)
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let received = ''
    socket.on('data', (bytes) => (received += String(bytes)))
    const commands = ['AUTH ann wrong', 'GET k', 'AUTH ann secret', 'SET k v', 'GET k', 'PING']
    socket.end(commands.map((command) => `${command}\r\n`).join(''))
    await once(socket, 'end')
    socket.destroy()
    const wrong = '-WRONGPASS invalid username-password pair or user is disabled.'
    const nobody = '-NOAUTH Authentication required.'
    const replies = [wrong, nobody, '+OK', '+OK', '$1', 'v', '+PONG', '']
    expect(received.split('\r\n')).toEqual(replies)
  })

  test('who goes while a password is verified leaves nothing behind', async () => {
    const { server, port } = await open({ authFile: fileOf(`ann:${SECRET}`), handOff, workers: 1 })
    for (let i = 0; i < 20; i++) {
      const asker = await Asker.connect(port)
      asker.socket.write(`AUTH ann guess${i % 2}\r\nPING\r\n`)
      if (i % 2 === 0) asker.socket.destroy()
      else asker.socket.resetAndDestroy()
    }
    expect(await eventually(() => (server as ServerThread).openConnections === 0)).toBe(true)
    const ann = await Asker.connect(port)
    expect(await ann.ask('AUTH ann secret')).toBe('+OK')
    expect(await ann.ask('PING')).toBe('+PONG')
  })

  test('a guess at one worker counts at all', async () => {
    const { port } = await open({ authFile: fileOf(`ops:${SECRET} admin`), handOff })
    const ops = await Asker.connect(port)
    expect(await ops.ask('AUTH ops secret')).toBe('+OK')
    const askers: Asker[] = []
    for (let i = 0; i < 6; i++) askers.push(await Asker.connect(port))
    // Three at each of the two workers: none of them alone would make anybody wait.
    for (const [i, asker] of askers.entries()) {
      expect(await asker.ask(`AUTH ops guess${i}`)).toMatch(/^-WRONGPASS/)
    }
    expect(await countOf(ops, 'auth_errors')).toBe(6)
    expect(await countOf(ops, 'auth_delayed')).toBeGreaterThan(0)
  })

  test('who dies with a worker is not somebody else afterwards', async () => {
    const { server, port } = await open({ authFile: fileOf(`ann:${SECRET}`), handOff, workers: 1 })
    const [known, unknown] = [await Asker.connect(port), await Asker.connect(port)]
    expect(await known.ask('AUTH ann secret')).toBe('+OK')
    expect(await unknown.ask('GET k')).toMatch(/^-NOAUTH/)
    const thread = server as ServerThread
    await thread.workerAt(0)!.terminate()
    expect(await eventually(() => known.isClosed)).toBe(true)
    await eventually(() => thread.isServing(0))
    const next = await Asker.connect(port)
    expect(await next.ask('GET k')).toMatch(/^-NOAUTH/)
    expect(await next.ask('AUTH ann secret')).toBe('+OK')
    // By frames a connection outlives its worker, and is nobody as before.
    if (!unknown.isClosed) expect(await unknown.ask('GET k')).toMatch(/^-NOAUTH/)
  })

  test('the file is read again, also by workers that come later', async () => {
    const authFile = fileOf(`ann:${SECRET}\nbob:${SECRET}`)
    const { server, port } = await open({ authFile, handOff, workers: 1 })
    const [ann, bob] = [await Asker.connect(port), await Asker.connect(port)]
    expect(await ann.ask('AUTH ann secret')).toBe('+OK')
    expect(await bob.ask('AUTH bob secret')).toBe('+OK')
    writeFileSync(authFile, `ann:${SECRET}\nbob:${HIDDEN}`)
    await server.reload()
    expect(await eventually(() => bob.isClosed)).toBe(true)
    expect(await ann.ask('GET k')).toBe('$-1')
    const thread = server as ServerThread
    await thread.workerAt(0)!.terminate()
    await eventually(() => thread.isServing(0))
    const again = await Asker.connect(port)
    expect(await again.ask('AUTH bob secret')).toMatch(/^-WRONGPASS/)
    expect(await again.ask('AUTH bob hidden')).toBe('+OK')
  })

  test('a file that is bad when it is read again changes nothing', async () => {
    const authFile = fileOf(`ann:${SECRET}`)
    const { server, port } = await open({ authFile, handOff })
    const ann = await Asker.connect(port)
    expect(await ann.ask('AUTH ann secret')).toBe('+OK')
    for (const bad of ['', 'ann', `ann:${SECRET} raed`]) {
      writeFileSync(authFile, bad)
      const reloaded = async () => server.reload()
      await expect(reloaded()).rejects.toMatchObject({ field: 'authFile' })
      await expect(reloaded()).rejects.toThrow(/^authFile is ".*": (?:line 1: |it has no user)/)
    }
    rmSync(authFile)
    await expect((async () => server.reload())()).rejects.toThrow(/it cannot be read: ENOENT/)
    expect(await ann.ask('GET k')).toBe('$-1')
    const other = await Asker.connect(port)
    expect(await other.ask('AUTH ann secret')).toBe('+OK')
  })
})

test('where too many attempts wait HTTP says 503, and who is known is served', async () => {
  const options = { authFile: fileOf(`ann:${SECRET} admin`), httpPort: 0 }
  const { port, httpPort } = await open(options)
  const ann = await Asker.connect(port)
  expect(await ann.ask('AUTH ann secret')).toBe('+OK')
  const ask = async (credentials: string, signal?: AbortSignal): Promise<Response> => {
    const Authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
    const init = { headers: { Authorization }, ...(signal === undefined ? {} : { signal }) }
    return fetch(`http://127.0.0.1:${httpPort}/cache/k`, init)
  }
  const done = new AbortController()
  const statuses: number[] = []
  const guesses = Array.from({ length: 400 }, async (_, i) => {
    const answer = await ask(`ann:guess${i}`, done.signal)
    statuses.push(answer.status)
    if (answer.status === 503) expect(answer.headers.get('Retry-After')).toBe('1')
    await answer.text()
  })
  expect(await eventually(() => statuses.filter((each) => each === 503).length > 10)).toBe(true)
  expect(await ann.ask('GET k')).toBe('$-1')
  expect(await countOf(ann, 'auth_refused')).toBeGreaterThan(10)
  done.abort()
  await Promise.allSettled(guesses)
  expect(statuses.filter((status) => status !== 401 && status !== 503)).toEqual([])
})

/** A counter of the server, over the Redis connection of an administrator. */
async function countOf(asker: Asker, name: string): Promise<number> {
  const info = await asker.ask('INFO stats')
  return Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1])
}

test('an acceptor in a thread of its own: read again, and also its successor asks', async () => {
  const authFile = fileOf(`ann:${SECRET}`)
  const { server, port } = await open({ authFile, acceptor: 'worker', workers: 1 })
  const ann = await Asker.connect(port)
  expect(await ann.ask('AUTH ann secret')).toBe('+OK')
  writeFileSync(authFile, `bob:${HIDDEN}`)
  await server.reload()
  expect(await eventually(() => ann.isClosed)).toBe(true)
  await (server as AcceptorThread).thread!.terminate()
  let bob: Asker | undefined
  await eventually(() => {
    if (bob === undefined || bob.isClosed) bob = new Asker(port)
    return bob.socket.readyState === 'open'
  })
  expect(await bob!.ask('GET k')).toMatch(/^-NOAUTH/)
  expect(await bob!.ask('AUTH bob hidden')).toBe('+OK')
})

test('a bad file is refused before anybody is served', async () => {
  const engine = testEngine()
  for (const acceptor of ['here', 'worker'] as const) {
    const started = (authFile: string) => serve(engine, { redisPort: 0, authFile, acceptor })
    const refused = { code: 'HEDDLE_BAD_OPTION', field: 'authFile' }
    await expect(started(fileOf('ann:x\nbob'))).rejects.toMatchObject(refused)
    await expect(started(fileOf('ann:x\nbob'))).rejects.toThrow(/": line 2: user: a line begins/)
    await expect(started('/nowhere/users')).rejects.toThrow(/": it cannot be read: ENOENT/)
    await expect(started('')).rejects.toThrow(/^authFile is "": it must be the path/)
  }
  engine.close()
})

test('a file of plain passwords that others can read is worth a warning', async () => {
  const warnings: string[] = []
  const note = (warning: Error) => warnings.push(warning.message)
  process.on('warning', note)
  await open({ authFile: fileOf('ann:secret', 0o644) })
  await open({ authFile: fileOf('ann:secret', 0o600) })
  await open({ authFile: fileOf(`ann:${SECRET}`, 0o644) })
  await new Promise((done) => setImmediate(done))
  process.off('warning', note)
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toMatch(/^other users of this machine can read passwords .* has mode 644$/)
  expect(warnings[0]).not.toContain('secret')
})
