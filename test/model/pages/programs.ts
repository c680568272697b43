/**
 * What the page model explores. put takes slot and value; take, sweep and get a slot; drain,
 * abandon, end and cut a page; spill gives the chunks of draining pages on top of the own magazine
 * back.
 *
 * Then: pages x chunks, chunks cut at the start, entries as slot=value@chunk, magazines.
 */
import { type Arguments, parseNumbers, parseOps, parseThreads } from '../checker/program-text.ts'
import type { PageProgram } from './words.ts'

const MEANING: Arguments = {
  put: ['slot', 'value'],
  take: ['slot'],
  sweep: ['slot'],
  get: ['slot'],
  drain: ['slot'],
  abandon: ['slot'],
  end: ['slot'],
  cut: ['slot'],
  spill: [],
}

type Rest = Partial<Omit<PageProgram, 'respawn'>> & { respawn?: string }

function program(
  name: string,
  threads: string,
  [size, carved, entries, magazines]: readonly [string, string, string, string],
  rest: Rest = {},
): PageProgram {
  const [pages, per] = size.split('x').map(Number)
  const preload = entries
    .split(' ')
    .filter(Boolean)
    .map((text) => {
      const [slot, value, chunk] = text.split(/[=@]/).map(Number)
      return { slot, value, chunk }
    })
  const list = (text: string): readonly number[] => (text.trim() ? parseNumbers(text.trim()) : [])
  return {
    slots: 1,
    ...rest,
    name,
    pages,
    per,
    preload,
    threads: parseThreads(threads, MEANING),
    carved: parseNumbers(carved),
    magazines: magazines.split('|').map(list),
    respawn: rest.respawn ? parseOps(rest.respawn, MEANING) : [],
  }
}

const noKills = { kills: false }
const two = { slots: 2 }

export const PAGE_PROGRAMS: readonly PageProgram[] = [
  // refill: pop and carve
  program('pop', 'put 0 2 | put 0 3', ['1x3', '3', '', '|']),
  program('pop-two-slots', 'put 0 2, take 0 | put 1 3', ['1x3', '3', '', '|'], two),
  program('carve', 'put 0 2 | put 0 3', ['1x3', '0', '', '|']),
  program('carve-one', 'put 0 2, put 0 4 | put 0 3', ['1x3', '1', '', '|'], { grab: 1 }),
  program('two-pages', 'put 0 2 | put 0 3, get 0', ['2x2', '2 0', '', '|']),
  program('pop-respawn', 'put 0 2 | put 0 3', ['1x3', '3', '', '|'], { respawn: 'put 0 4' }),
  program('pop-restart', 'put 0 2 | put 0 3', ['1x3', '3', '', '|'], { restarts: true }),
  program('carve-restart', 'put 0 2 | take 0', ['1x2', '0', '', '|'], { restarts: true }),
  program('refill-again', 'put 0 2, put 1 3 | take 0', ['1x3', '3', '', '|'], { ...two, grab: 1 }),
  // drain
  program('drain-take', 'drain 0, end 0 | take 0, spill', ['1x2', '2', '0=1@1', '|']),
  program('drain-put', 'drain 0, sweep 0, spill, end 0 | put 0 2', ['1x2', '2', '0=1@1', '|']),
  program('drain-spill', 'drain 0, end 0 | put 0 2, spill', ['1x2', '2', '', '|2']),
  program('drain-cut', 'drain 0, end 0, cut 0, put 0 3 | put 0 2', ['1x2', '2', '', '|']),
  program(
    'drain-cut-pop',
    'put 0 2 | drain 0, end 0, cut 0, put 0 3, take 0',
    ['1x2', '2', '', '|'],
    noKills,
  ),
  program(
    'drain-two-give',
    'drain 0, sweep 0, spill | sweep 1, spill, end 0',
    ['1x2', '2', '0=1@1 1=1@2', '|'],
    two,
  ),
  program('drain-other-page', 'drain 0, sweep 0, put 0 2 | sweep 0, end 0', [
    '2x2',
    '2 0',
    '0=1@1',
    '|',
  ]),
  program('drain-magazine', 'drain 0, end 0, cut 0 | put 0 2', ['2x2', '2 0', '', '|1'], noKills),
  program('drain-restart', 'drain 0, take 0, spill | end 0, cut 0', ['1x1', '1', '0=1@1', '|'], {
    restarts: true,
  }),
  program(
    'drain-end-dies',
    'take 0, put 0 2, take 0, spill, end 0 | drain 0, end 0, cut 0, put 0 3',
    ['1x2', '2', '0=1@2', '|'],
  ),
  program('drain-two-wish', 'drain 0, drain 1 | drain 1, drain 0', ['2x1', '1 1', '', '|']),
  program('drain-wish-ends', 'drain 0, end 0 | drain 0, drain 1, end 1', ['2x1', '1 1', '', '|']),
  program('drain-wish-put', 'drain 0, end 0 | put 0 2, drain 0, spill', ['1x2', '2', '', '|']),
  program('abandon-end', 'drain 0, end 0 | abandon 0, put 0 2', ['1x2', '2', '', '|']),
  program(
    'abandon-cut',
    'drain 0, end 0, cut 0 | abandon 0, drain 0 | put 0 2',
    ['1x1', '1', '', '||'],
    noKills,
  ),
  program('abandon-put', 'drain 0, abandon 0, put 0 3 | put 0 2, spill', ['1x2', '2', '', '|'], {
    restarts: true,
  }),
  program(
    'give-then-pop',
    'drain 0, take 0, spill | end 0, cut 0, put 0 3',
    ['1x1', '1', '0=1@1', '|'],
    { restarts: true },
  ),
  program('give-late-pop', 'drain 0, take 0, spill | put 1 3', ['1x2', '1', '0=1@1', '|'], {
    ...two,
    restarts: true,
  }),
  program(
    'give-give',
    'drain 0, take 0, spill | take 1, spill | put 2 5',
    ['2x2', '2 1', '0=1@1 1=1@2', '||'],
    { slots: 3, ...noKills },
  ),
  program('give-two-die', 'drain 0, take 0, spill | put 1 3', ['1x2', '1', '0=1@1', '|'], {
    ...two,
    maxKills: 2,
    restarts: true,
  }),
  program('three', 'put 0 2 | put 1 3 | drain 0, take 2, spill', ['1x3', '3', '2=1@1', '||'], {
    slots: 3,
    deep: true,
  }),
  program(
    'drain-three',
    'drain 0, take 0, spill | end 0, cut 0, put 0 3 | put 0 2',
    ['1x2', '2', '0=1@1', '||'],
    noKills,
  ),
  program(
    'drain-three-kill',
    'drain 0, take 0, spill | end 0, cut 0 | put 0 2',
    ['1x2', '2', '0=1@1', '||'],
    { deep: true },
  ),
  program(
    'read-cut',
    'drain 0, take 0, spill, end 0, cut 0, put 0 3 | get 0',
    ['1x1', '1', '0=1@1', '|'],
    noKills,
  ),
  program('write-cut', 'drain 0, take 0, spill, end 0, cut 0, put 0 3 | put 0 2, get 0', [
    '2x1',
    '1 1',
    '0=1@1',
    '|2',
  ]),
]
