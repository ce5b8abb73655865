// The paper's claims, with the effect in our runs and in its own tables.

const VERDICTS = {
  holds: "holds",
  "does not hold": "fails",
  undecided: "undecided",
  "not enough runs": "few-runs",
};
const SIDES = { above: "above", below: "below", "not above": "at or below" };
const SCALES = {
  points: { none: 0, place: (value) => value, range: (reach) => `±${reach} points of F1` },
  times: { none: 1, place: Math.log2, range: (reach) => `1/${2 ** reach} to ${2 ** reach} times` },
};

function drawClaims() {
  const { summary, rules, lines } = DATA.claims;
  const judged = lines.filter(({ effect, verdict }) => effect !== null || verdict !== "not enough runs");
  const rest = lines.filter((one) => !judged.includes(one));
  byId("claims").hidden = !judged.length;
  if (!judged.length) return;
  const reach = reaches(judged);
  fill(
    byId("claims"),
    el("h2", {}, "The paper's claims"),
    el("p", {}, summary),
    el(
      "p",
      { class: "caption" },
      el("i", { class: "key ours" }),
      " our effect with its 95 % interval, ",
      el("i", { class: "key papers" }),
      ` the paper's; the line is no effect, the tinted side is claimed. Axes end at ${axisRanges(judged, reach)}.`,
    ),
    claimTable(judged, reach),
    rest.length ? unpaired(rest) : null,
    el(
      "details",
      {},
      el("summary", {}, "How claims are judged"),
      el("ul", {}, ...rules.map((rule) => el("li", {}, rule))),
    ),
  );
}

// Ends of each scale's axis: all means lie within, longer intervals are cut.
function reaches(lines) {
  const reach = {};
  for (const line of lines)
    for (const value of [line.effect, line.paper_effect])
      if (value !== null)
        reach[line.scale] = Math.max(reach[line.scale] ?? 1, Math.ceil(1.2 * Math.abs(SCALES[line.scale].place(value))));
  return reach;
}

const axisRanges = (lines, reach) =>
  Object.keys(SCALES)
    .filter((scale) => lines.some((line) => line.scale === scale))
    .map((scale) => SCALES[scale].range(reach[scale]))
    .join(", or ");

function claimTable(lines, reach) {
  const cells = (line) => [
    el(
      "div",
      { class: "claim" },
      line.text,
      el("small", {}, ` §${line.section_text}`),
      line.note ? el("small", { class: "note" }, line.note) : null,
    ),
    verdictMark(line),
    el("b", {}, line.ours_text),
    strip(line, reach[line.scale]),
    paperCell(line),
    el(
      "div",
      {},
      el("span", { tabindex: "0", "data-tip": pairsTip(line) }, line.pairs_text),
      line.more_pairs_text ? el("small", { class: "note" }, `${line.more_pairs_text} more to decide`) : null,
    ),
  ];
  const titles = ["claim", "verdict", "ours", "", "the paper's", "pairs"];
  return plainTable("The paper's claims, judged by our runs", titles, lines.map(cells), titles.map(() => false));
}

function paperCell({ paper_text, paper_here_text, paper_verdict }) {
  const notes = [
    paper_here_text ? `on the same data sets ${paper_here_text}` : null,
    paper_verdict ? `on its own tables: ${paper_verdict}` : null,
  ];
  return el(
    "div",
    { class: paper_text === "-" ? "none" : null },
    paper_text === "-" ? "none" : paper_text,
    ...notes.filter(Boolean).map((note) => el("small", { class: "note" }, note)),
  );
}

function verdictMark(line) {
  const rule = `It holds where the whole interval is ${SIDES[line.expects]} ${SCALES[line.scale].none}.`;
  const kind = `verdict ${VERDICTS[line.verdict]}`;
  return el("span", { class: kind, tabindex: "0", "data-tip": rule }, named(line.verdict_text));
}

function pairsTip(line) {
  const parts = [line.datasets, line.students].filter(Boolean);
  return parts.length ? `${parts.join("; ")}.` : "No pairs yet.";
}

function strip(line, reach) {
  const at = (value) =>
    Math.min(100, Math.max(0, 50 + (50 * SCALES[line.scale].place(value)) / reach));
  const range = (kind, low, high) =>
    low === null ? null : el("i", { class: kind, style: `left:${at(low)}%;width:${at(high) - at(low)}%` });
  const dot = (kind, value) => (value === null ? null : el("i", { class: kind, style: `left:${at(value)}%` }));
  const side = line.expects === "above" ? "above" : "below";
  return el(
    "div",
    { class: "strip", role: "img", "aria-label": `ours ${line.ours_text}, the paper's ${line.paper_text}` },
    el("i", { class: `side ${side}` }),
    el("i", { class: "no-effect" }),
    range("range papers", line.paper_low, line.paper_high),
    range("range ours", line.low, line.high),
    dot("dot papers", line.paper_effect),
    dot("dot ours", line.effect),
  );
}

function unpaired(lines) {
  const cells = ({ text, section_text, needs, paper_text }) => [`${text}, §${section_text}`, needs, paper_text];
  return el(
    "details",
    {},
    el("summary", {}, `${lines.length} claims without a pair of runs`),
    plainTable("Claims without a pair of runs", ["claim", "runs needed", "the paper's"], lines.map(cells), [false, false, false]),
  );
}
