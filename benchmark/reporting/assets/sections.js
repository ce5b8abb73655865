// The paper beside ours, what is not there, and what all of it rests on.

function drawPaper() {
  const tables = chapter().beside;
  const section = byId("paper");
  section.hidden = !tables.length;
  const ours = (table) => table.columns.map((_, at) => table.lines.some(({ cells }) => cells[at][0] !== "-"));
  const pair = ([ours, paper, difference]) =>
    el(
      "span",
      { class: "pair" },
      el("b", { class: ours === "-" ? "none" : null }, ours),
      el("span", {}, paper),
      el("i", {}, difference),
    );
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
          [...table.heads, ...table.columns],
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

function drawHoles() {
  const runs = DATA.runs;
  const undone = runs.status
    .map((status, at) => at)
    .filter((at) => runs.status[at] !== "finished" && (runs.preset[at] === chapter()?.preset || !chapter()));
  byId("holes").hidden = !undone.length;
  const lines = undone.map((at) => [
    runs.status[at],
    named(runs.dataset[at]),
    named(`${runs.student[at]} ${runs.setting[at]}`),
    String(runs.seed[at] ?? ""),
    named(firstLine(runs.reason[at] || "-")),
    runLink(runs.run_id[at], "run"),
  ]);
  byId("holes").replaceChildren(
    el("h2", {}, "Not done"),
    el("p", { class: "caption" }, `${undone.length} runs were skipped or failed.`),
    plainTable(["status", "data set", "student", "seed", "reason", "MLflow"], lines, [
      false,
      false,
      false,
      true,
      false,
      false,
    ]),
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
