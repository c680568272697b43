/**
 * `heddle health`: whether a server answers, as an exit code, for health checks of containers that
 * have no other client inside. It needs no credentials: a server that asks who this is, lives.
 */
import { parseArgs } from 'node:util'
import { DOOR_FLAGS, DOOR_USAGE, type DoorAddress, doorsOf, placeOf } from './watch/address.ts'
import { Asker } from './watch/asker.ts'
import { httpGet } from './watch/http-get.ts'

const USAGE = `heddle health: exit code 0 if a server answers and takes clients, else 1

${DOOR_USAGE}  --help                  this text

Through HTTP it asks /readyz, so a server that ends is not healthy; memcached's port is asked
for its version, Redis' for a PONG.
`
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

async function askHttp(address: DoorAddress): Promise<void> {
  const { status } = await httpGet(address, '/readyz')
  if (status !== OK_STATUS) {
    throw new Error(`${placeOf(address)} answered ${status} to GET /readyz`)
  }
}
