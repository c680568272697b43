/**
 * `heddle inspect`: everything that a running server tells of itself at one moment: size classes,
 * threads, commands, clients, hot keys, settings, slow commands; through all doors that are named
 * or found, as each has words for other things. `heddle top` is for what happens now, this for what
 * there is; with --interval it looks again and again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { DOOR_USAGE } from './watch/address.ts'
import { type Door, openAll } from './watch/doors.ts'
import { inspectLines } from './watch/inspect-view.ts'
import { Screen } from './watch/screen.ts'
import type { Picture } from './watch/picture.ts'
import type { Table } from './watch/tables.ts'
import { readWatchOptions, type WatchOptions } from './watch/watch-options.ts'

const USAGE = `heddle inspect: what a running server is and holds, since its start

${DOOR_USAGE}  --interval SECONDS      look again after so many, until q or Ctrl-C
  --count N               so many times, then end
  --once                  once, then end (so without any of the three)
  --json                  one line of JSON for each look
  --help                  this text
`
const FILE_WIDTH = 100

/** At least one; the first tells most. */
type Doors = readonly Door[]

/** The exit code: 0, 1 when the server cannot be reached, 2 for wrong arguments. */
export async function inspectCommand(argv: readonly string[]): Promise<number> {
  let options: WatchOptions
  try {
    options = readWatchOptions(argv, process.env)
  } catch (error) {
    process.stderr.write(`heddle inspect: ${(error as Error).message}; see heddle inspect --help\n`)
    return 2
  }
  if (options.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const isRepeated = argv.some((word) => /^--(?:interval|count)\b/.test(word))
  const looks = isRepeated ? options.looks : 1
  try {
    const doors = await openAll(options.addresses)
    const isLive = process.stdout.isTTY === true && !options.json && looks > 1
    if (isLive) await live(doors, options, looks)
    else await plain(doors, options, looks)
    for (const door of doors) door.close()
    return 0
  } catch (error) {
    process.stderr.write(`heddle inspect: ${(error as Error).message}\n`)
    return 1
  }
}

async function plain(
  doors: Doors,
  { json, intervalMs }: WatchOptions,
  looks: number,
): Promise<void> {
  let isOver = false
  process.stdout.on('error', () => {
    isOver = true
  })
  for (let n = 0; n < looks && !isOver; n++) {
    if (n > 0) await sleep(intervalMs)
    process.stdout.write(json ? await jsonOf(doors) : `${(await linesOf(doors)).join('\n')}\n`)
  }
}

async function live(doors: Doors, { intervalMs }: WatchOptions, looks: number): Promise<void> {
  const ending = new AbortController()
  const { signal } = ending
  const end = () => ending.abort()
  const screen = new Screen(process.stdout, process.stdin)
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, end)
  process.once('exit', () => screen.close())
  screen.open(end)
  try {
    for (let n = 0; n < looks && !signal.aborted; n++) {
      const lines = await linesOf(doors, screen.width)
      screen.draw(lines.slice(0, screen.height))
      await sleep(intervalMs, undefined, { signal }).catch(() => {})
    }
  } finally {
    screen.close()
  }
}

/** The picture of the door that tells most, and what any of them has beside it. */
async function look(doors: Doors): Promise<{ picture: Picture; tables: Table[]; names: string }> {
  const picture = await doors[0]!.look()
  const tables: Table[] = []
  for (const door of doors) {
    const more = await door.more()
    tables.push(...more.filter(({ title }) => tables.every((table) => table.title !== title)))
  }
  return { picture, tables, names: doors.map(({ name }) => name).join(', ') }
}

async function linesOf(doors: Doors, width = process.stdout.columns ?? FILE_WIDTH) {
  const { picture, tables, names } = await look(doors)
  return inspectLines(picture, tables, names, width)
}

async function jsonOf(doors: Doors): Promise<string> {
  const { picture, tables, names } = await look(doors)
  const more = Object.fromEntries(tables.map(asJson))
  return `${JSON.stringify({ door: names, ...picture, ...more })}\n`
}

/** `Slow commands` as `slowCommands`: objects by column. */
function asJson({ title, columns, rows }: Table) {
  const name = title.charAt(0).toLowerCase() + title.slice(1)
  const camel = name.replaceAll(/ (\w)/g, (_all, letter: string) => letter.toUpperCase())
  const objects = rows.map((row) => {
    return Object.fromEntries(columns.map((column, index) => [column, row[index] ?? '']))
  })
  return [camel, objects] as const
}
