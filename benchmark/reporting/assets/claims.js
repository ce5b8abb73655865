// What the paper claims of its students, what our runs say of it, and what its own tables say.

const VERDICTS = {
  holds: "held",
  "does not hold": "lost",
  undecided: "open",
  "not enough runs": "few",
};
const SIDES = { above: "above", below: "below", "not above": "at or below" };
const SCALES = {
  points: { none: 0, place: (value) => value, told: (reach) => `±${reach} points of F1` },
  times: { none: 1, place: Math.log2, told: (reach) => `1/${2 ** reach} to ${2 ** reach} times` },
};

function drawClaims() {
  const { summary, rules, lines } = DATA.claims;
  const judged = lines.filter(({ effect, verdict }) => effect !== null || verdict !== "not enough runs");
  const rest = lines.filter((one) => !judged.includes(one));
  byId("claims").hidden = !judged.length;
  if (!judged.length) return;
  const reach = reaches(judged);
  byId("claims").replaceChildren(
    el("h2", {}, "The paper's claims"),
    el("p", {}, summary),
    el(
      "p",
      { class: "caption" },
      el("i", { class: "key ours" }),
      " ours with its 95 % interval, ",
      el("i", { class: "key papers" }),
      ` the paper's; the line is no effect, the tint the side that is claimed. Ends at ${axesTold(judged, reach)}.`,
    ),
    claimTable(judged, reach),
    rest.length ? waiting(rest) : null,
    el(
      "details",
      {},
      el("summary", {}, "How claims are judged"),
      el("ul", {}, ...rules.map((rule) => el("li", {}, rule))),
    ),
  );
}

// How far each scale's axis reaches: all means lie within; longer intervals are cut.
function reaches(lines) {
  const reach = {};
  for (const line of lines)
    for (const value of [line.effect, line.paper_effect])
      if (value !== null)
        reach[line.scale] = Math.max(reach[line.scale] ?? 1, Math.ceil(1.2 * Math.abs(SCALES[line.scale].place(value))));
  return reach;
}

const axesTold = (lines, reach) =>
  Object.keys(SCALES)
    .filter((scale) => lines.some((line) => line.scale === scale))
    .map((scale) => SCALES[scale].told(reach[scale]))
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
    el("span", { tabindex: "0", "data-tip": ofWhat(line) }, line.pairs_text),
  ];
  const titles = ["claim", "verdict", "ours", "", "the paper's", "pairs"];
  return plainTable(titles, lines.map(cells), titles.map(() => false));
}

function paperCell({ paper_text, paper_here_text, paper_verdict }) {
  const notes = [
    paper_here_text ? `on the same data sets ${paper_here_text}` : null,
    paper_verdict ? `by its own tables: ${paper_verdict}` : null,
  ];
  return el(
    "div",
    { class: paper_text === "-" ? "none" : null },
    paper_text === "-" ? "no figure" : paper_text,
    ...notes.filter(Boolean).map((note) => el("small", { class: "note" }, note)),
  );
}

function verdictMark(line) {
  const rule = `It holds where the whole interval is ${SIDES[line.expects]} ${SCALES[line.scale].none}.`;
  const kind = `verdict ${VERDICTS[line.verdict]}`;
  return el("span", { class: kind, tabindex: "0", "data-tip": rule }, named(line.verdict_text));
}

function ofWhat(line) {
  const parts = [line.datasets, line.students].filter(Boolean);
  return parts.length ? `Of ${parts.join("; ")}.` : "Of nothing yet.";
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

function waiting(lines) {
  const cells = ({ text, section_text, needs, paper_text }) => [`${text}, §${section_text}`, needs, paper_text];
  return el(
    "details",
    {},
    el("summary", {}, `${lines.length} claims have no pair of runs yet`),
    plainTable(["claim", "what it needs", "the paper's"], lines.map(cells), [false, false, false]),
  );
}
