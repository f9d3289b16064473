// Figures that stand in a page as drawings are had as pictures too: with the styles that they have here, on the colour that they stand on.

const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-size", "font-family", "text-anchor", "dominant-baseline"], TWICE = 2;

async function pictureOf(svg) {
  const copy = svg.cloneNode(true), { width, height } = svg.viewBox.baseVal, own = [svg, ...svg.querySelectorAll("*")], canvas = document.createElement("canvas");
  [copy, ...copy.querySelectorAll("*")].forEach((node, k) => {
    const style = getComputedStyle(own[k]);
    for (const name of STYLES) node.style.setProperty(name, style.getPropertyValue(name));
  });
  for (const [name, value] of [["xmlns", "http://www.w3.org/2000/svg"], ["width", width * TWICE], ["height", height * TWICE]]) copy.setAttribute(name, value);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await image.decode();
  Object.assign(canvas, { width: width * TWICE, height: height * TWICE });
  const pen = canvas.getContext("2d");
  pen.fillStyle = getComputedStyle(svg.closest(".card")).backgroundColor;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

for (const button of document.querySelectorAll("[data-picture]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const address = URL.createObjectURL(await pictureOf(button.closest("section").querySelector("svg.sequential")));
    const link = Object.assign(document.createElement("a"), { href: address, download: `${button.dataset.picture}.png` });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  });
}
