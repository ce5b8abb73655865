// The paper beside ours, what is not there, and what all of it rests on.

function drawPaper() {
  const tables = chapter().beside;
  const section = byId("paper");
  section.hidden = !tables.length;
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
  section.replaceChildren(
    el("h2", {}, "Beside the paper"),
    el(
      "p",
      { class: "caption" },
      "Each cell: ours, the paper's, the difference; the paper's alone, in grey, where we have none.",
    ),
    ...tables.map((table, index) =>
      el(
        "details",
        { open: index === 0 },
        el("summary", {}, named(table.title), el("small", {}, ` ${table.note}`)),
        plainTable(
          [...table.heads, ...table.columns.map((title, at) => head(title, at, table))],
          table.lines.map(({ keys, cells }) => [
            ...keys.map(named),
            ...cells.map((cell, at) => (ours(table)[at] ? pair(cell) : el("span", { class: "none" }, cell[1]))),
          ]),
          [...table.heads.map(() => false), ...table.columns.map(() => true)],
        ),
      ),
    ),
  );
}

// Rows that are not done, those of one data set and one reason together.
function undone() {
  const { runs, kinds } = DATA;
  const groups = new Map();
  runs.status.forEach((status, at) => {
    if (status === "finished" || (chapter() && runs.preset[at] !== chapter().preset)) return;
    const key = JSON.stringify([kinds[at], runs.dataset[at], firstLine(runs.reason[at])]);
    groups.set(key, [...(groups.get(key) ?? []), at]);
  });
  return [...groups.values()];
}

function drawHoles() {
  const { runs, kinds } = DATA;
  const groups = undone();
  byId("holes").hidden = !groups.length;
  const which = (at) =>
    runLink(runs.run_id[at], named(`${runs.student[at]} ${runs.setting[at]} seed ${runs.seed[at] ?? "?"}`));
  const lines = groups.map((group) => [
    mark(kinds[group[0]]),
    named(runs.dataset[group[0]]),
    named(firstLine(runs.reason[group[0]] || "-")),
    el("span", { class: "which" }, ...group.map(which)),
  ]);
  byId("holes").replaceChildren(
    el("h2", {}, "Not done"),
    el("p", { class: "caption" }, `${groups.flat().length} runs were skipped or failed; each name leads to its run.`),
    plainTable(["status", "data set", "reason", "runs"], lines, [false, false, false, false]),
  );
}

function drawTrust() {
  const facts = Object.entries(DATA.facts).flatMap(([name, fact]) => [el("dt", {}, name), el("dd", {}, named(fact))]);
  const columns = chapter()
    ? view().columns.filter(({ meaning }) => meaning && !meaning.startsWith("Macro-F1 x100 on the test split of"))
    : [];
  byId("trust").replaceChildren(
    el("h2", {}, "What this rests on"),
    el("dl", { class: "facts" }, ...facts),
    el(
      "details",
      {},
      el("summary", {}, "How to read it"),
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
      el("summary", {}, "Make it again"),
      ...DATA.commands.map((text) => commandLine(text)),
      el(
        "p",
        { class: "caption" },
        "The arrow before a student in the leaderboard shows the command of that row alone, and its runs. Links lead to the tracking UI; without a server, start it with:",
      ),
      commandLine(DATA.ui),
    ),
  );
}
