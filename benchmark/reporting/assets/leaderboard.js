// The leaderboard: one row per teacher, student and setting; sorted, filtered, and downloaded as shown.

const opened = new Set();

function shownColumns() {
  const chosen = unpacked(state.columns);
  return offered().filter(({ name, initial, index }) =>
    chosen ? chosen.includes(name) : initial && hasAny(index),
  );
}

// All columns with their places; the column of a single data set would repeat the mean.
function offered() {
  const isSingle = view().datasets.length === 1;
  return view()
    .columns.map((column, index) => ({ ...column, index }))
    .filter(({ name }) => !(isSingle && name.startsWith("f1/")));
}

// Whether a column has any value, or an invalid one.
const hasAny = (index) =>
  view().entries.some(
    (entry) => entry.values[index] !== null || (entry.invalid && isMeasured(view().columns[index].name)),
  );

const isMeasured = (name) => /^(latency|speed_up)_/.test(name);

function sorted(entries) {
  const index = columnIndex(view(), state.sort);
  if (index < 0 || (state.sort === "rank" && !state.down)) return entries;
  const sign = state.down ? -1 : 1;
  const compare = (a, b) => {
    const [x, y] = [a.values[index], b.values[index]];
    if (a.isTeacher !== b.isTeacher) return a.isTeacher ? -1 : 1;
    if (x === null || y === null) return (x === null) - (y === null);
    return sign * (typeof x === "string" ? x.localeCompare(y) : x - y);
  };
  return [...entries].sort(compare);
}

function sortBy(column) {
  const again = state.sort === column.name;
  const down = again ? (state.down ? "" : "1") : column.better === "higher" ? "1" : "";
  choose({ sort: column.name, down }, drawTable);
}

function drawLeaderboard() {
  const { datasets, columns } = view();
  const note = columns.find(({ name }) => name === `f1/${datasets[0]}`)?.note;
  const caption =
    datasets.length === 1
      ? ["On ", named(datasets[0]), note ? `, ${note} test texts` : ""]
      : [`Mean over ${datasets.length} data sets`];
  const others = unrankedDatasets();
  if (others.length) caption.push(", without ", ...others.flatMap((name, at) => [at ? ", " : "", named(name)]), " (no ranked student)");
  caption.push(intervalNote());
  fill(
    byId("leaderboard"),
    el("h2", {}, "Leaderboard"),
    controls(),
    el("p", { class: "caption", id: "caption" }, ...caption),
    el("div", { class: "scroll board", id: "board", tabindex: "0" }),
    el("p", { class: "legend", id: "legend" }),
  );
  drawTable();
}

// What the intervals beside F1 cover, as `[low, high]` or ±.
function intervalNote() {
  const { datasets, entries } = view();
  const f1 = columnIndex(view(), "f1");
  const shows = (sign) => entries.some(({ texts }) => texts[f1].includes(sign));
  const seeds = entries.some(({ runs }) => runs.length > datasets.length) ? " and seeds" : ", which does not cover other seeds";
  const notes = [
    shows("[") ? `in brackets the 95 % interval over test items${seeds}` : null,
    shows("±") ? "± the 95 % interval over seeds alone" : null,
  ].filter(Boolean);
  return `; ${notes.join("; ") || "without readable predictions there is no interval over test items"}.`;
}

// Data sets without a ranked student, which no mean includes.
function unrankedDatasets() {
  const { dataset, preset } = DATA.runs;
  const ranked = section().views[0].datasets;
  return [...new Set(dataset.filter((name, at) => preset[at] === section().preset && !ranked.includes(name)))];
}

