// One column, opened: its distribution in any window, its effect over time, all scores, what is new and what is missing.

function openDetail(segment, row, book, window, moved = null) {
  const state = { window, statistic: book.scores[segment.columns[row].telling] ? segment.columns[row].telling : Object.keys(book.scores)[0] };
  const last = segment.windows.length - 1;
  const panel = el("div", { class: "panel" });
  const shown = el("output"), says = el("p", { class: "says" });
  const range = el("input", { type: "range", min: 0, max: last, step: 1, "aria-label": "Window", oninput: () => go(Number(range.value)) });
  const step = (by) => go(Math.min(Math.max(state.window + by, 0), last));
  const nextDrifted = () => {
    const drifted = segment.verdictsOf(row).flatMap((verdict, at) => (verdict === "drifted" ? [at] : []));
    if (drifted.length) go(drifted.find((at) => at > state.window) ?? drifted[0]);
  };
  const slider = el("div", { class: "slider" },
    el("button", { type: "button", class: "plain", "aria-label": "Earlier window", onclick: () => step(-1) }, "◀"), range,
    el("button", { type: "button", class: "plain", "aria-label": "Later window", onclick: () => step(1) }, "▶"), shown,
    segment.columns[row].drifted ? el("button", { type: "button", class: "plain", onclick: nextDrifted }, "next drifted window") : null,
    // In the service a column has a page of its own.
    index.more && !moved ? el("a", { class: "link", href: columnPage(segment, row) }, "the column’s own page") : null);
  const distribution = el("div", { "data-print-width": 740 }), time = el("div", { "data-print-width": 740, "data-time": true });
  const statistics = Object.keys(book.scores);
  const select = el("select", { "aria-label": "Statistic", onchange: () => { state.statistic = select.value; drawTime(); } },
    ...statistics.map((statistic) => el("option", { value: statistic, selected: statistic === state.statistic }, index.words[statistic][0])));
  const facts = el("div", { class: "over facts-table", tabindex: 0, role: "region", "aria-label": "In numbers" }), scores = el("div", { class: "over", tabindex: 0, role: "region", "aria-label": "All scores in this window" }), unseen = el("div");
  const figures = el("div", { class: "figures" },
    el("div", {}, el("h3", {}, "Distribution, reference against this window"), distribution),
    el("div", {}, el("div", { class: "head" }, el("h3", {}, "Effect over time"), statistics.length > 1 ? select : null), time, unseen, facts));
  panel.append(slider, says, figures, el("div", { class: "block" }, el("h3", {}, "All scores in this window"), scores));

  if (index.more) {
    const { name } = segment.columns[row];
    exported(distribution, "distribution", () => csvOf("shares", { column: name }));
    exported(time, "effect", () => csvOf("scores", { column: name }));
  }
  function drawTime() {
    if (state.statistic) draw(time, index.drawings.over_time, overTimeValues(segment, row, book, state.statistic, state.window));
  }
  function figuresNow() {
    draw(distribution, index.drawings.distribution, distributionValues(book, state.window, segment.windows[state.window].label));
    drawTime();
  }
  function go(at) {
    if (moved && at !== state.window) moved(at);
    state.window = at;
    range.value = at;
    const window = segment.windows[at], verdict = segment.verdictsOf(row)[at];
    range.setAttribute("aria-valuetext", window.label);
    shown.textContent = window.label;
    panel.dataset.verdict = verdict ?? "";
    segment.page(at).then((page) => { if (state.window === at) says.replaceChildren(...saying(page[row], window)); });
    scores.replaceChildren(scoreTable(book, at));
    facts.replaceChildren(el("h3", { class: "block" }, "In numbers"), factTable(segment, book, at, window));
    unseen.replaceChildren(...unseenValues(book.unseen[at], window.rows));
    figuresNow();
  }
  panel.start = () => go(state.window);
  panel.go = go;
  return panel;
}

function columnPage(segment, row) {
  const windows = new URLSearchParams(location.search).get("windows"), query = new URLSearchParams({ ...(segment.name && { segment: segment.name }), ...(windows && { windows }) });
  return `${index.more}/columns/${encodeURIComponent(segment.columns[row].name)}${query.size ? `?${query}` : ""}`;
}

function saying(told, window) {
  const parts = [chip(told.verdict), " ", told.reason];
  if (told.since) parts.push(" ", el("span", { class: "tag" }, `since ${told.since}`));
  if (told.rowsNeeded) parts.push(" ", el("span", { class: "tag" }, `about ${count(told.rowsNeeded)} rows a window would settle it; this one has ${count(window.rows)}`));
  return parts;
}

function scoreTable(book, at) {
  const heads = ["statistic", "verdict", "value", "threshold", "p", "effect", "interval", "matters from", "could have shown"];
  const lines = Object.entries(book.scores).map(([statistic, table]) => {
    const [title, unit] = index.words[statistic];
    const said = book.said[statistic][at], cells = [
      raw(unit, table.value[at]), unsigned(raw(unit, table.threshold[at])), probability(table.p_value[at]), amount(unit, table.effect[at]),
      interval(unit, table.low[at], table.high[at]) || "–", unsigned(amount(unit, table.floor[at])), unsigned(amount(unit, table.detectable[at])),
    ];
    return el("tr", {}, el("th", { scope: "row" }, title, el("span", { class: "small" }, statistic)), el("td", {}, said === NONE ? "–" : chip(index.verdicts[said])),
      ...cells.map((cell) => el("td", { class: "right" }, cell)));
  });
  return el("table", { class: "data" },
    el("thead", {}, el("tr", {}, ...heads.map((head, k) => el("th", { scope: "col", class: k > 1 ? "right" : null }, head)))), el("tbody", {}, ...lines));
}

function factTable(segment, book, at, window) {
  const lines = [["rows", count(segment.reference), count(window.rows)]];
  if (book.summaries) index.summary.forEach((name, k) => lines.push([name, number(book.summaries[k][0]), number(book.summaries[k][1 + at])]));
  book.frame.$labels.forEach((label, k) => {
    if (["null", "not a number", "of the wrong type", "column absent", "unseen"].includes(label)) lines.push([label, percent(book.bars[0][k]), percent(book.bars[1 + at][k])]);
  });
  return el("table", { class: "data" },
    el("thead", {}, el("tr", {}, el("th"), el("th", { class: "right" }, "reference"), el("th", { class: "right" }, window.label))),
    el("tbody", {}, ...lines.map(([name, ...cells]) => el("tr", {}, el("th", { scope: "row" }, name), ...cells.map((cell) => el("td", { class: "right" }, cell))))));
}

function unseenValues(values, rows) {
  if (!values) return [];
  return [el("h3", { class: "block" }, "Values the reference never had"),
    el("ul", { class: "values" }, ...values.map(([value, times]) => el("li", {}, el("b", {}, value), ` ${plural(times, "row")}, ${percent(times / rows)}`)))];
}
