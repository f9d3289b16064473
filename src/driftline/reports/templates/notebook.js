// The figures in a notebook's frame, one under the other, two abreast where there is room.

const index = JSON.parse(document.getElementById("data").textContent);
const printing = false;
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => (dark.matches ? "dark" : "light");

for (const { title, drawing, values, wide } of index.figures) {
  const node = el("div");
  document.body.append(el("section", { class: wide ? "wide" : null }, el("h3", {}, title), node));
  if (drawing) draw(node, drawing, values);
  else drawMap(node, mapFrom(values));
}
// A notebook may be kept as a picture, so that all figures are drawn, each in its turn.
queue.push(...waiting);
beginDrawing().then(() => { document.body.dataset.ready = ""; });
dark.addEventListener("change", redrawAll);

// The heat map as reports/material.py fills it; what is told there is written for the plotting library.
function mapFrom({ $z, $labels, $told, $ticks, $tick_labels, $range }) {
  return {
    labels: $labels.map(spelled),
    width: Math.max(Math.round($range[1] - $range[0]), 1),
    ticks: $ticks.map((slot, at) => [slot, spelled($tick_labels[at])]),
    z: (row, slot) => $z[row][slot] ?? NaN,
    told: (row, slot) => ($told[row][slot] ? $told[row][slot].split("<br>").map(spelled) : null),
  };
}
