/** Numbers as people read them: three digits, and a unit that is always named. */

const NONE = '–'

/** 999, 1.23 k, 45.6 M. */
export function count(value) {
  if (value === undefined || value === null || !Number.isFinite(value)) return NONE
  return scaled(value, 1000, ['', ' k', ' M', ' G', ' T'])
}

/** 512 B, 1.50 KiB, 64.0 MiB. */
export function bytes(value) {
  if (value === undefined || value === null || !Number.isFinite(value)) return NONE
  return scaled(value, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB'])
}

/** Counts per second. Small ones have a digit behind the point: 0.5 is not 0. */
export function rate(value) {
  if (value === undefined || !Number.isFinite(value)) return NONE
  if (value > 0 && value < 10) return value.toFixed(1)
  return count(Math.round(value))
}

/** Seconds as 12.3 µs, 1.50 ms, 2.00 s. */
export function duration(seconds) {
  if (seconds === undefined || seconds === null || !Number.isFinite(seconds)) return NONE
  if (seconds === 0) return '0 µs'
  if (seconds < 0.9995e-3) return `${digits(seconds * 1e6)} µs`
  if (seconds < 0.9995) return `${digits(seconds * 1e3)} ms`
  return `${digits(seconds)} s`
}

/** How long something lasts: 45 s, 3 min, 2 h 5 min, 4 d 3 h. */
export function span(seconds) {
  if (seconds === undefined || seconds === null || !Number.isFinite(seconds)) return NONE
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`
  const days = Math.floor(hours / 24)
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`
}

/** A share of 1 as 97.3 %; what is not all is never shown as 100 %. */
export function percent(share) {
  if (share === undefined || !Number.isFinite(share)) return NONE
  if (share >= 1) return '100 %'
  return `${Math.min(99.9, share * 100).toFixed(1)} %`
}

/** A byte string of a path, `a%00b`, as text; what is no UTF-8, or has control characters, as hex. */
export function keyText(encoded) {
  try {
    const text = decodeURIComponent(encoded)
    if (text !== '' && isPrintable(text)) return { text, isHex: false }
  } catch {
    // no UTF-8
  }
  const all = encodedBytes(encoded)
  return { text: all.length === 0 ? '(empty key)' : `0x${hex(all)}`, isHex: true }
}

/** Whether it can be shown as text: no control character but line breaks and tabs, none that reorders. */
export function isPrintable(text, allowsLines = false) {
  for (const sign of text) {
    const code = sign.codePointAt(0)
    const isLine = code === 9 || code === 10 || code === 13
    if ((code < 32 || code === 127) && !(allowsLines && isLine)) return false
    if (code >= 0x80 && code < 0xa0) return false
    if (code === 0xfffd || (code >= 0x200b && code <= 0x200f)) return false
    if ((code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)) return false
  }
  return true
}

export function hex(all) {
  return Array.from(all, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Sixteen bytes a line: where, as hex, as ASCII. */
export function hexDump(all) {
  const lines = []
  for (let at = 0; at < all.length; at += 16) {
    const part = all.subarray(at, at + 16)
    const pairs = Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const signs = Array.from(part, (byte) =>
      byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.',
    )
    lines.push(`${at.toString(16).padStart(4, '0')}  ${pairs.padEnd(47)}  ${signs.join('')}`)
  }
  return lines.join('\n')
}

function encodedBytes(encoded) {
  const found = []
  for (let at = 0; at < encoded.length; at++) {
    const isEncoded = encoded[at] === '%'
    const code = isEncoded ? parseInt(encoded.slice(at + 1, at + 3), 16) : encoded.charCodeAt(at)
    found.push(code)
    if (isEncoded) at += 2
  }
  return found
}

function scaled(value, base, units) {
  let [left, unit] = [value, 0]
  while (Math.abs(left) >= base * 0.9995 && unit < units.length - 1) {
    left /= base
    unit++
  }
  const text = unit === 0 ? String(Math.round(left)) : digits(left)
  return text + units[unit]
}

/** Three digits that matter. */
function digits(value) {
  if (value >= 99.95) return value.toFixed(0)
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2)
}
