// One row of the leaderboard: its cells, and below it, if opened, what to do with the student.

function line(entry, columns, first, ranges) {
  return el(
    "tr",
    {
      class: entry.isTeacher ? "teacher" : first ? "first" : cellValue(entry, "f1") === null ? "unranked" : "",
      "data-id": entry.id,
    },
    ...columns.map((column) =>
      column.name === "student"
        ? el("th", { scope: "row", class: cellClass(column) }, ...cell(entry, column))
        : el("td", { class: cellClass(column), style: heat(entry, column, ranges) }, ...cell(entry, column)),
    ),
  );
}

// Shading from the worst (none) to the best value of a column among students; costs by their logarithms.
const isShaded = ({ name, number, better }) => number && better && !/^(rank|seeds|coverage)$/.test(name);

const heatScale = (column, value) => (column.better === "lower" ? -Math.log(Math.max(value, 1e-9)) : value);

// Lowest and highest of each shaded column, by its place.
function heatRanges(columns) {
  const students = view().entries.filter(({ isTeacher }) => !isTeacher);
  const range = (column) => {
    const values = students.map(({ values }) => values[column.index]).filter((value) => value !== null);
    const scaled = values.map((value) => heatScale(column, value));
    return [column.index, [Math.min(...scaled), Math.max(...scaled)]];
  };
  return new Map(columns.filter(isShaded).map(range));
}

function heat(entry, column, ranges) {
  const value = entry.values[column.index];
  const [low, high] = ranges.get(column.index) ?? [0, 0];
  if (entry.isTeacher || value === null || high <= low) return null;
  return `--heat:${Math.round((22 * (heatScale(column, value) - low)) / (high - low))}%`;
}

function cell(entry, column) {
  const value = entry.values[column.index];
  const text = entry.texts[column.index];
  if (column.name === "student")
    return [
      opener(entry),
      el("i", { class: isHollow(entry.student) ? "dot hollow" : "dot", style: `color:${studentColour(entry.student)}` }),
      named(text),
    ];
  if (column.name === "f1" && value !== null) return f1Cell(entry, text);
  if (value !== null) return [column.number ? text : named(text)];
  return [missingCell(entry, column)];
}

function f1Cell(entry, text) {
  const [mean, ...interval] = text.split(" ");
  return [
    mean,
    interval.length ? el("small", { class: "interval" }, ` ${interval.join(" ")}`) : null,
    entry.cutShort ? el("span", { class: "mark cut_short", "data-tip": MARKS.cut_short.meaning, tabindex: "0" }, MARKS.cut_short.text) : null,
  ].filter(Boolean);
}

function missingCell(entry, column) {
  const of = column.name.startsWith("f1/") ? entry.missing[column.name.slice(3)] : undefined;
  if (of) return mark(of.kind, of.reason, of.run_id);
  const missing = Object.entries(entry.missing);
  if (column.name === "f1" && missing.length === 1 && view().datasets.length === 1)
    return mark(missing[0][1].kind, missing[0][1].reason, missing[0][1].run_id);
  if (column.name === "f1" && missing.length)
    return mark("incomplete", `no F1 on ${missing.map(([name]) => name).join(", ")}`);
  if (entry.invalid && isMeasured(column.name)) return mark("invalid", entry.invalid);
  return el("span", { class: "none" }, entry.texts[column.index]);
}

function opener(entry) {
  const open = opened.has(entry.id);
  return el(
    "button",
    {
      type: "button",
      class: "opener",
      "aria-expanded": String(open),
      "aria-label": `${open ? "Hide" : "Show"} runs and commands of ${entry.id}`,
      onclick: () => {
        if (!opened.delete(entry.id)) opened.add(entry.id);
        drawTable();
      },
    },
    open ? "▾" : "▸",
  );
}

const storeVariable = () => (DATA.uri ? `MLFLOW_TRACKING_URI=${quoted(DATA.uri)} ` : "");

// How to take a student to work: download, predict, serve, push.
function useCommands(entry) {
  if (entry.isBaseline) return [el("p", {}, "A baseline has no bundle to download, serve or push.")];
  if (!entry.use.length) return [];
  return [
    el("p", {}, `Use this student (${entry.useOf})`),
    ...entry.use.map((command) => commandLine(command.startsWith("mlflow") ? `${storeVariable()}${command}` : command)),
  ];
}

// The runs of a row, and the command that reproduces them.
function details(entry, width) {
  const runs = DATA.runs;
  const links = entry.runs.map((at) =>
    el(
      "li",
      {},
      runLink(runs.run_id[at], el("bdi", {}, `${runs.dataset[at]} seed ${runs.seed[at]}`)),
      ` F1 ${(100 * runs.test_f1[at]).toFixed(2)}`,
    ),
  );
  return el(
    "tr",
    { class: "behind" },
    el(
      "td",
      { colspan: String(width) },
      el("div", { class: "inside" }, ...useCommands(entry), el("p", {}, "Reproduce"), commandLine(entry.command), el("ul", { class: "runs" }, ...links)),
    ),
  );
}