function controls() {
  const redraw = [drawSummary, drawLeaderboard, drawTradeOff];
  const list = (title, key, names) =>
    names.length < 2
      ? null
      : picker(
          title,
          names.map((name) => ({ value: name, title: name })),
          unpacked(state[key]),
          `pick-${key}`,
          (kept, all) => choose({ [key]: kept.length === all ? "" : packed(kept) }, drawTable, drawTradeOff),
        );
  const views = section().views;
  const select =
    views.length < 2
      ? null
      : el(
          "label",
          {},
          "Data set ",
          el(
            "select",
            {
              id: "pick-view",
              onchange: (event) =>
                choose({ view: event.target.value, dataset: event.target.value || state.dataset }, ...redraw, drawDataset),
            },
            ...views.map((one, index) =>
              el(
                "option",
                { value: index ? one.datasets[0] : "", selected: one === view() },
                index ? one.datasets[0] : "mean of all",
              ),
            ),
          ),
        );
  const columns = offered().filter(({ name }) => name !== "student");
  const names = columns.map(({ name, title }) => ({ value: name, title }));
  return el(
    "div",
    { class: "controls" },
    select,
    list("Students", "students", section().students),
    list("Settings", "settings", section().settings),
    picker(
      "Columns",
      names,
      shownColumns().map((column) => column.name),
      "pick-columns",
      (kept) => choose({ columns: packed(["student", ...kept]) }, drawTable),
    ),
    el(
      "label",
      {},
      "Search ",
      el("input", {
        type: "search",
        id: "search",
        value: state.search,
        placeholder: "student or setting",
        oninput: (event) => choose({ search: event.target.value }, drawTable, drawTradeOff),
      }),
    ),
    el("span", { class: "gap" }),
    el("button", { type: "button", id: "download-shown", onclick: downloadShown }, "Download table"),
    el("button", { type: "button", id: "download-runs", onclick: downloadRuns }, "Download runs"),
  );
}

function drawTable() {
  const columns = shownColumns();
  const rows = sorted(visible());
  const head = el("tr", {}, ...columns.map(headCell));
  const found = best();
  const ranges = heatRanges(columns);
  const body = rows.flatMap((entry) =>
    opened.has(entry.id)
      ? [line(entry, columns, entry === found, ranges), details(entry, columns.length)]
      : [line(entry, columns, entry === found, ranges)],
  );
  const focused = focusedControl();
  const title = el("caption", { class: "unseen" }, byId("caption").textContent);
  fill(byId("board"), el("table", {}, title, el("thead", {}, head), el("tbody", {}, ...body)));
  if (focused) byId("board").querySelector(focused)?.focus();
  const kinds = [...new Set([...byId("board").querySelectorAll(".mark")].map((chip) => chip.classList[1]))];
  fill(
    byId("legend"),
    ...kinds.map((kind) =>
      el("span", {}, el("span", { class: `mark ${kind}` }, MARKS[kind].text), ` ${MARKS[kind].meaning}.`),
    ),
  );
  byId("legend").hidden = !kinds.length;
}

// A selector of the table's control that has the keyboard's focus: drawing the table anew must not lose it.
function focusedControl() {
  const control = byId("board").contains(document.activeElement) ? document.activeElement : null;
  if (control?.dataset.column) return `[data-column="${CSS.escape(control.dataset.column)}"]`;
  const row = control?.classList.contains("opener") ? control.closest("tr") : null;
  return row ? `tr[data-id="${CSS.escape(row.dataset.id)}"] .opener` : "";
}

function headCell(column) {
  const direction = column.better ? ` ${column.better[0].toUpperCase()}${column.better.slice(1)} is better.` : "";
  const unit = column.unit ? ` Unit: ${column.unit}.` : "";
  const current = state.sort === column.name;
  const order = current ? (state.down ? "descending" : "ascending") : "none";
  const arrow = current ? (state.down ? " ↓" : " ↑") : "";
  return el(
    "th",
    { scope: "col", class: cellClass(column), "aria-sort": order },
    el(
      "button",
      {
        type: "button",
        "data-column": column.name,
        "data-tip": `${column.meaning || column.title}${unit}${direction}`.trim(),
        onclick: () => sortBy(column),
      },
      named(column.title),
      el("span", { class: "arrow" }, arrow),
      column.note ? el("small", {}, column.note) : null,
    ),
  );
}

const cellClass = (column) =>
  `${column.number ? "number" : "text"} c-${column.name === "student" ? "student" : column.name === "rank" ? "rank" : "other"}`;
