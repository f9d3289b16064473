// The span of time that every figure shows: dragged over in any of them, chosen by keys, kept in the address; and events on its axis.

const TICKS = 6, KINDS = { alert: "@drifted", decision: "@estimated", training: "@current", rollout: "@current", settings: "@muted", annotation: "@ink" };
const last = (segment) => segment.windows.length - 1;

// Reads what the address says; all windows where it says nothing.
function spanOfAddress(segment) {
  const query = new URLSearchParams(location.search), at = (key, usual) => {
    const found = segment.windows.findIndex((window) => window.label === query.get(key));
    return found < 0 ? usual : found;
  };
  const from = at("from", 0), to = at("to", last(segment));
  return from <= to ? [from, to] : [0, last(segment)];
}

function noteInQuery(key, value) {
  const address = new URL(location.href);
  if (value) address.searchParams.set(key, value);
  else address.searchParams.delete(key);
  try { history.replaceState(null, "", address); } catch { /* nothing is lost */ }
}

// Which segment the address asks for; which metrics, by what they are about, is taken over.
function viewOfAddress() {
  const query = new URLSearchParams(location.search);
  for (const about of Object.keys(metricOf)) metricOf[about] = Math.max(segments[0].tracks[about].findIndex(([name]) => name === query.get(about)), 0);
  return Math.max(segments.findIndex(({ name }) => (name ?? "") === (query.get("segment") ?? "")), 0);
}

// What figures of `figures.js` and the heat map ask for: the range in slots, its ticks, and marks.
function spanned(segment, from, to) {
  const every = Math.max(Math.ceil((to - from + 1) / TICKS), 1), shown = segment.windows.slice(from, to + 1).flatMap((window, k) => (k % every ? [] : [[segment.slots[from + k], window.label]]));
  return {
    from, to, first: segment.slots[from], width: segment.slots[to] - segment.slots[from] + 1, whole: from === 0 && to === last(segment),
    ticks: shown.map(([slot]) => slot), labels: shown.map(([, label]) => plain(shorten(label, 20))),
    marks: (index.events ?? []).filter(([at]) => at >= from && at <= to && at <= last(segment)).map(([at, kind]) => ({ slot: segment.slots[at], colour: KINDS[kind] })),
  };
}

function setSpan(from, to) {
  const segment = segmentNow();
  if (!segment.windows.length) return;
  span = spanned(segment, Math.max(from, 0), Math.min(to, last(segment)));
  by("from").value = String(span.from);
  by("to").value = String(span.to);
  by("whole").hidden = span.whole;
  const address = new URL(location.href);
  for (const [key, at] of [["from", span.from], ["to", span.to]]) {
    if (span.whole) address.searchParams.delete(key);
    else address.searchParams.set(key, segment.windows[at].label);
  }
  try { history.replaceState(null, "", address); } catch { /* nothing is lost */ }
  showMarks(segment);
  showMap(mapRows || MAP_ROWS);
  document.querySelectorAll(".figure[data-time][data-drawn]").forEach((node) => node.redraw());
}

// Signs above the axis, each a link to its line in the list.
function showMarks(segment) {
  by("marks").replaceChildren(...(index.events ?? []).flatMap(([at, kind, sign, what], k) => {
    if (at < span.from || at > span.to || at > last(segment)) return [];
    const mark = el("a", { class: `mark-of ${kind}`, href: `#event-${k}`, title: `${segment.windows[at].label}: ${what}`, "aria-label": `${kind} in ${segment.windows[at].label}` }, sign);
    mark.style.left = `${((segment.slots[at] - span.first + 0.5) / span.width) * 100}%`;
    return [mark];
  }));
  by("axis").replaceChildren(...span.ticks.map((slot, k) => {
    const tick = el("span", { class: "map-tick" }, spelled(span.labels[k]));
    tick.style.left = `max(${((slot - span.first + 0.5) / span.width) * 100}%, ${span.labels[k].length * 0.27}em)`;
    return tick;
  }));
  thin(by("axis"));
  by("ribbon").querySelectorAll(".map-open").forEach((hatch) => hatch.remove());
  by("ribbon").prepend(...segment.windows.flatMap(({ unfinished }, at) => {
    if (!unfinished || at < span.from || at > span.to) return [];
    const hatch = el("div", { class: "map-open", title: `${segment.windows[at].label}: unfinished window` });
    Object.assign(hatch.style, { left: `${((segment.slots[at] - span.first) / span.width) * 100}%`, width: `${100 / span.width}%` });
    return [hatch];
  }));
}

