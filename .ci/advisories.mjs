/**
 * Whether anything that comes with the package, or that it loads at run time, has a known advisory:
 * its dependencies (there are none) and its optional peers, with all that those bring. Exit code 1
 * names them. Where the registry's advisories cannot be asked, it says so and ends with 0: a build
 * without a network is no reason to fail. Plain JavaScript: it runs on the Node that started
 * .ci/run.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const TIMEOUT_MS = 60_000

/** Names of all packages that a user of the package may run, by the lock file. */
export function shippedPackages({ packages }) {
  const { dependencies = {}, peerDependencies = {} } = packages['']
  const found = new Set()
  const waiting = Object.keys({ ...dependencies, ...peerDependencies })
  while (waiting.length > 0) {
    const name = waiting.pop()
    if (found.has(name)) continue
    found.add(name)
    for (const [path, entry] of Object.entries(packages)) {
      if (!path.endsWith(`node_modules/${name}`)) continue
      waiting.push(...Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }))
    }
  }
  return found
}

/** @returns sentences on advisories of what is shipped; undefined: the registry did not answer */
export function findings(report, shipped) {
  if (report?.metadata?.vulnerabilities === undefined) return undefined
  const known = Object.values(report.vulnerabilities).filter(({ name }) => shipped.has(name))
  return known.map(({ name, severity, range }) => `${name} ${range}: ${severity}`)
}

function audit() {
  return new Promise((resolve) => {
    execFile('npm', ['audit', '--json'], { timeout: TIMEOUT_MS }, (_, stdout) => {
      try {
        resolve(JSON.parse(stdout))
      } catch {
        resolve(undefined)
      }
    })
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const shipped = shippedPackages(JSON.parse(readFileSync('package-lock.json', 'utf8')))
  const report = await audit()
  const found = findings(report, shipped)
  if (found === undefined) {
    const why = report?.message ?? 'no answer'
    process.stdout.write(`not checked: the registry's advisories cannot be asked (${why})\n`)
  } else if (found.length === 0) {
    process.stdout.write(`no known advisory of ${shipped.size} packages that may run with heddle\n`)
  } else {
    process.stdout.write(`known advisories:\n${found.join('\n')}\n`)
    process.exitCode = 1
  }
}
