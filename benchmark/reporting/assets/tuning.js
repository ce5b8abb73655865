// Figure 3: validation F1 by learning rate for each study; the rates of the paper's grid are dashed.
// The largest mark is the best trial, grey ones were pruned.

function drawTuning() {
  const { title, note, grid, studies } = DATA.tuning;
  byId("tuning").hidden = !studies.length;
  if (!studies.length) return;
  const plots = studies.map((_, at) => canvas(`study-${at}`, "Validation F1 by learning rate, a point per trial"));
  fill(
    byId("tuning"),
    el("h2", {}, title),
    el("p", { class: "caption" }, note),
    el(
      "div",
      { class: "figures" },
      ...studies.map(({ name, summary }, at) => figureBox(named(name), summary, plots[at], `learning-rates-${at}`)),
    ),
  );
  studies.forEach((study, at) => plotTrials(plots[at], study, grid));
}

function plotTrials(node, study, grid) {
  const scored = study.trials.filter(({ valid_f1 }) => valid_f1 !== null);
  const rates = [...scored.map(({ learning_rate }) => learning_rate), ...grid];
  const trials = {
    type: "scatter",
    mode: "markers",
    x: scored.map(({ learning_rate }) => learning_rate),
    y: scored.map(({ valid_f1 }) => 100 * valid_f1),
    marker: {
      opacity: 1,
      size: scored.map(({ number }) => (number === study.best ? 16 : 9)),
      color: scored.map(({ state }) => (state === "pruned" ? ink("faint") : study.colour)),
      symbol: studentSymbol(study.student),
      line: outline(study.student),
    },
    text: scored.map(trialTip),
    hovertemplate: "%{text}<extra></extra>",
  };
  plot(node, [trials], {
    xaxis: { ...logAxis("learning rate", rates), showgrid: false },
    yaxis: axis("validation macro-F1 x100"),
    showlegend: false,
    shapes: grid.map((rate) => ({
      type: "line",
      x0: rate,
      x1: rate,
      yref: "paper",
      y0: 0,
      y1: 1,
      line: { color: ink("faint"), dash: "dash", width: 1 },
    })),
  });
}

const trialTip = ({ number, learning_rate, valid_f1, state }) =>
  `trial ${number}: ${learning_rate.toPrecision(3)}<br>F1 ${(100 * valid_f1).toFixed(2)} (${state})`;
