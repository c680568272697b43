/** Numbers and tables as text of a given width. */

/** 1,234 below a million, then 1.23 M. */
export function amount(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`
  return (value < 10 && !Number.isInteger(value) ? value : Math.round(value)).toLocaleString(
    'en-US',
    { maximumFractionDigits: 1 },
  )
}

export function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}

export function bytes(value: number): string {
  if (value >= 2 ** 30) return `${(value / 2 ** 30).toFixed(2)} GiB`
  if (value >= 2 ** 20) return `${(value / 2 ** 20).toFixed(1)} MiB`
  return value >= 1024 ? `${(value / 1024).toFixed(1)} KiB` : `${Math.round(value)} B`
}

export function micros(seconds: number | undefined): string {
  if (seconds === undefined) return '-'
  const value = seconds * 1e6
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1)
}

export function duration(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor(seconds / 3600) % 24
  const minutes = Math.floor(seconds / 60) % 60
  if (days > 0) return `${days} d ${hours} h`
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min ${Math.floor(seconds) % 60} s` : `${Math.floor(seconds)} s`
}

export function bar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`
}

/**
 * What a server sent, fit for a terminal: no control character, nothing that moves the cursor or
 * turns the direction of writing.
 */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?')
}

/** A line of at most so many columns. */
export function cut(line: string, width: number): string {
  const characters = [...line]
  if (characters.length <= width) return line
  return width < 1 ? '' : `${characters.slice(0, width - 1).join('')}>`
}

/**
 * Rows under their columns: the first `left` columns to the left, the others to the right. Columns
 * that find no room in the width are left out, the last ones first.
 */
export function columnsOf(
  rows: readonly (readonly string[])[],
  left: number,
  width: number,
): string[] {
  const safe = rows.map((row) => row.map(harmless))
  const count = Math.max(0, ...safe.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...safe.map((row) => [...(row[column] ?? '')].length)),
  )
  let shown = count
  const total = () => widths.slice(0, shown).reduce((sum, each) => sum + each + 2, -2)
  while (shown > 1 && total() > width) shown--
  return safe.map((row) => {
    const cells = row.slice(0, shown).map((cell, column) => {
      const blanks = ' '.repeat(widths[column]! - [...cell].length)
      return column < left ? cell + blanks : blanks + cell
    })
    return cut(cells.join('  ').trimEnd(), width)
  })
}

/** Words of a line, with as much between them as fits; what does not fit goes to the next. */
export function wrapped(parts: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const part of parts) {
    const line = lines.at(-1)
    const joined = line === undefined ? part : `${line}   ${part}`
    if (line !== undefined && [...joined].length <= width) lines[lines.length - 1] = joined
    else lines.push(part)
  }
  return lines.map((line) => cut(line, width))
}
