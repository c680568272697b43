/**
 * Turns `new URL('….ts', import.meta.url)` of emitted JavaScript into `new URL('….js', …)`. Both
 * extensions have the same length, so that positions in the file stay what they were. Apart from
 * the build because a test uses it.
 */
const WORKER_URL = /(new URL\(\s*)(['"])([^'"]+)\.ts\2(\s*,\s*import\.meta\.url\s*,?\s*\))/g

/** The code as it shall be in dist/, and the relative URLs that were rewritten. */
export function rewriteWorkerUrls(source: string): { code: string; targets: string[] } {
  const targets: string[] = []
  const code = source.replace(WORKER_URL, (_all, open, quote, path, close) => {
    targets.push(`${path}.js`)
    return `${open}${quote}${path}.js${quote}${close}`
  })
  return { code, targets }
}
