/**
 * `heddle latency-report` itself: keys, the highest rate that is sustained, then each rate, and a
 * report of what there is, also after Ctrl-C. It is loaded only when the packages that it needs are
 * there (src/cli/load-command.ts).
 */
import { writeFileSync } from 'node:fs'
import { checkWritable } from './bench.ts'
import { nameOf } from './connection.ts'
import type { Findings } from './findings.ts'
import type { LatencyOptions } from './latency-options.ts'
import { headerLine, latencyJson, latencyPage, rateLine, remarksOn } from './latency-page.ts'
import type { LatencyFindings, RateFindings } from './latency-page.ts'
import { LoadPool } from './pool.ts'
import type { LoadSession } from './pool.ts'
import { sharedCoresNote } from './server-process.ts'
import { findMaximum, isSustained } from './sweep.ts'
import type { Maximum, Play } from './sweep.ts'

type Print = (text: string) => void

/** Of each load in the search for the maximum, at most. */
const SEARCH_SECONDS = 1
const EXIT_ON_SIGNAL = 130

/** The exit code: 1 where a reply was wrong or nothing could be measured. */
export async function runLatencyReport(
  options: LatencyOptions,
  print: Print,
  warn: Print,
): Promise<number> {
  checkWritable('html', options.html)
  if (options.json !== undefined) checkWritable('json', options.json)
  const stop = watchForStop(warn)
  const pool = new LoadPool(options.threads)
  try {
    const { target, connections, keys, values, depth } = options
    print(`${target.protocol} at ${nameOf(target)}: ${connections} connections, ${keys} keys\n`)
    const session = await pool.open({ target, connections, keys, values, mostDepth: depth })
    if (options.preload) await preload(session, print)
    const play = playOn(session, options, stop.word)
    const host = target.path === undefined ? target.host : undefined
    const found: LatencyFindings = {
      ...{ options, startedAt: new Date().toISOString() },
      ...{ note: sharedCoresNote(host, undefined), ...(await playAll(options, play, stop, print)) },
    }
    await session.close()
    return finish(found, print, warn)
  } finally {
    stop.forget()
    await pool.close()
  }
}

interface Stop {
  readonly word: SharedArrayBuffer
  readonly isAsked: () => boolean
  forget(): void
}

/** The first Ctrl-C ends the load, a second one the process. */
function watchForStop(warn: Print): Stop {
  const word = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const flag = new Int32Array(word)
  const asked = () => {
    if (flag[0] === 1) process.exit(EXIT_ON_SIGNAL)
    flag[0] = 1
    warn('\ninterrupted: the report is made of what there is\n')
  }
  process.on('SIGINT', asked)
  process.on('SIGTERM', asked)
  const forget = () => {
    process.off('SIGINT', asked)
    process.off('SIGTERM', asked)
  }
  return { word, isAsked: () => flag[0] === 1, forget }
}

async function preload(session: LoadSession, print: Print): Promise<void> {
  const found = await session.preload()
  if (found.errors > 0) {
    throw new Error(`preload: ${found.errorText}\n${found.samples.join('\n')}`)
  }
  print(`preload: ${found.operations} sets in ${found.seconds.toFixed(2)} s\n`)
}

function playOn(session: LoadSession, options: LatencyOptions, stop: SharedArrayBuffer): Play {
  const { mix, choice, seed, depth, allowMisses } = options
  const order = { mix, choice, seed, depth, allowMisses, trace: undefined, stop }
  return (rate, seconds) => session.run({ ...order, rate, seconds })
}

async function playAll(
  options: LatencyOptions,
  play: Play,
  stop: Stop,
  print: Print,
): Promise<Pick<LatencyFindings, 'maximum' | 'rates' | 'isCutShort' | 'failure'>> {
  const rates: RateFindings[] = []
  let failure: string | undefined
  const cut = (maximum: Maximum | undefined) => {
    return { maximum, rates, isCutShort: stop.isAsked(), failure }
  }
  const isSearched = options.rates.length === 0
  const search = strictly(play)
  const searchSeconds = Math.min(SEARCH_SECONDS, options.seconds)
  await search(undefined, searchSeconds / 2) // compiled code takes a while to be what it will be
  if (stop.isAsked()) return cut(undefined)
  const maximum = isSearched ? await findMaximum(search, searchSeconds, stop.isAsked) : undefined
  if (stop.isAsked()) return cut(undefined)
  if (maximum !== undefined) {
    const { closed, sustained } = maximum
    print(`highest rate sustained: ${sustained}/s (closed loop: ${Math.round(closed)}/s)\n`)
  }
  print(headerLine())
  for (const rate of ratesOf(options, maximum)) {
    try {
      if (options.warmUpSeconds > 0) await play(rate, options.warmUpSeconds)
      if (stop.isAsked()) break
      const findings = await play(rate, options.seconds)
      if (findings.operations === 0) break
      const one = { rate, findings, isSustained: isSustainedHere(rate, findings, stop) }
      rates.push(one)
      print(rateLine(one))
    } catch (error) {
      failure = `${rate}/s: FAILED, ${(error as Error).message}`
    }
    if (failure !== undefined || stop.isAsked()) break
  }
  return cut(maximum)
}

/** No maximum is looked for with wrong replies. */
function strictly(play: Play): Play {
  return async (rate, seconds) => {
    const found = await play(rate, seconds)
    if (found.errors === 0) return found
    throw new Error(`${found.errorText}\n${found.samples.join('\n')}`)
  }
}

function ratesOf({ rates, percent }: LatencyOptions, maximum: Maximum | undefined): number[] {
  if (maximum === undefined) return [...rates]
  return percent.map((share) => Math.max(1, Math.round((maximum.sustained * share) / 100)))
}

/** A run that was cut short stopped on purpose: what it left unsent is no fault of the server. */
function isSustainedHere(rate: number, findings: Findings, stop: Stop): boolean {
  return stop.isAsked() ? findings.unsent === 0 : isSustained(rate, findings)
}

function finish(found: LatencyFindings, print: Print, warn: Print): number {
  const { html, json } = found.options
  if (found.rates.length === 0) {
    warn(`${found.failure ?? 'nothing was measured'}; no report\n`)
    return 1
  }
  for (const remark of remarksOn(found)) warn(`${remark}\n`)
  writeFileSync(html, latencyPage(found))
  print(`report: ${html}\n`)
  if (json !== undefined) {
    writeFileSync(json, latencyJson(found))
    print(`numbers: ${json}\n`)
  }
  const isWrong = found.rates.some(({ findings }) => findings.errors > 0)
  return isWrong || found.failure !== undefined ? 1 : 0
}
