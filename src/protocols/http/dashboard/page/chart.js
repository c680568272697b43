/** Line charts, drawn as SVG by hand: some series over the same seconds, with a grid and a legend. */
import { make, makeSvg, setText } from './dom.js'
import { HISTORY } from './model.js'

/** Seconds that the time axis may show: the least that holds all points. */
const SPANS = [60, 120, HISTORY]
const HEIGHT = 170
const COLUMNS_HEIGHT = 120
const LEFT = 64
const BOTTOM = 20
const TOP = 8

/** @param options series: [{ name, of(point), kind }]; format; most: a fixed top; base: 1024 for bytes */
export class Chart {
  #box
  #options
  #svg
  #legend

  constructor(box, options) {
    this.#box = box
    this.#options = options
    this.#svg = makeSvg('svg', { role: 'img', height: HEIGHT, width: '100%' })
    this.#legend = make('ul', { class: 'legend' })
    box.replaceChildren(this.#svg, this.#legend)
  }

  draw(points) {
    const { series, format, most, label, base } = this.#options
    const seconds = SPANS.find((each) => each >= points.length) ?? HISTORY
    const width = Math.max(240, this.#box.clientWidth)
    const shown = series.filter(({ isAlways, of }) => isAlways || points.some((p) => of(p) > 0))
    const highest = Math.max(0, ...points.flatMap((p) => shown.map(({ of }) => of(p) ?? 0)))
    const top = most ?? niceTop(highest, base)
    const x = (at) => LEFT + ((seconds - points.length + at) / (seconds - 1)) * (width - LEFT - 4)
    const y = (value) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM)
    const parts = [...grid(width, top, format, y), ...timeLabels(width, seconds)]
    for (const one of shown) parts.push(...lines(points, one, x, y))
    const isNew = points.length < 2
    if (isNew || !points.some((point) => shown.some(({ of }) => of(point) !== undefined))) {
      const note = { x: width / 2, y: HEIGHT / 2 - 10, class: 'note', 'text-anchor': 'middle' }
      const text = isNew ? 'Collecting the first seconds…' : 'Nothing happened in this time.'
      parts.push(makeSvg('text', note, text))
    }
    this.#svg.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`)
    this.#svg.replaceChildren(...parts)
    const last = points.at(-1)
    const now = shown.map(({ name, of }) => `${name} ${format(last && of(last))}`)
    this.#svg.setAttribute('aria-label', `${label}, last ${seconds} seconds; now ${now.join(', ')}`)
    this.#tell(shown, last)
  }

  #tell(shown, last) {
    const { format } = this.#options
    const items = this.#legend.children
    while (items.length > shown.length) this.#legend.lastChild.remove()
    shown.forEach(({ name, kind, of }, at) => {
      const item = items[at] ?? this.#legend.appendChild(newItem())
      item.firstChild.className = `swatch ${kind}`
      setText(item.children[1], name)
      setText(item.children[2], format(last && of(last)))
    })
  }
}

/** A small line without a scale, for a tile. */
export function sparkline(box, values) {
  const svg = box.firstChild ?? box.appendChild(makeSvg('svg', { 'aria-hidden': 'true' }))
  svg.setAttribute('viewBox', '0 0 100 28')
  svg.setAttribute('preserveAspectRatio', 'none')
  const known = values.slice(-60)
  const top = Math.max(1e-9, ...known.map((value) => value ?? 0))
  const points = known.flatMap((value, at) =>
    value === undefined
      ? []
      : [`${((60 - known.length + at) / 59) * 100},${26 - (value / top) * 24}`],
  )
  const line = { points: points.join(' '), class: 'spark', 'vector-effect': 'non-scaling-stroke' }
  svg.replaceChildren(...(points.length < 2 ? [] : [makeSvg('polyline', line)]))
}

/** A column for each of { whole, part, title }: how much of it is what. */
export function columns(box, shares, format) {
  box.hidden = shares.length === 0
  if (box.hidden) return
  const width = Math.max(240, box.clientWidth)
  const top = niceTop(Math.max(1, ...shares.map(({ whole }) => whole)), 1024)
  const y = (value) => TOP + (1 - value / top) * (COLUMNS_HEIGHT - TOP - 6)
  const step = Math.min(44, (width - LEFT) / Math.max(1, shares.length))
  const parts = grid(width, top, format, y)
  shares.forEach(({ whole, part, title }, at) => {
    const place = { x: LEFT + at * step + 1, width: Math.max(1, step - 2) }
    const bar = (value, kind) =>
      makeSvg('rect', { ...place, y: y(value), height: y(0) - y(value), class: kind })
    const name = makeSvg('title', {}, title)
    parts.push(makeSvg('g', {}, name, bar(whole, 'whole'), bar(part, 'part')))
  })
  const svg = box.firstChild ?? box.appendChild(makeSvg('svg', { 'aria-hidden': 'true' }))
  svg.setAttribute('viewBox', `0 0 ${width} ${COLUMNS_HEIGHT}`)
  svg.setAttribute('width', '100%')
  svg.setAttribute('height', COLUMNS_HEIGHT)
  svg.replaceChildren(...parts)
}

function newItem() {
  return make('li', {}, make('span', { 'aria-hidden': 'true' }), make('span'), make('b'))
}

/** Pieces between gaps. */
function lines(points, { of, kind, isArea }, x, y) {
  const pieces = [[]]
  points.forEach((point, at) => {
    const value = of(point)
    if (value === undefined || point.isGap) pieces.push([])
    else pieces.at(-1).push(`${x(at).toFixed(1)},${y(value).toFixed(1)}`)
  })
  const drawn = []
  for (const piece of pieces.filter(({ length }) => length > 0)) {
    if (isArea && piece.length > 1) {
      const [from] = piece[0].split(',')
      const [to] = piece.at(-1).split(',')
      const base = `${to},${y(0)} ${from},${y(0)}`
      drawn.push(
        makeSvg('polygon', { points: `${piece.join(' ')} ${base}`, class: `area ${kind}` }),
      )
    }
    drawn.push(makeSvg('polyline', { points: piece.join(' '), class: `line ${kind}` }))
  }
  return drawn
}

function grid(width, top, format, y) {
  return [0, 0.5, 1].flatMap((share) => {
    const at = y(top * share)
    const text = { x: LEFT - 8, y: at + 4, 'text-anchor': 'end', class: 'tick' }
    return [
      makeSvg('line', { x1: LEFT, x2: width, y1: at, y2: at, class: 'gridline' }),
      makeSvg('text', text, format(top * share)),
    ]
  })
}

function timeLabels(width, seconds) {
  return [0, 0.5, 1].map((share) => {
    const x = LEFT + share * (width - LEFT - 4)
    const anchor = share === 0 ? 'start' : share === 1 ? 'end' : 'middle'
    const text = share === 1 ? 'now' : `−${ago(seconds * (1 - share))}`
    return makeSvg('text', { x, y: HEIGHT - 4, 'text-anchor': anchor, class: 'tick' }, text)
  })
}

function ago(seconds) {
  return seconds < 60 ? `${seconds} s` : `${seconds / 60} min`
}

/** A round number at or above, that halves well too. @param base of its prefixes: 1000 or 1024 */
function niceTop(value, base = 1000) {
  if (value <= 0) return 10
  const prefix = base ** Math.floor(Math.log(value) / Math.log(base))
  if (value > prefix * 800) return prefix * base
  const power = prefix * 10 ** Math.floor(Math.log10(value / prefix))
  const factor = [1, 2, 4, 6, 8, 10].find((each) => each * power >= value)
  return Math.max(4, factor * power)
}
