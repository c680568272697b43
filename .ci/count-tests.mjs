/**
 * Prints "PASSED FAILED" from vitest's JSON reports, for .ci/run; of a file that is in several
 * reports, the last counts. A file that could not be loaded counts as a failure, and so does a
 * skipped test, since this repository has none. Plain JavaScript: it runs on whatever Node started
 * .ci/run.
 */
import { readFileSync } from 'node:fs'

const files = new Map()
for (const reportFile of process.argv.slice(2)) {
  for (const file of JSON.parse(readFileSync(reportFile, 'utf8')).testResults) {
    files.set(file.name, file)
  }
}
let passed = 0
let failed = 0
for (const { status, assertionResults } of files.values()) {
  const good = assertionResults.filter((test) => test.status === 'passed').length
  const bad = assertionResults.length - good
  passed += good
  failed += bad === 0 && status !== 'passed' ? 1 : bad
}
process.stdout.write(`${passed} ${failed}\n`)
