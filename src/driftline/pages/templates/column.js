// The page of one column: one window in detail, its distribution over time, and what is new or missing.

const by = (id) => document.getElementById(id);
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => (printing ? "light" : document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light"));
const ODD = ["null", "not a number", "of the wrong type", "column absent", "unseen", "rare or unseen"];
const ROW = 15, FAINTEST = 0.03;
let printing = false;

// A row of the figure for each bin, below it one for each bar, but what lies above the bins stands above them.
function rowsOf(frame, bars, bins) {
  const above = (k) => bins > 0 && frame.$labels[k].startsWith("above");
  const low = [], high = [];
  for (let k = 0; k < bars; k += 1) (above(k) ? high : low).push({ bar: true, k, name: frame.$labels[k] });
  return [...low, ...Array.from({ length: bins }, (_, k) => ({ bar: false, k, name: frame.$cells[k] })), ...high];
}

// `body` and `bars` hold shares, the reference's first; `names` are those of the others. The deepest colour is the largest share of its kind.
function sharesValues({ frame, body, bars }, names, spread) {
  const bins = body[0].length, rows = rowsOf(frame, bars[0].length, bins), most = (tables) => Math.max(FAINTEST, ...tables.flat().filter(Number.isFinite));
  const deep = { true: most(bars.map((one) => Array.from(one))), false: most(body.map((one) => Array.from(one))) };
  const share = (at, { bar, k }) => (bar ? bars : body)[at][k];
  const cell = (at, row) => { const value = share(at, row); return Number.isFinite(value) ? Math.sqrt(value / deep[row.bar]) : null; };
  const told = (label, at, row) => `${row.name}<br>${label}: ${percent(share(at, row))} of rows`;
  // A number beside the name of a bar would stand on it.
  const far = (at) => marked.every(([own]) => Math.abs(own - at) > 1.5);
  const first = rows.findIndex((row) => !row.bar), marked = rows.flatMap((row, at) => (row.bar ? [[at, row.name]] : []));
  const numbered = frame.$ticks.map((tick, k) => [tick + first, frame.$tick_labels[k]]).filter(([at]) => far(at));
  return {
    $reference: rows.map((row) => [cell(0, row)]),
    $reference_told: rows.map((row) => [told("reference", 0, row)]),
    $z: rows.map((row) => spread(names.map((_, at) => cell(1 + at, row)), null)),
    $told: rows.map((row) => spread(names.map((name, at) => told(plain(name), 1 + at, row)), "")),
    $places: [...marked.map(([at]) => at), ...numbered.map(([at]) => at)],
    $labels: [...marked.map(([, name]) => name), ...numbered.map(([, name]) => name)],
    $rows: [-0.5, rows.length - 0.5],
    $gap: names.length > 120 ? 0 : 1,
    $height: Math.max(rows.length * (bins ? 10 : ROW + 6), 90) + index.edge,
  };
}

const overWindows = (segment, book) => ({ ...segment.time, ...sharesValues(book, segment.windows.map((window) => window.label), (values, nothing) => place(segment, values, nothing)) });
const overParts = ({ names, ...parts }) => ({
  ...sharesValues(parts, names, (values) => values), $unfinished: [], $whole: [], $ticks: [...names.keys()], $tick_labels: names.map((name) => plain(shorten(name, 18))), $range: [-0.5, names.length - 0.5],
});

function missingValues(segment, book) {
  const colours = index.palettes[theme()]["@lines"];
  const lines = book.frame.$labels.flatMap((label, k) => (ODD.includes(label) ? [[label, k]] : [])).map(([label, k], i) => ({
    type: "scatter", mode: "lines+markers", x0: 0, dx: 1, name: label, showlegend: true, line: { color: colours[i], width: 1.6 }, marker: { size: 4, color: colours[i] },
    y: place(segment, finite(segment.windows.map((_, at) => book.bars[1 + at][k]))), hovertemplate: "%{fullData.name}<br>%{y:.3~p} of rows<extra></extra>",
  }));
  if (lines.length) lines.push(fill(index.drawings.unfinished, { ...segment.time, ...index.palettes[theme()] }));
  return { ...segment.time, $lines: lines, $notes: [] };
}

// What was said of the column in each window lies in the page.
async function saidOf(packed) {
  const words = await unpackJson(packed);
  return words.map((said) => (said === null ? { verdict: null, reason: "no data", since: null }
    : { verdict: index.verdicts[said[0]], reason: said[3], since: said[4], rowsNeeded: said[6] }));
}

function remembered(segment, at) {
  const address = new URL(location.href);
  address.searchParams.set("window", segment.windows[at].label);
  history.replaceState(null, "", address);
}

function listen(panel, segment) {
  addEventListener("theme", redrawAll);
  dark.addEventListener("change", redrawAll);
  by("print").addEventListener("click", async () => { await plotly(); drawAll(); print(); });
  addEventListener("beforeprint", () => { printing = true; drawAll(); redrawAll(); });
  addEventListener("afterprint", () => { printing = false; redrawAll(); });
  for (const button of document.querySelectorAll("[data-window]")) {
    button.addEventListener("click", () => {
      const at = segment.windows.findIndex((window) => window.label === button.dataset.window);
      if (at < 0) return;
      panel.go(at);
      by("one").scrollIntoView({ block: "start" });
    });
  }
}

const segmentNow = () => shown;
let shown = null;

async function start() {
  const [raw] = index.segments, segment = segmentOf(raw, await unpackNumbers(raw.heat)), says = await saidOf(raw.says);
  shown = segment;
  segment.page = async (at) => [says[at]];
  const book = await segment.book(0);
  const panel = openDetail(segment, 0, book, index.shown, (at) => remembered(segment, at));
  by("panel").append(panel);
  panel.start();
  draw(by("shares"), index.drawings.shares, overWindows(segment, book));
  exported(by("shares"), "distribution-over-time", () => csvOf("shares", { column: segment.columns[0].name }));
  if (index.parts) {
    draw(by("parts"), index.drawings.shares, overParts(index.parts));
    exported(by("parts"), "by-segment", () => csvOf("segments/parts", { column: segment.columns[0].name, window: index.parts.window }));
  }
  const lost = missingValues(segment, book);
  by("missing").hidden = lost.$lines.length === 0;
  by("whole").hidden = lost.$lines.length > 0;
  if (lost.$lines.length) {
    draw(by("missing"), index.drawings.missing, lost);
    exported(by("missing"), "missing", () => csvOf("shares", { column: segment.columns[0].name }));
  }
  listen(panel, segment);
  document.body.dataset.ready = String(Math.round(performance.now()));
  beginDrawing();
}

start();
