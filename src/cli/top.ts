/**
 * `heddle top`: a live table of a running server, from outside of its process. On a terminal it is
 * drawn in place; into a pipe or a file it writes one table after the other, or lines of JSON.
 */
import { DOOR_USAGE } from './watch/address.ts'
import { type Door, openFirst } from './watch/doors.ts'
import type { Picture } from './watch/picture.ts'
import { ratesBetween } from './watch/rates.ts'
import { Screen } from './watch/screen.ts'
import { topLines } from './watch/top-view.ts'
import { readWatchOptions, type WatchOptions } from './watch/watch-options.ts'

const USAGE = `heddle top: a live table of a running server

${DOOR_USAGE}  --interval SECONDS      between two looks (1)
  --count N               so many tables, then end
  --once                  one table after one interval, then end
  --json                  a line of JSON for each look instead of tables
  --help                  this text; q or Ctrl-C ends it
`
/** Latencies are of the last so many looks: one alone has few calls that were timed. */
const LONG_LOOKS = 10
const FILE_WIDTH = 100

/** The exit code: 0, 1 when the server cannot be reached, 2 for wrong arguments. */
export async function topCommand(argv: readonly string[]): Promise<number> {
  let options: WatchOptions
  try {
    options = readWatchOptions(argv, process.env)
  } catch (error) {
    process.stderr.write(`heddle top: ${(error as Error).message}; see heddle top --help\n`)
    return 2
  }
  if (options.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const isLive = process.stdout.isTTY === true && !options.json && options.looks !== 1
  const screen = isLive ? new Screen(process.stdout, process.stdin) : undefined
  try {
    const door = await openFirst(options.addresses)
    await new Top(door, options, screen).run()
    return 0
  } catch (error) {
    process.stderr.write(`heddle top: ${(error as Error).message}\n`)
    return 1
  }
}

class Top {
  readonly #door: Door
  readonly #options: WatchOptions
  readonly #screen: Screen | undefined
  readonly #pictures: Picture[] = []
  #looks = 0
  #end: () => void = () => {}

  constructor(door: Door, options: WatchOptions, screen: Screen | undefined) {
    this.#door = door
    this.#options = options
    this.#screen = screen
  }

  async run(): Promise<void> {
    const isOver = new Promise<void>((resolve) => {
      this.#end = resolve
    })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, this.#end)
    process.stdout.on('error', this.#end) // `heddle top | head`
    const restore = () => this.#screen?.close()
    process.once('exit', restore)
    this.#screen?.open(this.#end)
    const redraw = () => this.#show()
    if (this.#screen !== undefined) process.stdout.on('resize', redraw)
    let timer: NodeJS.Timeout | undefined
    const loop = async () => {
      await this.#look()
      if (this.#looks < this.#options.looks) timer = setTimeout(loop, this.#options.intervalMs)
      else this.#end()
    }
    await this.#look()
    timer = setTimeout(loop, this.#options.intervalMs)
    await isOver
    clearTimeout(timer)
    process.stdout.off('resize', redraw)
    restore()
    this.#door.close()
  }

  /** The first is what later ones are compared with. A server that does not answer may be back. */
  async #look(): Promise<void> {
    try {
      this.#pictures.push(await this.#door.look())
    } catch (error) {
      this.#looks++
      this.#tell((error as Error).message)
      return
    }
    if (this.#pictures.length > LONG_LOOKS + 1) this.#pictures.shift()
    if (this.#pictures.length < 2) return
    this.#looks++
    this.#show()
  }

  #tell(why: string): void {
    if (this.#screen === undefined) process.stderr.write(`heddle top: ${why}\n`)
    else this.#screen.draw(['', why, '', 'trying again; q ends'])
  }

  #show(): void {
    const [now, before, long] = [this.#pictures.at(-1), this.#pictures.at(-2), this.#pictures[0]]
    if (now === undefined || before === undefined) return
    const rates = ratesBetween(before, now, long)
    const { name } = this.#door
    if (this.#screen !== undefined) {
      const { width, height } = this.#screen
      this.#screen.draw(topLines({ door: name, now, rates, width, height }))
    } else if (this.#options.json) {
      process.stdout.write(`${JSON.stringify({ door: name, ...rates, now })}\n`)
    } else {
      const width = process.stdout.columns ?? FILE_WIDTH
      const lines = topLines({ door: name, now, rates, width, height: undefined })
      process.stdout.write(`${lines.join('\n')}\n\n`)
    }
  }
}
