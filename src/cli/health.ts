/**
 * `heddle health`: whether a server answers, as an exit code, for health checks of containers that
 * have no other client inside. It needs no credentials: a server that asks who this is, lives.
 */
import { request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { parseArgs } from 'node:util'
import { DOOR_FLAGS, DOOR_USAGE, type DoorAddress, doorsOf, placeOf } from './watch/address.ts'
import { Asker } from './watch/asker.ts'

const USAGE = `heddle health: exit code 0 if a server answers and takes clients, else 1

${DOOR_USAGE}  --help                  this text

Through HTTP it asks /readyz, so a server that ends is not healthy; memcached's port is asked
for its version, Redis' for a PONG.
`
const TIMEOUT_MS = 4000
const OK_STATUS = 200
const QUESTIONS = { memcached: 'version\r\n', redis: 'PING\r\n' } as const
/** What a healthy server answers, or one that asks for credentials first. */
const ANSWERS = {
  memcached: /^(?:VERSION |CLIENT_ERROR unauth).*\r\n/,
  redis: /^(?:\+PONG|-NOAUTH .*)\r\n/,
} as const

/** The exit code: 0, 1 when nothing healthy answers, 2 for wrong arguments. */
export async function healthCommand(argv: readonly string[]): Promise<number> {
  let addresses: readonly DoorAddress[]
  try {
    const options = { ...DOOR_FLAGS, help: { type: 'boolean', short: 'h' } } as const
    const { values } = parseArgs({ args: [...argv], options, allowPositionals: false })
    if (values.help === true) {
      process.stdout.write(USAGE)
      return 0
    }
    addresses = doorsOf(values, {})
  } catch (error) {
    process.stderr.write(`heddle health: ${(error as Error).message}; see heddle health --help\n`)
    return 2
  }
  const reasons: string[] = []
  for (const address of addresses) {
    try {
      if (address.kind === 'http') await askHttp(address)
      else await askLine(address, address.kind)
      process.stdout.write(`${placeOf(address)} is well\n`)
      return 0
    } catch (error) {
      reasons.push((error as Error).message)
    }
  }
  process.stderr.write(`heddle health: ${reasons.join('; ')}\n`)
  return 1
}

async function askLine(address: DoorAddress, kind: keyof typeof QUESTIONS): Promise<void> {
  const asker = new Asker(address, async () => {})
  try {
    const line = await asker.ask(QUESTIONS[kind], (bytes) => {
      const text = bytes.toString('latin1')
      return text.includes('\n') ? text : undefined
    })
    if (!ANSWERS[kind].test(line)) {
      throw new Error(`${placeOf(address)} answered ${JSON.stringify(line.slice(0, 80))}`)
    }
  } finally {
    asker.close()
  }
}

function askHttp(address: DoorAddress): Promise<void> {
  const { host, port, tls } = address
  const where = { host, port, path: '/readyz', timeout: TIMEOUT_MS, agent: false } as const
  const ca = tls?.ca === undefined ? {} : { ca: tls.ca }
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${placeOf(address)} ${why}`))
    const asked =
      tls === undefined
        ? requestPlain(where)
        : requestTls({ ...where, ...ca, rejectUnauthorized: !tls.isUnverified })
    asked.on('timeout', () => asked.destroy(new Error('gave no answer in 4 seconds')))
    asked.on('error', ({ message }) => fail(message))
    asked.on('response', (response) => {
      response.resume()
      if (response.statusCode === OK_STATUS) resolve()
      else fail(`answered ${response.statusCode} to GET /readyz`)
    })
    asked.end()
  })
}
