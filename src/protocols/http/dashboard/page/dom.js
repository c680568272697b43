/** Making and changing elements. Text is only ever set as text: nothing here parses markup. */

const SVG = 'http://www.w3.org/2000/svg'

export function byId(id) {
  return document.getElementById(id)
}

/** An element with attributes and children, which are elements or text. */
export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children)
}

export function makeSvg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children)
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/**
 * Brings a table's body in line with rows of cells. Rows and cells are kept and changed, so that
 * what is selected or has the focus stays. A cell is a text, or { text, bar, kind, title, press }.
 */
export function fillRows(body, rows, emptyText) {
  const columns = body.parentElement.tHead.rows[0].cells.length
  if (rows.length === 0) {
    const cell = make('td', { colspan: columns, class: 'empty' }, emptyText)
    if (body.textContent !== emptyText) body.replaceChildren(make('tr', {}, cell))
    return
  }
  if (body.querySelector('.empty') !== null) body.replaceChildren()
  while (body.rows.length > rows.length) body.lastElementChild.remove()
  rows.forEach((cells, at) => {
    const row = body.rows[at] ?? body.appendChild(make('tr'))
    cells.forEach((cell, column) => {
      fillCell(row.cells[column] ?? row.appendChild(make('td')), cell)
    })
  })
}

function fillCell(element, cell) {
  const { text, bar, kind, title, press } = typeof cell === 'string' ? { text: cell } : cell
  const name = kind ?? ''
  if (element.className !== name) element.className = name
  if (title !== undefined && element.title !== title) element.title = title
  if (bar !== undefined) {
    const found = element.querySelector('.bar') ?? element.appendChild(newBar())
    found.firstChild.style.width = `${Math.min(100, Math.max(0, bar * 100)).toFixed(1)}%`
    setText(found.nextSibling ?? element.appendChild(make('span')), text)
  } else if (press !== undefined) {
    const button = element.querySelector('button') ?? newButton(element)
    setText(button, text)
    button.onclick = press
  } else setText(element, text)
}

function newBar() {
  return make('span', { class: 'bar', 'aria-hidden': 'true' }, make('span'))
}

function newButton(element) {
  const button = make('button', { type: 'button', class: 'link' })
  element.replaceChildren(button)
  return button
}
