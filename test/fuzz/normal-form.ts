/**
 * Replies of memcached and of this server in the form in which they are compared. What may differ,
 * and why; everything else is compared byte by byte:
 *
 * - CAS numbers: each by the order in which the server told of them, per key.
 * - Seconds that remain: to the nearest hundred, since memcached's clock ticks once a second.
 * - The spaces behind a counter, and its length: memcached fills up in place only while no reply
 *   that is still to be written holds the item, which depends on the pipeline.
 * - `h`, `l` and what `me` says of accesses and sizes: kept by key here, a minute coarse, and for
 *   other chunks.
 */
export class NormalForm {
  readonly #seen = new Map<string, Map<string, number>>()

  of(reply: string): string {
    return reply
      .replace(/^VALUE (n\d \d+) \d+([^\r]*)\r\n(.*?) *\r$/gm, 'VALUE $1 L$2\r\n$3\r')
      .replace(/^VALUE (\S+) (\d+) (\S+) (\d+)\r$/gm, (_, key: string, ...rest: string[]) => {
        return `VALUE ${key} ${rest[0]} ${rest[1]} ${this.#order(key, rest[2]!)}\r`
      })
      .replace(/^ME (\S+) exp=(-?\d+) .*\r$/gm, (_, key: string, seconds: string) => {
        return `ME ${key} exp=${hundreds(seconds)}\r`
      })
      .replace(/^(?:HD|VA|EN|EX|NF|NS)( [^\r]*)\r$/gm, (line: string) => this.#metaLine(line))
  }

  #metaLine(line: string): string {
    const key = / k(\S+)/.exec(line)?.[1] ?? ''
    return line
      .replace(/ c(\d+)/, (_, cas: string) => ` c${cas === '0' ? '0' : this.#order(key, cas)}`)
      .replace(/ t(\d+)/, (_, seconds: string) => ` t${hundreds(seconds)}`)
      .replace(/ h[01]\b/, ' h')
      .replace(/ l\d+/, ' l')
  }

  /** The how-manieth CAS of this key it is. */
  #order(key: string, cas: string): string {
    const known = this.#seen.get(key) ?? new Map<string, number>()
    this.#seen.set(key, known)
    if (!known.has(cas)) known.set(cas, known.size + 1)
    return `#${known.get(cas)}`
  }
}

function hundreds(seconds: string): string {
  return String(Math.round(Number(seconds) / 100) * 100)
}
