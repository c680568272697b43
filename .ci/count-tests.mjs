/**
 * Prints "PASSED FAILED" from vitest's JSON report, for .ci/run. A file that could not be loaded,
 * and an exit code that no failed test explains, count as a failure; so does a skipped test, since
 * this repository has none. Plain JavaScript: it runs on whatever Node started .ci/run.
 */
import { readFileSync } from 'node:fs'

const [reportFile, exitCode] = process.argv.slice(2)
const report = JSON.parse(readFileSync(reportFile, 'utf8'))
const brokenFiles = report.testResults.filter(
  (file) =>
    file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
).length
let failed = report.numFailedTests + report.numPendingTests + report.numTodoTests + brokenFiles
if (failed === 0 && exitCode !== '0') failed = 1
process.stdout.write(`${report.numPassedTests} ${failed}\n`)