// Where a figure's axis of time lies on the screen.
function axisOf(node) {
  const frame = node.getBoundingClientRect();
  if (node.classList.contains("map-cells") || node.id === "ribbon") return { left: frame.left, width: frame.width };
  const axis = node._fullLayout?.xaxis;
  return axis ? { left: frame.left + axis._offset + axis._length * (0.1 / (span.width + 0.2)), width: axis._length * (span.width / (span.width + 0.2)) } : null;
}

const slotAt = (axis, x) => span.first + Math.min(Math.max(Math.floor(((x - axis.left) / axis.width) * span.width), 0), span.width - 1);

// Dragging over a figure from one window to another shows these in all figures.
function brushing(event) {
  const node = event.target.closest("#ribbon, .map-cells, .figure[data-time]"), axis = node && span && event.button === 0 && event.pointerType !== "touch" ? axisOf(node) : null;
  if (!axis || event.clientX < axis.left || event.clientX > axis.left + axis.width || event.target.closest("a, button, .legend")) return;
  const start = slotAt(axis, event.clientX), frame = node.getBoundingClientRect(), shade = el("div", { class: "brush" });
  let end = start;
  const move = ({ clientX }) => {
    end = slotAt(axis, clientX);
    if (end === start) { shade.remove(); return; }
    const [low, high] = [Math.min(start, end), Math.max(start, end)].map((slot) => slot - span.first);
    Object.assign(shade.style, { left: `${axis.left - frame.left + (low / span.width) * axis.width}px`, width: `${((high - low + 1) / span.width) * axis.width}px` });
    if (!shade.isConnected) node.append(shade);
  };
  const done = () => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", done);
    removeEventListener("pointercancel", done);
    shade.remove();
    if (end === start) return;
    // The click that ends the drag opens nothing.
    const swallow = (click) => click.stopPropagation();
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 50);
    const [low, high] = [Math.min(start, end), Math.max(start, end)], slots = segmentNow().slots;
    const from = slots.findIndex((slot) => slot >= low), to = slots.findLastIndex((slot) => slot <= high);
    if (from >= 0 && to > from) setSpan(from, to);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", done);
  addEventListener("pointercancel", done);
}

// Called for every segment: its windows may be others.
function furnishSpan(segment) {
  if (!by("time") || !segment.windows.length) return;
  for (const id of ["from", "to"]) by(id).replaceChildren(...segment.windows.map((window, at) => el("option", { value: at }, window.label)));
  const [from, to] = spanOfAddress(segment);
  span = spanned(segment, from, to);
  by("from").value = String(from);
  by("to").value = String(to);
  by("whole").hidden = span.whole;
  showMarks(segment);
}

function listenToSpan() {
  if (!by("time")) return;
  exportAll();
  by("from").addEventListener("change", () => setSpan(Number(by("from").value), Math.max(Number(by("from").value), span.to)));
  by("to").addEventListener("change", () => setSpan(Math.min(span.from, Number(by("to").value)), Number(by("to").value)));
  by("whole").addEventListener("click", () => { setSpan(0, last(segmentNow())); by("from").focus(); });
  by("prediction").addEventListener("change", () => showPredictions(segmentNow()));
  document.addEventListener("pointerdown", brushing);
  document.addEventListener("dblclick", (event) => { if (event.target.closest("#ribbon, .figure[data-time]")) setSpan(0, last(segmentNow())); });
}

// Every figure of the page as a picture and as numbers.
function exportAll() {
  for (const card of cardsOfHealth()) exported(card.querySelector(".track"), card.dataset.about, () => csvOf("metrics", { about: card.dataset.about }));
  figuresOfBusiness().forEach((node, at) => exported(node, `business-${at + 1}`, () => csvOf("business", {})));
  exported(by("heatmap"), "columns", () => csvOf("heatmap", {}));
  exported(by("prediction-drift"), "prediction-drift", () => csvOf("scores", { column: segmentNow().columns[Number(by("prediction").value)].name }));
}

// Predictions are columns too: how they moved, on the same axis.
async function showPredictions(segment) {
  const card = by("predictions"), rows = segment.columns.filter(({ role }) => ["prediction", "score"].includes(role)).map(({ row }) => row);
  if (!card) return;
  card.hidden = rows.length === 0;
  if (!rows.length) return;
  const select = by("prediction");
  if (!rows.includes(Number(select.value)) || !select.options.length) select.replaceChildren(...rows.map((row) => el("option", { value: row }, segment.columns[row].name)));
  const row = Number(select.value), book = await segment.book(row);
  if (segment !== segmentNow() || row !== Number(select.value)) return;
  const statistic = book.scores[segment.columns[row].telling] ? segment.columns[row].telling : Object.keys(book.scores)[0];
  by("prediction-drift").dataset.time = "";
  draw(by("prediction-drift"), index.drawings.over_time, { ...overTimeValues(segment, row, book, statistic, last(segment)), $marked: false });
}
