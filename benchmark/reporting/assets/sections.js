// Comparison with the paper, failed and skipped runs, data, and provenance.

function drawPaper() {
  const tables = section().comparisons;
  byId("paper").hidden = !tables.length;
  const ours = (table) => table.columns.map((_, at) => table.lines.some(({ cells }) => cells[at][0] !== "-"));
  const three = ([ours, paper, difference]) => [
    el("b", { class: ours === "-" ? "none" : null }, ours),
    el("span", {}, paper),
    el("i", {}, difference === "-" ? "" : difference),
  ];
  const pair = (texts) => el("span", { class: "pair" }, ...three(texts));
  const head = (title, at, table) =>
    ours(table)[at]
      ? el("span", {}, title, el("small", { class: "pair" }, ...three(["ours", "paper", "diff."])))
      : title;
  fill(
    byId("paper"),
    el("h2", {}, "Comparison with the paper"),
    el(
      "p",
      { class: "caption" },
      "Each cell: our value, the paper's, and the difference; grey cells are the paper's alone.",
    ),
    ...tables.map((table, index) =>
      el(
        "details",
        { open: index === 0 },
        el("summary", {}, named(table.title), el("small", {}, ` ${table.note}`)),
        plainTable(
          `Ours and the paper's, ${table.title}`,
          [...table.keys, ...table.columns.map((title, at) => head(title, at, table))],
          table.lines.map(({ keys, cells }) => [
            ...keys.map(named),
            ...cells.map((cell, at) => (ours(table)[at] ? pair(cell) : el("span", { class: "none" }, cell[1]))),
          ]),
          [...table.keys.map(() => false), ...table.columns.map(() => true)],
        ),
      ),
    ),
  );
}

// Failed and skipped runs, grouped by data set and reason.
function unfinishedGroups() {
  const { runs, kinds } = DATA;
  const groups = new Map();
  runs.status.forEach((status, at) => {
    if (status === "finished" || (section() && runs.preset[at] !== section().preset)) return;
    const key = JSON.stringify([kinds[at], runs.dataset[at], firstLine(runs.reason[at])]);
    groups.set(key, [...(groups.get(key) ?? []), at]);
  });
  return [...groups.values()];
}

function drawNotDone() {
  const { runs, kinds } = DATA;
  const groups = unfinishedGroups();
  byId("not-done").hidden = !groups.length;
  const which = (at) =>
    runLink(runs.run_id[at], named(`${runs.student[at]} ${runs.setting[at]} seed ${runs.seed[at] ?? "?"}`));
  const lines = groups.map((group) => [
    mark(kinds[group[0]]),
    named(runs.dataset[group[0]]),
    named(firstLine(runs.reason[group[0]] || "-")),
    el("span", { class: "which" }, ...group.map(which)),
  ]);
  fill(
    byId("not-done"),
    el("h2", {}, "Failed and skipped runs"),
    el("p", { class: "caption" }, `${groups.flat().length} runs; names link to them.`),
    plainTable("Failed and skipped runs", ["status", "data set", "reason", "runs"], lines, [false, false, false, false]),
  );
}

function drawData() {
  const { columns, rows, note } = DATA.data;
  byId("datasets").hidden = !rows.length;
  fill(
    byId("datasets"),
    el("h2", {}, "Data"),
    el("p", { class: "caption" }, note),
    plainTable(
      "Data sets",
      columns.map(({ title }) => title),
      rows.map(({ texts }) => texts.map(named)),
      columns.map(({ number }) => number),
    ),
  );
}

function drawProvenance() {
  const facts = Object.entries(DATA.facts).flatMap(([name, fact]) => [el("dt", {}, name), el("dd", {}, named(fact))]);
  const columns = section()
    ? view().columns.filter(({ name, meaning }) => meaning && !name.startsWith("f1/"))
    : [];
  fill(
    byId("provenance"),
    el("h2", {}, "Provenance"),
    el("dl", { class: "facts" }, ...facts),
    el(
      "details",
      {},
      el("summary", {}, "How to read this report"),
      el("ul", {}, ...DATA.notes.map((note) => el("li", {}, note))),
      el(
        "dl",
        { class: "facts" },
        ...columns.flatMap(({ title, meaning }) => [el("dt", {}, title), el("dd", {}, meaning)]),
      ),
    ),
    el(
      "details",
      { open: true },
      el("summary", {}, "Reproduce"),
      ...DATA.commands.map((text) => commandLine(text)),
      el(
        "p",
        { class: "caption" },
        "The arrow before a student in the leaderboard shows the runs of that row and a command for them alone. Links to runs open the tracking UI; for a local store, start it with:",
      ),
      commandLine(DATA.ui),
    ),
  );
}
