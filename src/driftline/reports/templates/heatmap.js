// The heat map, painted by ourselves: it is there with the words, before the plotting library has started.

const MAP_BLOCK = 100;
const tip = document.body.appendChild(el("div", { class: "tip", hidden: true }));

// Colours between 0 and 3, as the plotting library would mix them.
function heatColour(z, stops) {
  const at = Math.min(Math.max(z / 3, 0), 1);
  const after = Math.max(stops.findIndex(([stop]) => stop >= at), 1);
  const [[from, left], [to, right]] = [stops[after - 1], stops[after]];
  const part = (at - from) / (to - from), channels = [1, 3, 5].map((k) => [left, right].map((colour) => parseInt(colour.slice(k, k + 2), 16)));
  return `rgb(${channels.map(([low, high]) => Math.round(low + part * (high - low))).join(",")})`;
}

// `map` has labels, width (slots of time), open (slots of unfinished windows, where there are any), z(row, slot), told(row, slot), ticks and, where a click leads somewhere, pick(row, slot).
function drawMap(node, map) {
  const bands = [], cell = index.cell, cells = el("div", { class: "map-cells" }), times = el("div", { class: "map-times" }), mark = el("div", { class: "map-mark" });
  mark.hidden = true;
  for (let row = 0; row < map.labels.length; row += MAP_BLOCK) {
    const rows = Math.min(MAP_BLOCK, map.labels.length - row), band = document.createElement("canvas");
    band.style.height = `${rows * cell}px`;
    bands.push({ band, row, rows });
    cells.append(band);
  }
  const list = el("div", { class: "map-names" });
  list.append(...map.labels.map((label) => el("div", { class: "map-name" }, label)));
  times.append(...map.ticks.map(([slot, label]) => {
    const tick = el("div", { class: "map-tick" }, label);
    tick.style.left = `${((slot + 0.5) / map.width) * 100}%`;
    return tick;
  }));
  // Windows that are not whole are hatched, over all columns and on the axis.
  const open = (map.open ?? []).filter((slot) => slot >= 0 && slot < map.width).map((slot) => {
    const hatch = el("div", { class: "map-open" });
    Object.assign(hatch.style, { left: `${(slot / map.width) * 100}%`, width: `${100 / map.width}%` });
    return hatch;
  });
  cells.append(...open, mark, times);
  node.classList.add("map");
  node.style.setProperty("--cell", `${cell}px`);
  node.style.minHeight = "";
  node.replaceChildren(list, cells);
  node.paint = () => {
    paintBands(bands, map, cells.clientWidth);
    thin(times);
  };
  node.paint();
  watchMap(cells, mark, map);
  node.resized ??= new ResizeObserver(() => node.paint());
  node.resized.disconnect();
  node.resized.observe(cells);
}

function paintBands(bands, map, width) {
  const stops = index.palettes[theme()]["@heat"], mixed = new Map(), scale = Math.max(window.devicePixelRatio, 2), step = (width / map.width) * scale;
  for (const { band, row, rows } of bands) {
    band.width = Math.max(Math.round(width * scale), 1);
    band.height = rows * index.cell * scale;
    const pen = band.getContext("2d"), gap = step > 4 * scale ? scale : 0;
    for (let i = 0; i < rows; i += 1) {
      for (let slot = 0; slot < map.width; slot += 1) {
        const z = map.z(row + i, slot);
        if (!Number.isFinite(z)) continue;
        const from = Math.round(slot * step), to = Math.round((slot + 1) * step);
        if (!mixed.has(z)) mixed.set(z, heatColour(z, stops));
        pen.fillStyle = mixed.get(z);
        pen.fillRect(from, i * index.cell * scale, Math.max(to - from - gap, 1), (index.cell - 1) * scale);
      }
    }
  }
}

// Labels of time that would touch their neighbour are left out.
function thin(times) {
  let end = -Infinity;
  for (const tick of times.children) {
    tick.style.visibility = "";
    const { left, right } = tick.getBoundingClientRect();
    if (left < end + 6) tick.style.visibility = "hidden";
    else end = right;
  }
}

function watchMap(cells, mark, map) {
  const under = (event) => {
    const frame = cells.getBoundingClientRect();
    const slot = Math.floor(((event.clientX - frame.left) / frame.width) * map.width), row = Math.floor((event.clientY - frame.top) / index.cell);
    return slot >= 0 && slot < map.width && row >= 0 && row < map.labels.length ? { slot, row } : null;
  };
  const leave = () => { tip.hidden = true; mark.hidden = true; };
  cells.onpointermove = (event) => {
    const at = under(event), lines = at ? map.told(at.row, at.slot) : null;
    if (!lines) { leave(); return; }
    mark.hidden = false;
    Object.assign(mark.style, { left: `${(at.slot / map.width) * 100}%`, width: `${100 / map.width}%`, top: `${at.row * index.cell}px` });
    showTip(lines, event.clientX, event.clientY);
  };
  cells.onpointerleave = leave;
  cells.onclick = (event) => {
    const at = under(event);
    leave();
    if (at && map.pick) map.pick(at.row, at.slot);
  };
}

function showTip(lines, x, y) {
  tip.replaceChildren(...lines.map((line) => el("div", {}, line)));
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect(), room = document.documentElement.clientWidth;
  tip.style.left = `${Math.max(Math.min(x + 14, room - width - 8), 8)}px`;
  tip.style.top = `${y + 18 + height > innerHeight ? y - height - 12 : y + 18}px`;
}

function repaintMaps() {
  document.querySelectorAll(".map").forEach((node) => node.paint());
}
