/** Runs a script of the harness as a process of its own and parses the JSON that it prints. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MOST_OUTPUT = 64 * 2 ** 20

export function runChild<T>(script: URL, order: unknown, flags: readonly string[] = []) {
  const args = [...flags, fileURLToPath(script), JSON.stringify(order)]
  return new Promise<T>((resolve, reject) => {
    execFile(process.execPath, args, { maxBuffer: MOST_OUTPUT }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as T)
      else reject(new Error(`${fileURLToPath(script)} failed: ${error.message}\n${stderr}`))
    })
  })
}
