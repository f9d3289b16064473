// Filling the drawings of reports/drawing.py, as reports/material.py does, and handing them to Plotly.

// The plotting library knows a little HTML: names are written so that it shows them as they are, and read back for the page.
const spelled = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

function fill(part, given) {
  if (typeof part === "string") {
    if (part[0] !== "$" && part[0] !== "@") return part;
    if (!(part in given)) throw new Error(`nothing to put in ${part}`);
    return given[part];
  }
  if (Array.isArray(part)) return part.map((item) => fill(item, given));
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, fill(value, given)]));
}

// The plotting library stands in the file as inert text, or lies at an address. It starts when the first figure comes near the view.
let library = null;

function plotly() {
  library ??= index.plotly ? fetched(index.plotly) : inflate(document.getElementById("plotly").textContent.trim()).then((bytes) => {
    const script = document.createElement("script");
    script.textContent = new TextDecoder().decode(bytes);
    document.head.append(script);
    return window.Plotly;
  });
  return library;
}

// Where a page shows a part of the time, what its figures of time show: from the slot `first` on, `width` slots; and marks of events.
let span = null;

function ofTime({ layout }) {
  layout.xaxis = { ...layout.xaxis, range: [span.first - 0.6, span.first + span.width - 0.4], tickvals: span.ticks, ticktext: span.labels };
  const line = (colour) => ({ color: index.palettes[theme()][colour], width: 1, dash: "dot" });
  const marks = span.marks.map(({ slot, colour }) => ({ type: "line", layer: "below", yref: "paper", y0: 0, y1: 1, x0: slot, x1: slot, opacity: 0.55, line: line(colour) }));
  layout.shapes = [...(layout.shapes ?? []), ...marks];
}

// Figures are drawn one at a time, when they come near the view and the browser has nothing else to do.
const waiting = new Set(), queue = [];
const idle = window.requestIdleCallback ? (work) => requestIdleCallback(work, { timeout: 500 }) : setTimeout;
let drawing = false, begun = false;

const nearby = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting || !waiting.has(target)) continue;
    nearby.unobserve(target);
    queue.push(target);
  }
  drawNext();
}, { rootMargin: "200px" });

// Words first: the library takes longer to start than the whole rest of the page.
function beginDrawing() {
  begun = true;
  return drawNext();
}

async function drawNext() {
  if (!begun || drawing || !queue.length) return;
  drawing = true;
  await plotly();
  await new Promise((resolve) => setTimeout(resolve));
  while (queue.length) {
    drawNow(queue.shift());
    await new Promise((resolve) => idle(resolve));
  }
  drawing = false;
}

function drawNow(node) {
  if (!waiting.delete(node) || !node.isConnected) return;
  nearby.unobserve(node);
  node.redraw();
  node.style.minHeight = "";
  node.dataset.drawn = "";
}

// What is printed must be drawn: a browser does not wait.
function drawAll() {
  if (window.Plotly) [...waiting].forEach((node) => { if (node.isConnected) drawNow(node); });
}

// A figure that is on the page already changes at once; a new one waits for its turn, its place kept.
function draw(node, drawn, values) {
  node.redraw = () => {
    const figure = fill(drawn, { ...values, ...index.palettes[theme()] });
    if (span && "time" in node.dataset) ofTime(figure);
    if (printing) {
      figure.layout.width = Number(node.dataset.printWidth ?? 1010);
      thinned(figure.layout.xaxis, figure.layout.width);
    } else fit(figure, node);
    const config = { displayModeBar: false, responsive: !printing, staticPlot: printing, doubleClick: false, scrollZoom: false };
    return window.Plotly.react(node, figure.data, figure.layout, config);
  };
  node.classList.add("figure");
  if ("drawn" in node.dataset || (printing && window.Plotly)) {
    waiting.add(node);
    drawNow(node);
    return;
  }
  if (!node.style.minHeight) node.style.minHeight = `${values.$height ?? drawn.layout.height}px`;
  if (waiting.has(node)) return;
  waiting.add(node);
  nearby.observe(node);
}

const ROOMY = 560, LETTER = 6.7;

// Labels of the axis are left out before they touch.
function thinned(axis, width) {
  const { tickvals, ticktext } = axis;
  if (!(tickvals?.length > 1)) return;
  const every = Math.ceil((tickvals.length * (LETTER * Math.max(...ticktext.map((text) => text.length)) + 12)) / Math.max(width - 60, 1));
  Object.assign(axis, { tickvals: tickvals.filter((_, i) => i % every === 0), ticktext: ticktext.filter((_, i) => i % every === 0) });
}

// In a narrow place a long legend stands above the figure, as text.
function fit({ data, layout }, node) {
  const width = node.clientWidth;
  thinned(layout.xaxis, width);
  const named = data.filter((trace) => trace.name && (trace.showlegend ?? true) && trace.x?.length !== 0), apart = width < ROOMY && named.length > 2;
  node.previousElementSibling?.classList.contains("keys") && node.previousElementSibling.remove();
  if (!apart) return;
  layout.showlegend = false;
  layout.margin = { ...layout.margin, t: 10 };
  node.before(el("ul", { class: "legend keys", "aria-hidden": "true" }, ...named.map(keyOf)));
}

function keyOf({ name, mode = "", line, marker, fillcolor }) {
  const sign = { "diamond": "◆", "circle-open": "○", "x-thin": "×" }[marker?.symbol], swatch = el("i", { class: "swatch" });
  if (marker?.pattern) swatch.className = "swatch open";
  else if (sign) Object.assign(swatch, { className: "sign", textContent: sign }).style.color = marker.color;
  else if (fillcolor || !mode) swatch.style.background = fillcolor ?? marker.color;
  else Object.assign(swatch.style, { height: 0, borderRadius: 0, borderTop: `2px ${{ dot: "dotted", dash: "dashed" }[line?.dash] ?? "solid"} ${line?.color ?? marker?.color}` });
  return el("li", {}, swatch, spelled(name));
}

