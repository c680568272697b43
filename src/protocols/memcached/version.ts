/**
 * What `version` answers. Clients compare it with the versions of memcached to know what a server
 * can (libmemcached's memccapable expects other errors of what is older than 1.6), so it begins
 * with the version whose protocol is spoken, and names this server behind it.
 */
const SPOKEN_VERSION = '1.6.45'

/** @param own the version of this package */
export function versionOf(own: string): string {
  return `${SPOKEN_VERSION}-heddle-${own}`
}
