// The figures in a notebook's frame, one under the other, two abreast where there is room.

const index = JSON.parse(document.getElementById("data").textContent);
const printing = false;
const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => (dark.matches ? "dark" : "light");

plotly().then(() => {
  for (const { title, drawing, values, wide } of index.figures) {
    const section = document.createElement("section"), head = document.createElement("h3"), node = document.createElement("div");
    if (wide) section.className = "wide";
    head.textContent = title;
    section.append(head, node);
    document.body.append(section);
    draw(node, drawing, values);
  }
  dark.addEventListener("change", redrawAll);
  document.body.dataset.ready = "";
});
