/**
 * How threads find an engine: by its handle, or by its name in the environment data that a worker
 * inherits from the thread that starts it (and so do its own workers).
 *
 * Within a thread the sessions are kept by engine, so that attaching twice is one row, not two.
 */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'
import type { EngineHandle, Session } from './session.ts'

const KEY = 'heddle:'

/** Engines that this thread made known itself: what it inherited it can attach to again. */
const published = new Set<string>()

/** Makes a handle known to this thread and to all that it starts from now on. */
export function publishHandle(handle: EngineHandle): void {
  if (findHandle(handle.facts.name)?.facts.id === handle.facts.id) return
  published.add(handle.facts.id)
  setEnvironmentData(KEY + handle.facts.name, handle as never)
}

/** The handle that this thread inherited or published under a name. */
export function findHandle(name: string): EngineHandle | undefined {
  const found: unknown = getEnvironmentData(KEY + name)
  return found === undefined || found === null ? undefined : (found as EngineHandle)
}

/** Forgets a handle, if this thread published it and it is the one of this engine. */
export function withdrawHandle(handle: EngineHandle): void {
  if (!published.delete(handle.facts.id)) return
  if (findHandle(handle.facts.name)?.facts.id === handle.facts.id) {
    setEnvironmentData(KEY + handle.facts.name, undefined as never)
  }
}

/** An open session of this thread and how many engine objects share it. */
interface Shared {
  readonly session: Session
  users: number
}
const sessions = new Map<string, Shared>()

/** The session that this thread has in an engine already. */
export function sessionHere(id: string): Session | undefined {
  return sessions.get(id)?.session
}

/** The session of this thread in an engine, opened when there is none. */
export function joinSession(id: string, open: () => Session): Session {
  const there = sessions.get(id)
  if (there !== undefined) {
    there.users++
    return there.session
  }
  const session = open()
  sessions.set(id, { session, users: 1 })
  return session
}

/** One user less; true when the session is to be closed. */
export function quitSession(id: string): boolean {
  const there = sessions.get(id)
  if (there === undefined || --there.users > 0) return false
  sessions.delete(id)
  return true
}
