/**
 * The guard's statistics on made-up rounds whose truth is known, and the guard itself: a tree whose
 * `get` was made slow, in this test's own fixture, has to be named, and nothing else of it.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { ALPHA, LEAST_EFFECT, judge, signedRankProbability } from '../../bench/guard/statistics.ts'
import { lastRecorded } from '../../bench/guard/trees.ts'
import { randomNumbers } from '../../bench/workload.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const TIMEOUT_MS = 120_000

/** Pairs of two costs, each with noise that is normal in its logarithm. */
function rounds(next: () => number, count: number, ratio: number, noise: number) {
  const unit = () => (next() + 1) / 2 ** 32
  const normal = () => Math.sqrt(-2 * Math.log(unit())) * Math.cos(2 * Math.PI * unit())
  const cost = (of: number) => of * Math.exp(noise * normal())
  return Array.from({ length: count }, () => [cost(10), cost(10 * ratio)] as const)
}

describe('statistics', () => {
  test('the signed-rank probability as its tables have it', () => {
    expect(signedRankProbability([1, 2, 3, 4, 5])).toBe(1 / 32)
    expect(signedRankProbability([-1, -2, -3, -4, -5])).toBe(1)
    // n = 8, sum of positive ranks 34 of 36: {all}, {without 1}, {without 2}: 3 of 256.
    expect(signedRankProbability([1, -2, 3, 4, 5, 6, 7, 8])).toBeCloseTo(3 / 256, 12)
    // Equal sizes share their rank, zeros do not count.
    expect(signedRankProbability([2, 2, -2, 0])).toBe(4 / 8)
    expect(() => signedRankProbability(Array(100).fill(1))).toThrow(/more than 60 rounds/)
  })

  test('the same code is rarely called slower, and twice hardly ever', () => {
    const next = randomNumbers(11)
    const isNamed = () => judge(rounds(next, 8, 1, 0.08)).change === 'slower'
    let named = 0
    for (let n = 0; n < 3000; n++) if (isNamed()) named++
    expect(named / 3000).toBeLessThan(ALPHA)
  })

  test('a loss beyond the least effect is found, a smaller one is not named', () => {
    const next = randomNumbers(12)
    const found = (ratio: number, noise: number) => {
      let named = 0
      for (let n = 0; n < 500; n++) {
        if (judge(rounds(next, 8, ratio, noise)).change === 'slower') named++
      }
      return named / 500
    }
    expect(found(1.15, 0.03)).toBeGreaterThan(0.95)
    expect(found(1.3, 0.1)).toBeGreaterThan(0.7)
    expect(found(1 + LEAST_EFFECT / 3, 0.01)).toBeLessThan(0.01)
  })

  test('a gain is called faster, and one wild round moves nothing', () => {
    const next = randomNumbers(13)
    expect(judge(rounds(next, 10, 0.8, 0.02)).change).toBe('faster')
    const wild = [...rounds(next, 9, 1, 0.01), [10, 90] as const]
    expect(judge(wild).change).toBe('same')
    expect(() => judge([[0, 1]])).toThrow(/above 0/)
  })
})

test('the last recorded commit: known, clean, and another one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-guard-test-'))
  try {
    expect(lastRecorded(folder, 'x')).toBeUndefined()
    const head = 'a'.repeat(12)
    const lines = [head, `${head}+changes`, 'unknown'].map((commit) => JSON.stringify({ commit }))
    writeFileSync(join(folder, 'runs.ndjson'), `${lines.join('\n')}\n`)
    expect(lastRecorded(folder, 'x')).toBeUndefined()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

/** A tree whose engine answers as this one's, and spins for a while in each `get`. */
function slowTree(folder: string): string {
  const root = join(folder, 'slow')
  mkdirSync(join(root, 'src/cli'), { recursive: true })
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  const real = JSON.stringify(join(ROOT, 'src/index.ts'))
  writeFileSync(
    join(root, 'src/index.ts'),
    `import { createEngine as create } from ${real}
    let sum = 0
    export function createEngine(options) {
      const engine = create(options)
      const get = engine.get.bind(engine)
      engine.get = (key) => {
        if (key.startsWith('user:')) for (let n = 0; n < 2000; n++) sum = (sum + n) | 0
        return get(key)
      }
      return engine
    }
    `,
  )
  const main = JSON.stringify(join(ROOT, 'src/cli/main.ts'))
  writeFileSync(join(root, 'src/cli/main.ts'), `import ${main}\n`)
  return root
}

interface Ended {
  readonly code: number
  readonly text: string
}

function guard(args: readonly string[]): Promise<Ended> {
  const file = join(ROOT, 'bench/guard.ts')
  return new Promise((resolve) => {
    execFile(process.execPath, [file, '--smoke', ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr }),
    )
  })
}

describe('smoke form', () => {
  test('a slow get is named, in two series, and recorded', { timeout: TIMEOUT_MS }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-guard-test-'))
    try {
      const slow = slowTree(folder)
      const rest = ['--only=micro', `--results=${folder}`]
      const { code, text } = await guard([`--against=${ROOT}`, `--of=${slow}`, ...rest])
      expect(text).toMatch(/Slower: embedded get, ns/)
      expect(text).toMatch(/embedded get, ns \|.*\| SLOWER \|/)
      expect(text).not.toMatch(/embedded overwrite, ns \|.*\| SLOWER \|/)
      expect(code).toBe(1)
      const lines = readFileSync(join(folder, 'runs.ndjson'), 'utf8').trim().split('\n')
      expect(lines.length).toBe(6)
      expect(JSON.parse(lines[0]!)).toMatchObject({ suite: 'guard', operation: 'embedded get, ns' })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('servers of both trees, over both protocols', { timeout: TIMEOUT_MS }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-guard-test-'))
    try {
      const rest = ['--only=server', `--results=${folder}`]
      const { code, text } = await guard([`--against=${ROOT}`, ...rest])
      for (const name of ['memcached text', 'RESP']) {
        for (const depth of [1, 16]) {
          expect(text).toMatch(new RegExp(`${name} depth ${depth}, us \\| [\\d.]+ \\| [\\d.]+ \\|`))
        }
      }
      // One pair proves nothing, and the guard knows it.
      expect([code, /Nothing got slower/.test(text)]).toEqual([0, true])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('wrong options', async () => {
    expect(await guard(['--against=none'])).toMatchObject({ code: 1 })
    expect((await guard(['--against=none'])).text).toMatch(/--against none: neither a commit nor/)
    expect((await guard(['--rounds=3'])).text).toMatch(/--rounds is '3': .* from 7 to 60/)
    expect((await guard(['--only=x'])).text).toMatch(/--only is 'x': it must be one of micro, ser/)
  })
})