function redrawAll() {
  document.querySelectorAll(".figure[data-drawn]").forEach((node) => node.redraw());
  repaintMaps();
}

const finite = (values) => Array.from(values, (value) => (Number.isFinite(value) ? value : null));

function place(segment, values, nothing = null) {
  const placed = Array(segment.slots.length ? segment.slots.at(-1) + 1 : 0).fill(nothing);
  segment.slots.forEach((slot, at) => { placed[slot] = values[at]; });
  return placed;
}

function distributionValues(book, window, label) {
  const body = book.body[1 + window], bars = book.bars[1 + window];
  return {
    ...book.frame,
    $reference: finite(book.body[0]),
    $current: body.length ? [0, ...finite(body), 0] : [],
    $bars_reference: finite(book.bars[0]),
    $bars_current: finite(bars),
    $current_name: plain(label),
  };
}

function overTimeValues(segment, row, book, statistic, window) {
  const table = book.scores[statistic], [title, unit] = index.words[statistic];
  const effect = table.effect.map((value, at) => (Number.isNaN(value) ? table.value[at] : value));
  const isSigned = effect.some((value) => value < 0);
  const verdicts = segment.verdictsOf(row);
  const only = (verdict) => effect.map((value, at) => (verdicts[at] === verdict ? value : NaN));
  const at = segment.slots[window];
  const series = {
    $effect: effect,
    $up: table.high.map((value, i) => value - effect[i]),
    $down: table.low.map((value, i) => effect[i] - value),
    $floor: table.floor,
    $minus_floor: table.floor.map((value) => (isSigned ? -value : value * 0)),
    $threshold: table.threshold,
    $drifted: only("drifted"),
    $inconclusive: only("inconclusive"),
  };
  const placed = Object.entries(series).map(([blank, values]) => [blank, place(segment, finite(values))]);
  return {
    ...segment.time,
    ...Object.fromEntries(placed),
    $told: place(segment, segment.windows.map((shown, i) => told(shown, verdicts[i], table, i, unit)), ""),
    $title: title + ({ sd: ", in sd", log: ", natural logarithm" }[unit] ?? ""),
    $format: unit === "share" ? "+,.3~p" : ".3~g",
    $effect_range: effectRange(effect.filter((_, i) => verdicts[i] !== "inconclusive"), effect, table),
    $from: at - 0.5,
    $to: at + 0.5,
    $marked: true,
  };
}

function told(window, verdict, table, at, unit) {
  const bounds = interval(unit, table.low[at], table.high[at]);
  return [
    `<b>${plain(window.label)}</b>${window.unfinished ? " (unfinished)" : ""}: ${verdict ?? "no data"}`,
    `effect ${amount(unit, table.effect[at])}${bounds && ` (${bounds})`}`,
    `raw ${raw(unit, table.value[at])}, threshold ${unsigned(raw(unit, table.threshold[at]))}, p ${probability(table.p_value[at])}`,
  ].join("<br>");
}

// One window of few rows does not squeeze all others.
function effectRange(telling, effect, table) {
  const known = (lists) => lists.flatMap((list) => Array.from(list)).filter(Number.isFinite);
  const core = known([telling.some(Number.isFinite) ? telling : effect, table.floor, [0]]), reach = known([table.low, table.high, table.threshold]);
  let low = Math.min(...core), high = Math.max(...core);
  if (reach.length) {
    const room = 0.6 * (high - low) || Math.max(...reach.map(Math.abs)) || 1;
    [low, high] = [Math.max(Math.min(low, ...reach), low - room), Math.min(Math.max(high, ...reach), high + room)];
  }
  const room = 0.06 * (high - low) || 1;
  return [low - room, high + room];
}

function cellWords(z) {
  if (Number.isNaN(z)) return "no data";
  if (z < 1) return "stable";
  if (z < 2) return "inconclusive";
  const times = Math.round(2 ** ((z - 2) * 6));
  return z >= 3 ? `drifted, ${times} × what matters or more` : `drifted, about ${times} × what matters`;
}

// What the heat map shows of these columns.
function mapOf(segment, rows) {
  const places = new Map(segment.slots.map((slot, at) => [slot, at])), first = span?.first ?? 0;
  const at = (slot) => places.get(slot + first) ?? -1;
  const ticks = span ? span.ticks.map((slot, k) => [slot - first, spelled(span.labels[k])]) : segment.time.$ticks.map((slot) => [slot, segment.windows[at(slot)].label]);
  return {
    labels: rows.map((row) => shorten(segment.columns[row].name, 60)),
    width: span?.width ?? (segment.slots.length ? segment.slots.at(-1) + 1 : 1),
    ticks,
    at,
    open: segment.windows.flatMap(({ unfinished }, at) => (unfinished ? [segment.slots[at] - first] : [])),
    z: (row, slot) => (at(slot) < 0 ? NaN : segment.heat(rows[row], at(slot))),
    told: (row, slot) => (at(slot) < 0 ? null
      : [segment.columns[rows[row]].name, `${segment.windows[at(slot)].label}${segment.windows[at(slot)].unfinished ? " (unfinished)" : ""}: ${cellWords(segment.heat(rows[row], at(slot)))}`]),
  };
}

function shorten(text, width) {
  if (text.length <= width) return text;
  const left = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - left)}…${text.slice(text.length - left)}`;
}
