// The page: which segment, window and columns are shown, and what happens when somebody touches something.

const by = (id) => document.getElementById(id);
const view = { segment: 0, window: 0, search: "", verdict: "all", kind: "", role: "", sort: "urgency", reversed: false, shown: BATCH };
const open = new Map();
const MAP_ROWS = 40, PRINTED = 120;
let segments = [], list = [], page = [], printing = false, mapRows = 0;

const segmentNow = () => segments[view.segment];
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => (printing ? "light" : document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light"));

function repaint() {
  redrawAll();
  document.querySelectorAll("canvas.strip[data-painted]").forEach((canvas) => paintStrip(canvas, segmentNow(), Number(canvas.closest("tr").dataset.row)));
}

function nextTheme() {
  const now = document.documentElement.dataset.theme, next = now === undefined ? (dark.matches ? "light" : "dark") : now === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  by("theme").textContent = `Theme: ${next}`;
  repaint();
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    if (target.id === "foot") more();
    else paint(target);
  }
}, { rootMargin: "300px" });

function paint(canvas) {
  canvas.dataset.painted = "";
  paintStrip(canvas, segmentNow(), Number(canvas.closest("tr").dataset.row));
}

function appendRows(from, to) {
  const made = document.createDocumentFragment();
  for (const told of list.slice(from, to)) {
    const line = tableRow(told, segmentNow(), toggle);
    made.append(line);
    if (open.has(told.row)) {
      line.dataset.open = "true";
      line.querySelector("button").setAttribute("aria-expanded", "true");
      made.append(open.get(told.row));
    }
  }
  by("rows").append(made);
  by("rows").querySelectorAll("canvas.strip:not([data-watched])").forEach((canvas) => { canvas.dataset.watched = ""; seen.observe(canvas); });
}

function more(upTo = view.shown + BATCH) {
  const from = view.shown;
  view.shown = Math.min(upTo, list.length);
  appendRows(from, view.shown);
  foot();
}

function foot() {
  const rest = list.length - Math.min(view.shown, list.length);
  by("count").textContent = list.length === page.length ? plural(page.length, "column") : `${count(list.length)} of ${plural(page.length, "column")}`;
  by("all").hidden = rest === 0;
  by("all").textContent = `Show all ${count(list.length)}`;
  by("foot").textContent = rest ? `${count(rest)} more` : "";
  seen.unobserve(by("foot"));
  if (rest) seen.observe(by("foot"));
}

function showTable() {
  list = selected(page, segmentNow(), view);
  view.shown = Math.min(BATCH, list.length);
  by("rows").replaceChildren();
  if (list.length) appendRows(0, view.shown);
  else by("rows").append(el("tr", {}, el("td", { colspan: COLUMNS.length, class: "none" }, "No column is like that.")));
  for (const head of by("heads").children) {
    const sorted = head.dataset.key === view.sort;
    if (sorted) head.setAttribute("aria-sort", view.reversed ? "ascending" : "descending");
    else head.removeAttribute("aria-sort");
  }
  for (const button of by("verdicts").children) {
    const [title, keeps] = FILTERS[button.dataset.key];
    button.textContent = `${title} ${count(page.filter(keeps).length)}`;
    button.setAttribute("aria-pressed", String(button.dataset.key === view.verdict));
  }
  by("sort").value = view.sort;
  foot();
}

function sortBy(key) {
  view.reversed = view.sort === key && !view.reversed;
  view.sort = key;
  showTable();
}

async function showWindow(at) {
  const segment = segmentNow();
  view.window = Math.min(Math.max(at, 0), segment.windows.length - 1);
  const asked = view.window, told = await segment.page(asked);
  if (asked !== view.window || segment !== segmentNow()) return;
  page = told;
  const window = segment.windows[asked];
  by("window").value = String(asked);
  by("earlier").disabled = asked === 0;
  by("later").disabled = asked === segment.windows.length - 1;
  by("window-says").replaceChildren(chip(window.verdict), " ", `${plural(window.rows, "row")}; ${window.reason}`);
  showTable();
}

function mark(row, isOpen) {
  const line = by("rows").querySelector(`tr.line[data-row="${row}"]`);
  if (!line) return null;
  line.dataset.open = String(isOpen);
  line.querySelector("button").setAttribute("aria-expanded", String(isOpen));
  return line;
}

