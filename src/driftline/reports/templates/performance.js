// How well the model does, and how well it is served: a metric over time, and one window's curves and table.

const metricOf = { performance: 0, operations: 0, fairness: 0 };
const cardsOfHealth = () => document.querySelectorAll(".health");

async function showHealth(segment) {
  showBusiness();
  showParts();
  await Promise.all([...[...cardsOfHealth()].map((card) => showTrack(card, segment)), showSheets(segment)]);
}

// Business figures, on the same axis of time, whatever segment is looked at.
const figuresOfBusiness = () => document.querySelectorAll("#business .kpi");

function showBusiness() {
  figuresOfBusiness().forEach((node, at) => {
    node.dataset.time = "";
    draw(node, index.drawings.business, index.business[at]);
  });
}

// Gaps are between the groups of all rows, whatever segment is looked at.
const ownerOf = (about, segment = segmentNow()) => (about === "fairness" ? segments[0] : segment);
const tracksOf = (about, segment) => ownerOf(about, segment).tracks[about];

// Whose drift makes what of the model's change: of the first explanation, whatever segment is looked at.
function showParts() {
  document.querySelectorAll(".of-change").forEach((node, at) => draw(node, index.drawings.parts, index.parts[at]));
}

async function showTrack(card, segment) {
  const { about } = card.dataset, own = ownerOf(about, segment);
  const metrics = own.tracks[about], node = card.querySelector(".track");
  const select = card.querySelector(".of-metric select");
  metricOf[about] = Math.min(metricOf[about], Math.max(metrics.length - 1, 0));
  select.replaceChildren(...metrics.map(([, title], at) => el("option", { value: at, selected: at === metricOf[about] }, title)));
  card.querySelector(".of-metric").hidden = metrics.length < 2;
  card.querySelector(".of-segment select").value = String(view.segment);
  node.hidden = metrics.length === 0;
  node.dataset.time = "";
  if (!metrics.length) return;
  const asked = metricOf[about], values = await own.track(about, asked);
  if (segment === segmentNow() && asked === metricOf[about]) draw(node, index.drawings.performance, values);
}

async function showSheets(segment) {
  const card = by("sheet");
  if (!card) return;
  card.hidden = segment.sheets.length === 0;
  by("sheet-window").replaceChildren(...segment.sheets.map(([at], place) =>
    el("option", { value: place, selected: place === segment.sheet }, segment.windows[at].label)));
  if (segment.sheets.length) await showSheet(segment, segment.sheet);
}

async function showSheet(segment, place) {
  const { pictures, metrics } = await segment.sheetOf(place);
  if (segment !== segmentNow() || by("sheet-window").value !== String(place)) return;
  const holder = by("portraits");
  for (const [name, title] of index.portraits) {
    let portrait = holder.querySelector(`[data-name=${name}]`);
    if (!portrait) {
      const head = el("h3", {}, title), figure = el("div", { role: "img", "aria-label": title, "data-print-width": 240 });
      portrait = el("div", { class: "portrait", "data-name": name }, head, figure);
      holder.append(portrait);
    }
    portrait.hidden = !(name in pictures);
    const figure = portrait.querySelector("[role=img]");
    if (!portrait.hidden) draw(figure, index.drawings[name], pictures[name]);
    if (index.more) exported(figure, name, () => csvOf("window/curves", { window: segmentNow().windows[segmentNow().sheets[Number(by("sheet-window").value)][0]].label }));
  }
  by("metrics").replaceChildren(metricTable(metrics));
}

// A column in which nothing stands, such as estimates where none were made, is left out.
function metricTable(every) {
  const kept = index.heads.map((_, k) => every.some((cells) => cells[k] !== "–")), keep = (cells) => cells.filter((_, k) => kept[k]);
  const heads = keep(index.heads), metrics = every.map(keep), last = heads.length - 1;
  // The verdict stands beside the name: at the end of a long line a narrow screen would hide it.
  const lines = metrics.map((cells) => el("tr", {}, el("th", { scope: "row" }, cells[0]), el("td", {}, standing(cells[last])),
    ...cells.slice(1, last).map((cell) => el("td", { class: "right" }, cell))));
  return el("table", { class: "data" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, heads[0]), el("th", { scope: "col" }, heads[last]),
      ...heads.slice(1, last).map((head) => el("th", { scope: "col", class: "right" }, head)))),
    el("tbody", {}, ...lines));
}

function standing(verdict) {
  const word = { drifted: "worse", inconclusive: "cannot be told" }[verdict] ?? verdict;
  return el("span", { class: `chip ${verdict}` }, el("i", { "aria-hidden": "true" }, MARKS[verdict]), word);
}

// Leads to a metric of a segment, from wherever it is named.
async function visitMetric(about, metric, segmentName) {
  await turnTo(segmentName);
  const segment = segmentNow(), card = document.getElementById(about);
  const at = tracksOf(about, segment).findIndex(([name]) => name === metric);
  if (at >= 0) metricOf[about] = at;
  await showTrack(card, segment);
  card.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  card.querySelector("h2").focus({ preventScroll: true });
}

function furnishHealth() {
  for (const card of cardsOfHealth()) {
    card.querySelector(".of-segment select").append(...segments.map((segment, at) => el("option", { value: at }, segment.name ?? "all rows")));
    card.querySelector(".of-segment").hidden = segments.length < 2 || card.dataset.about === "fairness";
  }
}

function listenToHealth() {
  for (const card of cardsOfHealth()) {
    const { about } = card.dataset, [ofSegment, ofMetric] = card.querySelectorAll(".head select");
    ofSegment.addEventListener("change", () => showSegment(Number(ofSegment.value)));
    ofMetric.addEventListener("change", () => {
      metricOf[about] = Number(ofMetric.value);
      if (index.more) noteInQuery(about, metricOf[about] ? tracksOf(about)[metricOf[about]][0] : "");
      showTrack(card, segmentNow());
    });
    card.querySelectorAll("button.link").forEach(({ dataset }, k, buttons) =>
      buttons[k].addEventListener("click", () => visitMetric(about, dataset.metric, dataset.segment)));
  }
  by("sheet-window")?.addEventListener("change", () => showSheet(segmentNow(), Number(by("sheet-window").value)));
  document.querySelectorAll(".story[data-about]").forEach((story) =>
    story.addEventListener("click", () => visitMetric(story.dataset.about, story.dataset.metric, story.dataset.segment)));
}
