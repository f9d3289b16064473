// The page's memory: segments, the window pages and the column books that were opened so far.

const index = JSON.parse(document.getElementById("data").textContent);
const NONE = 255;

function segmentOf(raw, heat) {
  const windows = raw.windows.map(([label, start, end, rows, verdict, reason], at) =>
    ({ label, start, end, rows, verdict: index.verdicts[verdict], reason, unfinished: raw.unfinished.includes(at) }));
  const columns = raw.columns.map(([name, kind, role, importance], row) =>
    ({ name, kind, role, importance, row, drifted: raw.drifted[row], telling: raw.telling[row] }));
  const pages = new Map(), books = new Map(), verdicts = new Map(), tracks = new Map(), sheets = new Map();
  const ranks = new Map(raw.order.map((row, place) => [row, place]));
  const segment = {
    ...raw, windows, columns,
    rank: (row) => ranks.get(row),
    heat: (row, at) => heat[row * windows.length + at],
    verdictsOf: (row) => {
      if (!verdicts.has(row)) verdicts.set(row, windows.map((_, at) => verdictOfHeat(segment.heat(row, at))));
      return verdicts.get(row);
    },
    page: (at) => remember(pages, at, () => openPage(segment, at)),
    book: (row) => remember(books, row, () => openBook(segment, row)),
    track: (about, metric) => remember(tracks, `${about} ${metric}`, () => unpackJson(raw.tracks[about][metric][2])),
    sheetOf: (place) => remember(sheets, place, async () => unpackJson(raw.sheets[place][1] ?? (await asked("sheet", segment, raw.sheets[place][0])))),
    bookAtHand: (row) => books.get(row)?.value,
  };
  return segment;
}

function verdictOfHeat(z) {
  if (Number.isNaN(z)) return null;
  return z < 1 ? "stable" : z < 2 ? "inconclusive" : "drifted";
}

function remember(cache, key, open) {
  if (!cache.has(key)) {
    const entry = { value: undefined };
    entry.promise = open().then((value) => { entry.value = value; return value; });
    cache.set(key, entry);
  }
  return cache.get(key).promise;
}

// What is said of every column in one window.
async function openPage(segment, at) {
  const [words, numbers] = segment.pages?.[at] ?? (await asked("window", segment, at));
  const [told, values] = await Promise.all([unpackJson(words), unpackNumbers(numbers)]);
  const columns = segment.columns.length, field = (k, row) => values[k * columns + row];
  return segment.columns.map((column, row) => {
    const said = told[row];
    const shared = { column, row, nullReference: field(4, row), nullNow: field(5, row) };
    if (said === null) return { ...shared, verdict: null, reason: "no data", since: null, worst: null, concern: "", effect: NaN, low: NaN, high: NaN, psi: NaN, weight: NaN };
    const [verdict, cause, concern, reason, since, worst, rowsNeeded, seen] = said;
    return {
      ...shared, verdict: index.verdicts[verdict], cause: index.causes[cause], concern: index.concerns[concern], urgency: concern,
      reason, since, worst, rowsNeeded, seen: seen === 1,
      effect: field(0, row), low: field(1, row), high: field(2, row), psi: field(3, row), weight: field(6, row),
    };
  });
}

// Everything about one column in all windows.
async function openBook(segment, row) {
  const [words, numbers] = segment.books?.[row] ?? (await asked("column", segment, 0, { column: segment.columns[row].name, ...index.span }));
  const [told, values] = await Promise.all([unpackJson(words), unpackNumbers(numbers)]);
  const windows = segment.windows.length, rows = windows + 1;
  let at = 0;
  const table = (height, width) => {
    const columns = Array.from({ length: width }, (_, k) => values.subarray(at + k * height, at + (k + 1) * height));
    at += height * width;
    return columns;
  };
  const byWindow = (columns) => Array.from({ length: rows }, (_, i) => columns.map((column) => column[i]));
  const body = byWindow(table(rows, told.bins)), bars = byWindow(table(rows, told.bars));
  const scores = {};
  for (const statistic of told.statistics) {
    const columns = table(windows, index.fields.length);
    scores[statistic] = Object.fromEntries(index.fields.map((field, k) => [field, Array.from(columns[k])]));
  }
  const said = Object.fromEntries(told.statistics.map((statistic, k) => [statistic, told.said[k]]));
  const summaries = table(rows, index.summary.length);
  return { body, bars, scores, said, frame: told.frame, unseen: told.unseen, summaries: told.summed ? summaries : null };
}
