// What the best student answers on test: by class, by what is taken for what, by length.

const MOST_CLASSES = 30;

function classes(insight) {
  const known = Object.entries(insight.f1_by_class ?? {});
  if (!known.length) return null;
  const [, own] = known.find(([name]) => name === insight.best) ?? known[0];
  const labels = Object.keys(own).sort((a, b) => own[b] - own[a]);
  const kept = labels.slice(-MOST_CLASSES);
  const node = canvas("classes");
  const traces = known.map(([name, scores]) => ({
    x: kept.map((label) => 100 * (scores[label] ?? 0)),
    y: kept.map((_, index) => index),
    mode: "markers",
    name: plotText(name, 32),
    marker: {
      size: 9,
      color: name === insight.best ? plotColour(bestStudent(insight)) : ink("ink"),
      symbol: name === insight.best ? "circle" : "line-ns-open",
      line: { width: 2 },
    },
    hovertext: kept.map(
      (label) => `${plotText(name)}<br>${plotText(label)}: ${(100 * (scores[label] ?? 0)).toFixed(2)}`,
    ),
    hoverinfo: "text",
  }));
  const note = `${insight.best} beside its teacher${labels.length > kept.length ? `; the ${kept.length} hardest of ${labels.length} classes` : ""}.`;
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

const bestStudent = (insight) => alone(insight).standings.find(({ id }) => id === insight.best)?.student ?? "";

function confusionMatrix(insight) {
  if (!insight.confusion?.labels.length) return null;
  const { labels, counts } = insight.confusion;
  const node = canvas("confusion");
  const shares = counts.map((row) => {
    const all = row.reduce((a, b) => a + b, 0);
    return row.map((count) => (all ? count / all : 0));
  });
  const told = counts.map((row, i) =>
    row.map((count, j) => `${plotText(labels[i])} answered ${plotText(labels[j])}: ${count}`),
  );
  const ticks = { tickvals: labels.map((_, index) => index), ticktext: labels.map((label) => plotText(label, 16)) };
  const trace = {
    type: "heatmap",
    z: shares,
    zmin: 0,
    zmax: 1,
    text: counts.map((row) => row.map((count) => (count ? String(count) : ""))),
    hovertext: told,
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
      "What is taken for what",
      `Answers of ${insight.best} on test: a row is what was right, shaded by its share.`,
      node,
      "confusion",
    ),
    draw: () =>
      plot(node, [trace], {
        height: Math.max(320, 130 + 24 * labels.length),
        xaxis: axis("answered", { ...ticks, showgrid: false }),
        yaxis: axis("right", { ...ticks, autorange: "reversed", showgrid: false }),
      }),
  };
}

function lengths(insight) {
  const known = Object.entries(insight.lengths ?? {}).filter(([, bins]) => bins.length > 1);
  if (!known.length) return null;
  const node = canvas("lengths");
  const standings = new Map(alone(insight).standings.map((standing) => [standing.id, standing]));
  const middles = (bins) => bins.map(({ shortest, longest }) => (shortest + longest) / 2);
  const traces = known.map(([name, bins]) => ({
    x: middles(bins),
    y: bins.map(({ error }) => 100 * error),
    mode: "lines+markers",
    name: plotText(name, 32),
    line: {
      color: plotColour(standings.get(name)?.student),
      width: 1.8,
      dash: standings.get(name)?.isTeacher ? "dot" : "solid",
    },
    hovertext: bins.map(
      ({ error, n_texts, shortest, longest }) =>
        `${plotText(name)}<br>${shortest} to ${longest} words: ${(100 * error).toFixed(1)} % wrong of ${n_texts} texts`,
    ),
    hoverinfo: "text",
  }));
  return {
    box: figureBox(
      "Error by length",
      "Wrong answers in % on test texts of a length in words, lowest seed; bins hold about as many texts each.",
      node,
      "lengths",
    ),
    draw: () => plot(node, traces, { xaxis: axis("words"), yaxis: axis("% wrong", { rangemode: "tozero" }) }),
  };
}
