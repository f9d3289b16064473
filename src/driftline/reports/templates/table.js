// The table of columns: searched, filtered and sorted as data; rows are made a screenful at a time.

const BATCH = 60;
const COLUMNS = [
  { key: "name", title: "Column" }, { key: "verdict", title: "Verdict" }, { key: "since", title: "Since" }, { key: "reason", title: "What happened" },
  { key: "effect", title: "Effect" }, { key: "psi", title: "PSI", right: true }, { key: "null", title: "Null", right: true },
  { key: "importance", title: "Importance" }, { key: "drifted", title: "Windows" },
];
const VERDICT_RANK = { drifted: 0, inconclusive: 1, stable: 2 };
const ratherLast = (value) => (Number.isFinite(value) ? -value : Infinity);
const SORTS = {
  urgency: ["urgency", (told, segment) => urgencyOf(told, segment)],
  name: ["name", (told) => [told.column.name.toLowerCase()]],
  kind: ["kind", (told) => [told.column.kind]],
  role: ["role", (told) => [told.column.role]],
  verdict: ["verdict", (told) => [VERDICT_RANK[told.verdict] ?? 3, ratherLast(told.weight)]],
  since: ["since", (told) => [told.since ?? "\uffff"]],
  reason: ["what happened", (told) => [told.reason]],
  statistic: ["statistic", (told) => [told.worst ?? "\uffff"]],
  effect: ["effect", (told) => [ratherLast(Math.abs(told.effect))]],
  weight: ["weight", (told) => [ratherLast(told.weight)]],
  psi: ["PSI", (told) => [ratherLast(told.psi)]],
  null: ["change in nulls", (told) => [ratherLast(Math.abs(told.nullNow - told.nullReference))]],
  importance: ["importance", (told) => [ratherLast(told.column.importance ?? NaN)]],
  drifted: ["windows that drifted", (told) => [-told.column.drifted]],
};
const FILTERS = {
  all: ["All", () => true],
  drifted: ["Drifted", (told) => told.verdict === "drifted"],
  ever: ["Ever drifted", (told) => told.column.drifted > 0],
  inconclusive: ["Inconclusive", (told) => told.verdict === "inconclusive"],
  stable: ["Stable", (told) => told.verdict === "stable"],
};

function urgencyOf(told, segment) {
  if (told.verdict === "drifted") return [0, told.urgency, ratherLast(told.weight)];
  return [told.column.drifted ? 1 : told.verdict === "inconclusive" ? 2 : 3, segment.rank(told.row)];
}

function compare(left, right) {
  for (let i = 0; i < left.length; i += 1) {
    if (left[i] < right[i]) return -1;
    if (left[i] > right[i]) return 1;
  }
  return 0;
}

function selected(page, segment, view) {
  const needle = view.search.trim().toLowerCase();
  const kept = page.filter((told) =>
    FILTERS[view.verdict][1](told) && (!view.kind || told.column.kind === view.kind) && (!view.role || told.column.role === view.role)
    && (!needle || told.column.name.toLowerCase().includes(needle) || told.reason.toLowerCase().includes(needle)));
  const keyOf = SORTS[view.sort][1], keys = new Map(kept.map((told) => [told, keyOf(told, segment)]));
  kept.sort((a, b) => (view.reversed ? compare(keys.get(b), keys.get(a)) : compare(keys.get(a), keys.get(b))) || a.row - b.row);
  return kept;
}

function tableRow(told, segment, toggle) {
  const { column } = told, unit = told.worst ? index.words[told.worst]?.[1] ?? "" : "";
  const line = el("tr", { class: "line", "data-row": column.row, onclick: (event) => { if (!getSelection().toString()) toggle(column.row, event); } });
  line.append(
    el("td", {}, el("div", { class: "name" }, el("span", { class: "turn", "aria-hidden": "true" }, "▸"),
      el("div", {}, el("button", { type: "button", "aria-expanded": "false" }, ...breakable(shorten(column.name, 90))), el("span", { class: "small" }, `${column.kind} · ${column.role}`)))),
    el("td", {}, chip(told.verdict), told.verdict === "drifted" ? el("span", { class: "small" }, told.concern) : null),
    el("td", { class: "since" }, told.since ?? "–"),
    el("td", { class: "reason wide" }, shorten(told.reason, 240)),
    el("td", { class: "effect" }, amount(unit, told.effect),
      told.worst ? el("span", { class: "small" }, `${told.worst.replaceAll("_", " ")} ${interval(unit, told.low, told.high)}`) : null),
    el("td", { class: "right psi" }, number(told.psi)),
    el("td", { class: "right nulls" }, told.nullReference || told.nullNow ? `${percent(told.nullReference)} → ${percent(told.nullNow)}` : "–"),
    el("td", { class: "importance" }, column.importance === null ? "–" : meter(column.importance)),
    el("td", { class: "wide" }, el("canvas", {
      class: "strip", width: 264, height: 48, role: "img", "aria-label": `drifted in ${plural(column.drifted, "window")} of ${segment.windows.length}`,
    })));
  return line;
}

// A long name may be broken after an underscore or a full stop.
function breakable(name) {
  return name.split(/(?<=[_.\-/])/).flatMap((part, i) => (i ? [el("wbr"), part] : [part]));
}

function meter(share) {
  const bar = el("i");
  bar.style.width = `${Math.min(Math.max(share, 0), 1) * 100}%`;
  return el("span", { title: number(share) }, el("span", { class: "meter" }, bar), el("span", { class: "small" }, number(share)));
}

// One bar a window: its colour is the verdict, its height how strong the change is.
function paintStrip(canvas, segment, row) {
  const pen = canvas.getContext("2d"), width = segment.slots.at(-1) + 1, step = canvas.width / width, colours = index.palettes[theme()];
  pen.clearRect(0, 0, canvas.width, canvas.height);
  segment.slots.forEach((slot, at) => {
    const z = segment.heat(row, at);
    if (Number.isNaN(z)) return;
    const height = z < 1 ? 0.08 + 0.22 * z : z < 2 ? 0.22 : 0.45 + 0.55 * (z - 2);
    pen.fillStyle = colours[z < 1 ? "@stable" : z < 2 ? "@inconclusive" : "@drifted"];
    pen.fillRect(slot * step, canvas.height * (1 - height), Math.max(step - (step > 3 ? 1 : 0), 1), canvas.height * height);
  });
}
