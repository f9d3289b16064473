// What every page of the control room does: the theme, keys, forms that send themselves, and going on when something is ready.

const page = document.documentElement, theme = document.getElementById("theme");
const dark = matchMedia("(prefers-color-scheme: dark)");
const themeNow = () => page.dataset.theme ?? (dark.matches ? "dark" : "light");

function nameTheme() {
  theme.textContent = themeNow() === "dark" ? "Light" : "Dark";
  theme.setAttribute("aria-label", `Turn to the ${theme.textContent.toLowerCase()} theme`);
}

theme.hidden = false;
nameTheme();
theme.addEventListener("click", () => {
  page.dataset.theme = themeNow() === "dark" ? "light" : "dark";
  document.cookie = `theme=${page.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  nameTheme();
  dispatchEvent(new Event("theme"));
});
dark.addEventListener("change", nameTheme);

for (const select of document.querySelectorAll("[data-submit]")) select.addEventListener("change", () => select.form.requestSubmit());
for (const form of document.querySelectorAll("[data-ask]")) {
  form.addEventListener("submit", (event) => { if (!confirm(form.dataset.ask)) event.preventDefault(); });
}

// One box chooses all of its form.
document.getElementById("every")?.addEventListener("change", ({ target }) => { for (const box of target.form.querySelectorAll("input[name=id]")) box.checked = target.checked; });

// What scrolls by itself must be reached by keys.
const scrolled = new ResizeObserver((entries) => { for (const { target } of entries) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1; });
for (const part of document.querySelectorAll(".over:not([tabindex])")) scrolled.observe(part);

// On a telephone a line of a table stands as a block: each cell then says of which column it is.
function stack(root) {
  for (const table of root.querySelectorAll("table.listed")) {
    const heads = [...table.querySelectorAll("thead th")].map((head) => (head.querySelector(".unseen") ? "" : head.textContent.trim()));
    if (!heads.length) continue;
    table.classList.add("stacks");
    for (const row of table.tBodies[0]?.rows ?? []) [...row.cells].forEach((cell, at) => { if (at) cell.dataset.head = heads[at] ?? ""; });
  }
}
stack(document);

// Parts that change by themselves, such as what a rollout has shown, are asked for now and then; nobody loses what they are writing.
const FRESH = 10_000;
async function refresh() {
  const answer = document.hidden ? null : await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const newest = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-fresh]")) {
    const now = newest.getElementById(part.id);
    if (!now) continue;
    stack(now);
    if (now.innerHTML !== part.innerHTML) part.replaceChildren(...[...now.childNodes].map((node) => document.adoptNode(node)));
  }
}
if (document.querySelector("[data-fresh]")) {
  setInterval(refresh, FRESH);
  addEventListener("focus", refresh);
}

const again = document.querySelector("[data-again]");
if (again) setTimeout(() => location.reload(), Number(again.dataset.again) * 1000);

// Keys: "/" searches, j and k go through the lines of a table.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) return;
  const search = document.querySelector("input[type=search]");
  if (event.key === "/" && search) { event.preventDefault(); search.focus(); }
  if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
});

function step(by) {
  const links = [...document.querySelectorAll("table a.name")];
  if (links.length) links[Math.min(Math.max(links.indexOf(document.activeElement) + by, 0), links.length - 1)].focus();
}
// Something new was judged: the page loads itself again, unless somebody is in the middle of something; then it says so.
if (document.body.dataset.live) {
  const events = new EventSource(document.body.dataset.live);
  let first = null;
  events.addEventListener("message", ({ data }) => {
    first ??= data;
    if (data === first) return;
    first = data;
    const busy = document.querySelector("tr[data-open=true]") || /INPUT|TEXTAREA|SELECT/.test(document.activeElement?.tagName ?? "") || scrollY > 200;
    if (!busy) { location.reload(); return; }
    const news = document.getElementById("news") ?? document.querySelector("main").appendChild(Object.assign(document.createElement("a"), { id: "news", href: location.href, textContent: "Something new was judged: load again" }));
    news.setAttribute("role", "status");
    news.addEventListener("click", (event) => { event.preventDefault(); location.reload(); });
  });
  addEventListener("pagehide", () => events.close());
}
if (!document.body.matches(".of-model, .of-column")) document.body.dataset.ready = String(Math.round(performance.now()));
