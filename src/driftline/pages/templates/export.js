// Each figure as a picture, made here, and as CSV, which the service gives.

const SCALE = 2;

function csvOf(what, query) {
  const windows = new URLSearchParams(location.search).get("windows"), segment = (query.about === "fairness" ? segments[0] : segmentNow()).name;
  return `${index.more}/csv/${what}?${new URLSearchParams({ ...query, ...(segment && { segment }), ...(windows && { windows }) })}`;
}

function save(address, name) {
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

// A browser may refuse to save what is all in the address: it is given as a file.
function saveImage(address, name) {
  const bytes = Uint8Array.from(atob(address.split(",")[1]), (letter) => letter.charCodeAt(0)), file = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  save(file, name);
  setTimeout(() => URL.revokeObjectURL(file), 60_000);
}

// The heat map is painted in bands, one below the other, names beside them.
function pictureOfMap(node) {
  const bands = [...node.querySelectorAll("canvas")], scale = bands[0].width / bands[0].clientWidth, names = [...node.querySelectorAll(".map-name")], left = 220 * scale;
  const whole = el("canvas", { width: bands[0].width + left, height: bands.reduce((sum, band) => sum + band.height, 0) + 24 * scale }), pen = whole.getContext("2d");
  const colours = index.palettes[theme()], write = (text, x, y, align) => { pen.textAlign = align; pen.fillText(text, x, y); };
  pen.fillStyle = colours["@paper"];
  pen.fillRect(0, 0, whole.width, whole.height);
  let top = 0;
  for (const band of bands) { pen.drawImage(band, left, top); top += band.height; }
  for (const { style } of node.querySelectorAll(".map-open")) hatch(pen, left + (bands[0].width * parseFloat(style.left)) / 100, (bands[0].width * parseFloat(style.width)) / 100, top, scale, colours["@ink"]);
  pen.fillStyle = colours["@muted"];
  pen.font = `${11 * scale}px system-ui, sans-serif`;
  names.forEach((name, row) => write(shorten(name.textContent, 34), left - 8 * scale, (row + 0.75) * index.cell * scale, "right"));
  for (const tick of node.querySelectorAll(".map-tick")) {
    if (tick.style.visibility !== "hidden") write(tick.textContent, left + (bands[0].width * parseFloat(tick.style.left)) / 100, whole.height - 8 * scale, "center");
  }
  return whole.toDataURL("image/png");
}

// As the page hatches windows that are not whole.
function hatch(pen, x, width, height, scale, colour) {
  pen.save();
  pen.beginPath();
  pen.rect(x, 0, width, height);
  pen.clip();
  Object.assign(pen, { strokeStyle: colour, globalAlpha: 0.6, lineWidth: scale });
  for (let y = -width; y < height + width; y += 5.6 * scale) {
    pen.moveTo(x, y + width);
    pen.lineTo(x + width, y);
  }
  pen.stroke();
  pen.restore();
}

async function picture(node) {
  if (node.classList.contains("map")) return pictureOfMap(node);
  if (!("drawn" in node.dataset)) { await plotly(); drawNow(node); }
  return window.Plotly.toImage(node, { format: "png", scale: SCALE, width: node.clientWidth, height: node.clientHeight });
}

// Beside a figure: its picture and its numbers. `csv` is asked for when somebody wants it: what is shown may have changed.
function exported(node, name, csv) {
  if (node.nextElementSibling?.classList.contains("export")) return;
  const button = el("button", { type: "button", class: "plain", "aria-label": `${name} as a picture`, onclick: async () => saveImage(await picture(node), `${name}.png`) }, "PNG");
  const table = csv ? el("button", { type: "button", class: "plain", "aria-label": `${name} as CSV`, onclick: () => save(csv(), "") }, "CSV") : null;
  node.after(el("p", { class: "export" }, button, table));
}
