// Making pieces of the page: nothing a stranger wrote is ever read as HTML.

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const MARKS = { drifted: "▲", stable: "●", inconclusive: "◌" };

function chip(verdict) {
  if (!verdict) return el("span", { class: "chip inconclusive" }, "no data");
  return el("span", { class: `chip ${verdict}` }, el("i", { "aria-hidden": "true" }, MARKS[verdict]), verdict);
}
