// Filling the drawings of reports/drawing.py, as reports/material.py does, and handing them to Plotly.

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

let library = null;

function plotly() {
  library ??= inflate(document.getElementById("plotly").textContent.trim()).then((bytes) => {
    const script = document.createElement("script");
    script.textContent = new TextDecoder().decode(bytes);
    document.head.append(script);
    return window.Plotly;
  });
  return library;
}

function draw(node, drawing, values) {
  const colours = index.palettes[theme()];
  const figure = fill(drawing, { ...values, ...colours });
  if (printing) figure.layout.width = Number(node.dataset.printWidth ?? 1010);
  const config = { displayModeBar: false, responsive: !printing, staticPlot: printing, doubleClick: false, scrollZoom: false };
  node.redraw = () => draw(node, drawing, values);
  node.classList.add("figure");
  return window.Plotly.react(node, figure.data, figure.layout, config);
}

function redrawAll() {
  if (window.Plotly) document.querySelectorAll(".figure").forEach((node) => node.redraw());
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
    `<b>${plain(window.label)}</b>: ${verdict ?? "no data"}`,
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

function heatmapValues(segment, rows) {
  const told = rows.map((row) => place(segment, segment.windows.map((window, at) =>
    `${plain(shorten(segment.columns[row].name, 60))}<br>${plain(window.label)}: ${cellWords(segment.heat(row, at))}`), ""));
  const labels = rows.map((row) => shorten(segment.columns[row].name, document.body.clientWidth < 600 ? 14 : 28));
  return {
    ...segment.time,
    $left: 14 + 6.7 * Math.max(...labels.map((label) => label.length), 4),
    $z: rows.map((row) => place(segment, finite(segment.windows.map((_, at) => segment.heat(row, at))))),
    $told: told,
    $places: rows.map((_, i) => i),
    $labels: labels.map(plain),
    $rows: [rows.length - 0.5, -0.5],
    $height: Math.max(rows.length, 1) * index.cell + 26,
    $top: 4,
    $gap: 1,
    $scale: false,
  };
}

function shorten(text, width) {
  if (text.length <= width) return text;
  const left = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - left)}…${text.slice(text.length - left)}`;
}