function detailRow(row, book, window) {
  const panel = openDetail(segmentNow(), row, book, window);
  const detail = el("tr", { class: "detail" }, el("td", { colspan: COLUMNS.length }, panel));
  detail.panel = panel;
  open.set(row, detail);
  mark(row, true)?.after(detail);
  return detail;
}

async function toggle(row) {
  if (open.has(row)) {
    open.get(row).remove();
    open.delete(row);
    mark(row, false);
    return;
  }
  await expand(row, view.window);
}

async function expand(row, window) {
  const segment = segmentNow();
  const book = await segment.book(row);
  if (segment !== segmentNow()) return;
  if (open.has(row)) open.get(row).panel.go(window);
  else detailRow(row, book, window).panel.start();
  noteInAddress(row, window);
}

function noteInAddress(row, window) {
  const segment = segmentNow(), at = new URLSearchParams({ column: segment.columns[row].name, window: segment.windows[window].label });
  if (segment.name !== null) at.set("segment", segment.name);
  // An address cannot be changed inside a notebook's frame.
  try { history.replaceState(null, "", `#${at}`); } catch { /* nothing is lost */ }
}

async function turnTo(segmentName) {
  const at = segments.findIndex((segment) => (segment.name ?? "") === (segmentName ?? ""));
  if (at >= 0 && at !== view.segment) await showSegment(at);
}

async function visit(name, label, segmentName) {
  await turnTo(segmentName);
  const segment = segmentNow(), row = segment.columns.findIndex((column) => column.name === name);
  const window = segment.windows.findIndex((shown) => shown.label === label);
  if (row >= 0) await reveal(row, window >= 0 ? window : view.window);
}

async function reveal(row, window) {
  Object.assign(view, { search: "", verdict: "all", kind: "", role: "" });
  for (const id of ["search", "kind", "role"]) by(id).value = "";
  await showWindow(window);
  const place = list.findIndex((told) => told.row === row);
  if (place >= view.shown) more(place + 1);
  await expand(row, window);
  const line = by("rows").querySelector(`tr.line[data-row="${row}"]`);
  line?.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  line?.querySelector("button").focus({ preventScroll: true });
}

function showMap(rows) {
  const segment = segmentNow(), total = segment.columns.length;
  mapRows = Math.min(rows, total);
  const shown = segment.order.slice(0, mapRows);
  const map = mapOf(segment, shown);
  drawMap(by("heatmap"), { ...map, pick: (row, slot) => { if (map.at(slot) >= 0) reveal(shown[row], map.at(slot)); } });
  by("map-note").textContent = mapRows < total ? `the ${mapRows} most urgent of ${count(total)} columns; click a cell to open it` : "click a cell to open it";
  by("map-open-key").hidden = !segment.unfinished.length;
  by("map-more").hidden = mapRows >= total;
  by("map-more").textContent = `Show all ${count(total)} columns`;
}

function showMissing() {
  const { missing } = segmentNow();
  by("missing-card").hidden = missing.$lines.length === 0;
  by("missing").dataset.time = "";
  if (missing.$lines.length) draw(by("missing"), index.drawings.missing, missing);
}

async function showSegment(at) {
  view.segment = at;
  open.clear();
  const segment = segmentNow();
  by("segment").value = String(at);
  by("window").replaceChildren(...segment.windows.map((window, i) => el("option", { value: i }, `${MARKS[window.verdict]} ${window.label}`)));
  const options = (field) => [el("option", { value: "" }, "any"), ...[...new Set(segment.columns.map((column) => column[field]))].map((value) => el("option", { value }, value))];
  by("kind").replaceChildren(...options("kind"));
  by("role").replaceChildren(...options("role"));
  Object.assign(view, { kind: "", role: "" });
  if (index.more) {
    noteInQuery("segment", at ? segment.name : "");
    furnishSpan(segment);
  }
  const health = showHealth(segment);
  showMap(MAP_ROWS);
  showMissing();
  if (segment.windows.length) await showWindow(segment.focus);
  await health;
  if (index.more) showPredictions(segment).catch(() => { by("predictions").hidden = true; });
}

