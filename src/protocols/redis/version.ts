/** The Redis that this protocol is compatible with, which clients ask for. */
export const REDIS_VERSION = '7.0.15'
