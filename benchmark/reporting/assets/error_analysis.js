// Error analysis on test: F1 by class and confusion matrix of the best student, error by length.

const MOST_CLASSES = 30;

function classes(analysis) {
  const scored = Object.entries(analysis.f1_by_class ?? {});
  if (!scored.length) return null;
  const [, own] = scored.find(([name]) => name === analysis.best) ?? scored[0];
  const labels = Object.keys(own).sort((a, b) => own[b] - own[a]);
  const kept = labels.slice(-MOST_CLASSES);
  const node = canvas("classes", "F1 by class of the best student and its teacher");
  const traces = scored.map(([name, scores]) => ({
    x: kept.map((label) => 100 * (scores[label] ?? 0)),
    y: kept.map((_, index) => index),
    mode: "markers",
    name: plotText(name, 32),
    marker: {
      size: 9,
      color: name === analysis.best ? plotColour(bestStudent(analysis)) : ink("ink"),
      symbol: name === analysis.best ? studentSymbol(bestStudent(analysis)) : "line-ns-open",
      line: { width: 2 },
    },
    hovertext: kept.map(
      (label) => `${plotText(name)}<br>${plotText(label)}: ${(100 * (scores[label] ?? 0)).toFixed(2)}`,
    ),
    hoverinfo: "text",
  }));
  const note = `${analysis.best} beside its teacher${labels.length > kept.length ? `; the ${kept.length} hardest of ${labels.length} classes` : ""}.`;
  const ticks = {
    tickvals: kept.map((_, index) => index),
    ticktext: kept.map((label) => plotText(label, 22)),
    range: [kept.length - 0.5, -0.5],
  };
  return {
    box: figureBox("F1 by class", note, node, "classes"),
    draw: () =>
      plot(node, traces, {
        height: Math.max(260, 120 + 22 * kept.length),
        xaxis: axis("F1 x100"),
        yaxis: axis("", ticks),
      }),
  };
}

const bestStudent = (analysis) => analysedView(analysis).entries.find(({ id }) => id === analysis.best)?.student ?? "";

function confusionMatrix(analysis) {
  if (!analysis.confusion?.labels.length) return null;
  const { labels, counts } = analysis.confusion;
  const cell = (count, share, gold, predicted) =>
    el(
      "td",
      {
        class: share > 0.55 ? "strong" : null,
        style: count ? `--share:${(100 * share).toFixed(0)}%` : null,
        "data-tip": `true label ${gold}, predicted label ${predicted}: ${count}`,
      },
      count ? String(count) : "",
    );
  const line = (row, at) => {
    const all = row.reduce((a, b) => a + b, 0);
    const cells = row.map((count, to) => cell(count, all ? count / all : 0, labels[at], labels[to]));
    return el("tr", {}, el("th", { scope: "row" }, named(labels[at])), ...cells);
  };
  const head = labels.map((label) => el("th", { scope: "col" }, named(label)));
  const node = el(
    "div",
    { class: "scroll", tabindex: "0" },
    el(
      "table",
      { class: "confusion", id: "confusion" },
      el("caption", { class: "unseen" }, "Confusion matrix: true labels by row, predicted labels by column"),
      el("thead", {}, el("tr", {}, el("th", {}, "true ↓ predicted →"), ...head)),
      el("tbody", {}, ...counts.map(line)),
    ),
  );
  const note = `Predictions of ${analysis.best} on test; a cell is shaded by its share of the true label.`;
  return { box: figureBox("Confusion matrix", note, node, ""), draw: () => {} };
}

function lengths(analysis) {
  const binned = Object.entries(analysis.lengths ?? {}).filter(([, bins]) => bins.length > 1);
  if (!binned.length) return null;
  const node = canvas("lengths", "Error by length of the text, a line per student");
  const entries = new Map(analysedView(analysis).entries.map((entry) => [entry.id, entry]));
  const middles = (bins) => bins.map(({ shortest, longest }) => (shortest + longest) / 2);
  const traces = binned.map(([name, bins]) => ({
    x: middles(bins),
    y: bins.map(({ error }) => 100 * error),
    mode: "lines+markers",
    name: plotText(name, 32),
    line: {
      color: plotColour(entries.get(name)?.student),
      width: 1.8,
      dash: entries.get(name)?.isTeacher ? "dot" : "solid",
    },
    marker: { symbol: studentSymbol(entries.get(name)?.student ?? "") },
    hovertext: bins.map(
      ({ error, n_texts, shortest, longest }) =>
        `${plotText(name)}<br>${shortest} to ${longest} words: error ${(100 * error).toFixed(1)} % of ${n_texts} texts`,
    ),
    hoverinfo: "text",
  }));
  return {
    box: figureBox(
      "Error by length",
      "Error rate by length of the test text, lowest seed; bins hold about equally many texts.",
      node,
      "lengths",
    ),
    draw: () => plot(node, traces, { xaxis: axis("words"), yaxis: axis("error rate in %", { rangemode: "tozero" }) }),
  };
}
