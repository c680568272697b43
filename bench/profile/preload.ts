/**
 * Loaded into every thread of a server before its own code (`NODE_OPTIONS=--import=...`), so that
 * V8's profiler can look at threads that the server started itself: it samples while the file
 * `now` lies in the folder named by BENCH_PROFILE_FOLDER, and then writes what it found. A file
 * `ID.here` says that a thread is there, `ID.started` that it samples and has not written yet.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'

const POLL_MS = 50
const SAMPLE_US = 500
const folder = process.env['BENCH_PROFILE_FOLDER']

if (folder !== undefined) {
  const isAsked = () => existsSync(join(folder, 'now'))
  const started = join(folder, `${threadId}.started`)
  let session: Session | undefined
  const here = join(folder, `${threadId}.here`)
  writeFileSync(here, '')
  process.once('exit', () => rmSync(here, { force: true }))
  setInterval(async () => {
    if (session === undefined && isAsked()) {
      session = new Session()
      session.connect()
      await session.post('Profiler.enable')
      await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US })
      await session.post('Profiler.start')
      writeFileSync(started, '')
    } else if (session !== undefined && !isAsked()) {
      const stopping = session
      session = undefined
      const { profile } = await stopping.post('Profiler.stop')
      stopping.disconnect()
      writeFileSync(join(folder, `${threadId}.cpuprofile`), JSON.stringify(profile))
      rmSync(started)
    }
  }, POLL_MS).unref()
}
