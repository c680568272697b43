/** The npm client `memcached` brings no types; the tests call it by method name. */
declare module 'memcached' {
  export default class Memcached {
    constructor(server: string, options?: Record<string, unknown>)
    end(): void
  }
}
