/**
 * `heddle inspect`: everything that a running server tells of itself at one moment: size classes,
 * threads, commands, clients, settings, slow commands. `heddle top` is for what happens now, this
 * for what there is; with --interval it looks again and again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { DOOR_USAGE } from './watch/address.ts'
import { type Door, openFirst } from './watch/doors.ts'
import { inspectLines } from './watch/inspect-view.ts'
import { Screen } from './watch/screen.ts'
import { readWatchOptions, type WatchOptions } from './watch/watch-options.ts'

const USAGE = `heddle inspect: what a running server is and holds, since its start

${DOOR_USAGE}  --interval SECONDS      look again after so many, until q or Ctrl-C
  --count N               so many times, then end
  --once                  once, then end (so without any of the three)
  --json                  one line of JSON for each look
  --help                  this text
`
const FILE_WIDTH = 100

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
    const door = await openFirst(options.addresses)
    const isLive = process.stdout.isTTY === true && !options.json && looks > 1
    if (isLive) await live(door, options, looks)
    else await plain(door, options, looks)
    door.close()
    return 0
  } catch (error) {
    process.stderr.write(`heddle inspect: ${(error as Error).message}\n`)
    return 1
  }
}

async function plain(door: Door, { json, intervalMs }: WatchOptions, looks: number): Promise<void> {
  let isOver = false
  process.stdout.on('error', () => {
    isOver = true
  })
  for (let n = 0; n < looks && !isOver; n++) {
    if (n > 0) await sleep(intervalMs)
    process.stdout.write(json ? await jsonOf(door) : `${(await linesOf(door)).join('\n')}\n`)
  }
}

async function live(door: Door, { intervalMs }: WatchOptions, looks: number): Promise<void> {
  const ending = new AbortController()
  const { signal } = ending
  const end = () => ending.abort()
  const screen = new Screen(process.stdout, process.stdin)
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, end)
  process.once('exit', () => screen.close())
  screen.open(end)
  try {
    for (let n = 0; n < looks && !signal.aborted; n++) {
      const lines = await linesOf(door, screen.width)
      screen.draw(lines.slice(0, screen.height))
      await sleep(intervalMs, undefined, { signal }).catch(() => {})
    }
  } finally {
    screen.close()
  }
}

async function linesOf(door: Door, width = process.stdout.columns ?? FILE_WIDTH) {
  const picture = await door.look()
  return inspectLines(picture, await door.more(), door.name, width)
}

async function jsonOf(door: Door): Promise<string> {
  const picture = await door.look()
  const more = Object.fromEntries((await door.more()).map(asJson))
  return `${JSON.stringify({ door: door.name, ...picture, ...more })}\n`
}

/** `Slow commands` as `slowCommands`: objects by column. */
function asJson({ title, columns, rows }: Awaited<ReturnType<Door['more']>>[number]) {
  const name = title.charAt(0).toLowerCase() + title.slice(1)
  const camel = name.replaceAll(/ (\w)/g, (_all, letter: string) => letter.toUpperCase())
  const objects = rows.map((row) => {
    return Object.fromEntries(columns.map((column, index) => [column, row[index] ?? '']))
  })
  return [camel, objects] as const
}
