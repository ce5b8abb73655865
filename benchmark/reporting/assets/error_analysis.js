// Error analysis on test: F1 by class and confusion matrix of the best student, error by length.

const MOST_CLASSES = 30;

function classes(analysis) {
  const scored = Object.entries(analysis.f1_by_class ?? {});
  if (!scored.length) return null;
  const [, own] = scored.find(([name]) => name === analysis.best) ?? scored[0];
  const labels = Object.keys(own).sort((a, b) => own[b] - own[a]);
  const kept = labels.slice(-MOST_CLASSES);
  const node = canvas("classes");
  const traces = scored.map(([name, scores]) => ({
    x: kept.map((label) => 100 * (scores[label] ?? 0)),
    y: kept.map((_, index) => index),
    mode: "markers",
    name: plotText(name, 32),
    marker: {
      size: 9,
      color: name === analysis.best ? plotColour(bestStudent(analysis)) : ink("ink"),
      symbol: name === analysis.best ? "circle" : "line-ns-open",
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
  const node = canvas("confusion");
  const shares = counts.map((row) => {
    const all = row.reduce((a, b) => a + b, 0);
    return row.map((count) => (all ? count / all : 0));
  });
  const hovertext = counts.map((row, i) =>
    row.map((count, j) => `true label ${plotText(labels[i])}<br>predicted label ${plotText(labels[j])}: ${count}`),
  );
  const ticks = { tickvals: labels.map((_, index) => index), ticktext: labels.map((label) => plotText(label, 16)) };
  const trace = {
    type: "heatmap",
    z: shares,
    zmin: 0,
    zmax: 1,
    text: counts.map((row) => row.map((count) => (count ? String(count) : ""))),
    hovertext,
    hoverinfo: "text",
    xgap: 1,
    ygap: 1,
    colorscale: [
      [0, ink("raised")],
      [1, "#0072B2"],
    ],
    showscale: false,
    texttemplate: labels.length <= 12 ? "%{text}" : "",
  };
  return {
    box: figureBox(
      "Confusion matrix",
      `Predictions of ${analysis.best} on test; a cell is shaded by its share of the true label.`,
      node,
      "confusion",
    ),
    draw: () =>
      plot(node, [trace], {
        height: Math.max(320, 130 + 24 * labels.length),
        xaxis: axis("predicted label", { ...ticks, showgrid: false }),
        yaxis: axis("true label", { ...ticks, autorange: "reversed", showgrid: false }),
      }),
  };
}

function lengths(analysis) {
  const binned = Object.entries(analysis.lengths ?? {}).filter(([, bins]) => bins.length > 1);
  if (!binned.length) return null;
  const node = canvas("lengths");
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
