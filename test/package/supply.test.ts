/**
 * What comes with the package, and from where: nothing at run time but optional peers, everything
 * from npm's registry with its digest, and advisories asked for what is shipped.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { findings, shippedPackages } from '../../.ci/advisories.mjs'

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
}

const root = resolve(import.meta.dirname, '../..')
const lock: { packages: Record<string, Locked> } = JSON.parse(
  readFileSync(join(root, 'package-lock.json'), 'utf8'),
)

test('every package of the lock file is from the registry, with its digest', () => {
  const odd = Object.entries(lock.packages).filter(([path, { resolved, integrity, link }]) => {
    if (path === '') return false
    const isElsewhere = resolved !== undefined && !resolved.startsWith(REGISTRY)
    return isElsewhere || link === true || !/^sha512-/.test(integrity ?? '')
  })
  expect(odd).toEqual([])
  expect(Object.keys(lock.packages).length).toBeGreaterThan(100)
})
const REGISTRY = 'https://registry.npmjs.org/'

test('the registry of this repository is that of npm', () => {
  const { publishConfig } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(publishConfig?.registry ?? REGISTRY).toBe(REGISTRY)
})

test('what may run with the package is known, and little', () => {
  const shipped = [...shippedPackages(lock)].sort()
  expect(shipped).toEqual(expect.arrayContaining(['hdr-histogram-js', 'pako', 'piscina']))
  expect(shipped).not.toContain('vitest')
  expect(shipped.length).toBeLessThan(40)
})

test('an advisory of what is shipped is found, one of a tool is not', () => {
  const vulnerabilities = {
    pako: { name: 'pako', severity: 'high', range: '<2' },
    vitest: { name: 'vitest', severity: 'critical', range: '*' },
  }
  const report = { vulnerabilities, metadata: { vulnerabilities: { total: 2 } } }
  expect(findings(report, shippedPackages(lock))).toEqual(['pako <2: high'])
  expect(findings({ message: '405' }, new Set())).toBeUndefined()
  expect(findings(undefined, new Set())).toBeUndefined()
})

test('the check runs, and says what it did', () => {
  const said = execFileSync(process.execPath, ['.ci/advisories.mjs'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 90_000,
  })
  expect(said).toMatch(/^(?:no known advisory of \d+ packages|not checked: the registry's)/)
})