async function prepareToPrint() {
  // What is printed must be at hand: a browser does not wait.
  const segment = segmentNow();
  await plotly();
  for (const row of segment.order.filter((at) => segment.columns[at].drifted).slice(0, PRINTED)) await segment.book(row);
  document.body.dataset.printable = "";
}

function beforePrint() {
  printing = true;
  const segment = segmentNow();
  for (const told of page.filter((said) => said.verdict === "drifted").slice(0, PRINTED)) {
    const book = segment.bookAtHand(told.row);
    if (book && window.Plotly && !open.has(told.row)) detailRow(told.row, book, view.window).dataset.printed = "";
  }
  if (view.shown < PRINTED) more(PRINTED);
  open.forEach((detail) => detail.panel.start());
  drawAll();
  document.querySelectorAll("canvas.strip").forEach(paint);
  redrawAll();
}

function afterPrint() {
  printing = false;
  for (const [row, detail] of [...open]) if ("printed" in detail.dataset) toggle(row);
  repaint();
}

function listen() {
  // Where a page keeps its theme by itself, it says when that has changed.
  if (index.more) addEventListener("theme", repaint);
  else by("theme").addEventListener("click", nextTheme);
  by("print").addEventListener("click", async () => { await prepareToPrint(); print(); });
  by("search").addEventListener("input", () => { view.search = by("search").value; showTable(); });
  for (const id of ["kind", "role"]) by(id).addEventListener("change", () => { view[id] = by(id).value; showTable(); });
  by("sort").addEventListener("change", () => { view.sort = by("sort").value; view.reversed = false; showTable(); });
  by("window").addEventListener("change", () => showWindow(Number(by("window").value)));
  by("earlier").addEventListener("click", () => showWindow(view.window - 1));
  by("later").addEventListener("click", () => showWindow(view.window + 1));
  by("segment").addEventListener("change", () => showSegment(Number(by("segment").value)));
  by("all").addEventListener("click", () => more(list.length));
  by("map-more").addEventListener("click", () => showMap(Infinity));
  document.querySelectorAll(".story:not([data-about])").forEach((story) =>
    story.addEventListener("click", () => visit(story.dataset.column, story.dataset.window, story.dataset.segment)));
  listenToHealth();
  if (index.more) listenToSpan();
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) { event.preventDefault(); by("search").focus(); }
  });
  dark.addEventListener("change", repaint);
  addEventListener("beforeprint", beforePrint);
  addEventListener("afterprint", afterPrint);
}

function furnish() {
  by("heads").append(...COLUMNS.map(({ key, title, right }) =>
    el("th", { scope: "col", "data-key": key, class: right ? "right" : null }, el("button", { type: "button", onclick: () => sortBy(key) }, title))));
  by("verdicts").append(...Object.keys(FILTERS).map((key) =>
    el("button", { type: "button", "data-key": key, onclick: () => { view.verdict = key; showTable(); } })));
  by("sort").append(...Object.entries(SORTS).map(([key, [title]]) => el("option", { value: key }, title)));
  by("segment").append(...segments.map((segment, at) => el("option", { value: at }, segment.name ?? "all rows")));
  by("segment-label").hidden = segments.length < 2;
  furnishHealth();
  document.querySelectorAll(".tools").forEach((node) => { node.hidden = false; });
  for (const id of ["map-card", "table-card"]) by(id).hidden = false;
}

async function start() {
  if (!("DecompressionStream" in window)) throw new Error("this browser is older than 2023 and cannot unpack the figures");
  segments = await Promise.all(index.segments.map(async (raw) => segmentOf(raw, await unpackNumbers(raw.heat))));
  furnish();
  listen();
  if (segments.length) await showSegment(index.more ? viewOfAddress() : 0);
  document.body.dataset.ready = String(Math.round(performance.now()));
  const drawn = beginDrawing();
  const wanted = new URLSearchParams(location.hash.slice(1));
  if (wanted.has("column")) await visit(wanted.get("column"), wanted.get("window"), wanted.get("segment"));
  if (!index.more) drawn.then(() => idle(prepareToPrint));
}

start().catch((error) => {
  document.querySelector("main").append(el("p", { class: "card", role: "alert" }, `The figures cannot be drawn: ${error.message}.`));
  throw error;
});
