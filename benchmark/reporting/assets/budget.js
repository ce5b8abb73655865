// The best student within a budget, as the command line prints it.

const BOUNDS = [
  { key: "ms", option: "--max-ms", label: "at most", unit: "ms per sentence", columns: DATA.budget.ms },
  { key: "mib", option: "--max-mib", label: "at most", unit: "MiB on disk", columns: DATA.budget.mib },
  { key: "kept", option: "--min-kept", label: "at least", unit: "% of the teacher's F1", columns: ["f1_kept"] },
];

function bound(key) {
  const number = Number.parseFloat(state[key]);
  return Number.isFinite(number) && number >= 0 ? number : null;
}

function fits(entry) {
  return BOUNDS.every(({ key, columns }) => {
    const limit = bound(key);
    if (limit === null) return true;
    const value = firstOf(entry, columns);
    if (value === undefined) return false;
    return key === "kept" ? value >= limit : value <= limit;
  });
}

const isRanked = (entry) => cellValue(entry, "rank") !== null && !entry.isBaseline;

const hasBudget = () => BOUNDS.some(({ key }) => bound(key) !== null);

const firstOf = (entry, columns) => columns.map((name) => cellValue(entry, name)).find((found) => (found ?? null) !== null);

// The best student within the budget; benchmark/reporting/best.py has the rule.
function best() {
  const fitting = view().entries.filter((entry) => isRanked(entry) && fits(entry));
  const f1 = (entry) => cellValue(entry, "f1");
  const { points, sameLatency } = DATA.best;
  const near = fitting.filter(
    (entry) => f1(fitting[0]) - f1(entry) <= points && !fitting.some(({ id }) => entry.beatenBy.includes(id)),
  );
  const ms = (entry) => firstOf(entry, DATA.budget.ms) ?? Infinity;
  const fastest = Math.min(...near.map(ms));
  return near.find((entry) => fastest === Infinity || ms(entry) <= sameLatency * fastest);
}

function verdict() {
  const ranked = view().entries.filter(isRanked);
  const fitting = ranked.filter(fits);
  if (!ranked.length) return "No student of this leaderboard is ranked yet.";
  if (!fitting.length) return "No student of this leaderboard fits the budget.";
  return `${fitting.length} of ${ranked.length} fit; the best is ${best().description}.`;
}

function budgetCommand() {
  const options = BOUNDS.filter(({ key }) => bound(key) !== null).map(({ key, option }) => `${option} ${bound(key)}`);
  return [
    section().command,
    ...(view().datasets.length === 1 && section().views.length > 1 ? [`--dataset ${quoted(view().datasets[0])}`] : []),
    ...options,
  ].join(" ");
}

const quoted = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);

function drawSummary() {
  fill(byId("summary"), el("p", { class: "lead", id: "headline" }), budgetForm(), budgetResult(), rule());
  drawVerdict();
}

function budgetForm() {
  const field = ({ key, label, unit }) =>
    el(
      "label",
      {},
      `${label} `,
      el("input", {
        type: "number",
        min: "0",
        step: "any",
        inputmode: "decimal",
        id: `budget-${key}`,
        value: state[key],
        placeholder: "any",
        oninput: (event) =>
          choose({ [key]: event.target.value }, drawVerdict, drawTable, ...(state.fit ? [drawTradeOff] : [])),
      }),
      ` ${unit}`,
    );
  const only = el(
    "label",
    { class: "check" },
    el("input", {
      type: "checkbox",
      id: "budget-fit",
      checked: Boolean(state.fit),
      onchange: (event) => choose({ fit: event.target.checked ? "1" : "" }, drawLeaderboard, drawTradeOff),
    }),
    " show only students within the budget",
  );
  return el(
    "form",
    { class: "budget", onsubmit: (event) => event.preventDefault() },
    el("span", { class: "label" }, "Budget"),
    ...BOUNDS.map(field),
    only,
  );
}

const rule = () => el("p", { class: "caption", id: "rule" }, DATA.best.rule);

const budgetResult = () => el("div", { id: "budget-result" }, ...resultParts());

function resultParts() {
  return hasBudget() ? [commandLine(budgetCommand(), "budget-command")] : [];
}

// The headline answers the budget, if there is one.
function drawVerdict() {
  fill(byId("headline"), together(hasBudget() ? verdict() : view().summary));
  fill(byId("budget-result"), ...resultParts());
}
