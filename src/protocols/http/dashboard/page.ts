/**
 * The dashboard as one page: markup, styles and scripts of the folder page/, put together once per
 * worker. Nothing else is loaded by it, and the Content-Security-Policy lets nothing else run: the
 * script and the style are named by their hashes, and markup cannot be made of text
 * (`require-trusted-types-for`), whatever keys and values say.
 *
 * The scripts are modules on disk, so that editors and tests understand them. In the page they are
 * one script: import lines are left out, `export` too. So no two of them may have the same name at
 * their top.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface Page {
  readonly bytes: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** In the order in which they need each other. */
const SCRIPTS = ['format', 'model', 'dom', 'chart', 'cards', 'details', 'keys', 'main'] as const

let made: Page | undefined

export function page(): Page {
  made ??= make()
  return made
}

function make(): Page {
  const style = read('style.css')
  const script = SCRIPTS.map((name) => inlined(read(`${name}.js`))).join('\n')
  const whole = `'use strict';\n{\n${script}}\n`
  const html = read('index.html')
    .replace('/* style */', () => style)
    .replace('/* script */', () => whole)
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(whole)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ]
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy.join('; '),
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-cache',
  }
  return { bytes: Buffer.from(html), headers }
}

function read(name: string): string {
  return readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8')
}

function inlined(script: string): string {
  return script.replace(/^import [^;'"]*from '[^']+'\n/gm, '').replace(/^export /gm, '')
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
