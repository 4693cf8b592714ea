// The board: a row for each check with its bar of days; on a narrow screen each row is a card.
// Everything that is shown is set as text, never as markup. Runs again whenever the data changes.

const SPARK = { width: 72, height: 22 }
const TIP_MARGIN = 4

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".board")
  if (!root || !data) return
  const drawn = JSON.stringify(data)
  if (root.drawn !== drawn) {
    const focused = root.getRootNode().activeElement?.dataset?.id
    root.drawn = drawn
    root.replaceChildren(...draw(data))
    if (focused) root.querySelector(`a[data-id="${CSS.escape(focused)}"]`)?.focus()
  }
  root.onclick = (event) => {
    const link = event.target.closest("a[data-id]")
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault() // within the session; with a modifier it opens a tab of its own
    setTriggerValue("open", link.dataset.id)
  }
  root.onpointerover = root.onpointerdown = (event) => tell(root, event.target.closest(".day"))
  root.onpointerleave = () => tell(root, null)
}

function draw(data) {
  const table = make("div", "rows", { role: "table", "aria-label": data.label })
  if (data.figures) table.append(heading(data))
  table.append(...data.rows.map((row) => line(row, data)))
  return [table, make("div", "tip", { role: "status" })]
}

function heading(data) {
  const head = make("div", "row head", { role: "row" })
  const cell = (text, name) => make("div", name, { role: "columnheader" }, text)
  head.append(cell("Status", "state"), cell("Check", "what"), cell(data.period, "days"))
  head.append(...data.figures.map((text) => cell(text, "figure")), cell("Last", "last"))
  return head
}

function line(row, data) {
  const bar = make("div", "days", { role: "cell" })
  bar.append(days(row, data))
  if (!data.figures) {
    const only = make("div", "row only", { role: "row" })
    only.append(bar)
    return only
  }
  const element = make("div", "row", { role: "row" })
  const state = make("div", "state", { role: "cell" })
  const badge = make("span", `badge ${row.mark}`)
  badge.append(make("span", "shape", { "aria-hidden": "true" }, row.shape), row.word)
  state.append(badge, make("span", "small", {}, row.since))
  const what = make("div", "what", { role: "cell" })
  const link = make("a", "name", { href: row.href, "data-id": row.id }, row.name)
  what.append(link, make("span", "small note", { title: row.note }, row.note))
  element.append(state, what, bar, ...row.figures.map((told, at) => figure(told, data.figures[at])))
  const last = make("div", "last", { role: "cell", "data-label": "Last" })
  last.append(make("span", "", {}, row.last), spark(row.spark))
  element.append(last)
  return element
}

function figure([text, note], label) {
  const cell = make("div", "figure", { role: "cell", "data-label": label })
  cell.append(make("span", "", {}, text), make("span", "small", {}, note))
  return cell
}

function days(row, data) {
  const kinds = [...row.days]
  const counted = data.legend
    .map(([kind, words]) => [kinds.filter((one) => one === kind).length, words])
    .filter(([count]) => count)
    .map(([count, words]) => `${count} ${words}`)
  const bar = make("div", "bar", { role: "img", "aria-label": `Days: ${counted.join(", ")}` })
  kinds.forEach((kind, at) => {
    const day = make("span", `day ${kind}`)
    day.told = `${data.days[at]}: ${row.told[at] ?? "100 % up"}`
    bar.append(day)
  })
  return bar
}

function spark(values) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("viewBox", `0 0 ${SPARK.width} ${SPARK.height}`)
  svg.setAttribute("aria-hidden", "true")
  if (values.length > 1) {
    const top = Math.max(...values, 1)
    const points = values.map((value, at) => {
      const x = (at / (values.length - 1)) * (SPARK.width - 2) + 1
      return `${x.toFixed(1)},${(SPARK.height - 1 - (value / top) * (SPARK.height - 3)).toFixed(1)}`
    })
    const path = document.createElementNS("http://www.w3.org/2000/svg", "polyline")
    path.setAttribute("points", points.join(" "))
    svg.append(path)
  }
  return svg
}

function tell(root, day) {
  const tip = root.querySelector(".tip")
  if (!tip) return
  tip.textContent = day ? day.told : ""
  tip.classList.toggle("shown", Boolean(day))
  if (!day) return
  const at = day.getBoundingClientRect()
  const within = root.getBoundingClientRect()
  const left = at.left + at.width / 2 - within.left - tip.offsetWidth / 2
  tip.style.left = `${Math.max(0, Math.min(left, within.width - tip.offsetWidth))}px`
  tip.style.top = `${at.bottom - within.top + TIP_MARGIN}px`
}

function make(tag, name, attributes = {}, text = "") {
  const element = document.createElement(tag)
  if (name) element.className = name
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  if (text) element.textContent = text
  return element
}
