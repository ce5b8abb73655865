// One data set: F1 by setting, learning curves, and error analysis.

function datasetViews() {
  const { views } = section();
  return views.length === 1 ? views : views.slice(1);
}

function drawDataset() {
  const views = datasetViews();
  const chosen = views.find((one) => one.datasets[0] === state.dataset) ?? views.find((one) => one === view()) ?? views[0];
  const name = chosen.datasets[0];
  const analysis = section().analyses.find((one) => one.dataset === name) ?? {};
  const tabs =
    views.length < 2
      ? null
      : el(
          "nav",
          { class: "tabs", "aria-label": "Data sets" },
          ...views.map((one) =>
            el(
              "button",
              {
                type: "button",
                "aria-pressed": String(one === chosen),
                onclick: () => choose({ dataset: one.datasets[0] }, drawDataset),
              },
              named(one.datasets[0]),
            ),
          ),
        );
  const boxes = [ladder(chosen), curves(analysis), classes(analysis), confusionMatrix(analysis), lengths(analysis)].filter(
    Boolean,
  );
  fill(
    byId("dataset"),
    el("h2", {}, "Data set ", named(name)),
    tabs ?? "",
    el("p", { class: "caption" }, together(chosen.summary)),
    el("div", { class: "figures" }, ...boxes.map(({ box }) => box)),
  );
  for (const { draw } of boxes) draw();
}

const analysedView = (analysis) => datasetViews().find((one) => one.datasets[0] === analysis.dataset);

const ofStudents = (entries) => [...new Set(entries.map(({ student }) => student))];

// A line per student over the settings, a dot per seed, a level line for the teacher.
function ladder(shown) {
  const scored = shown.entries.filter((entry) => cellValue(entry, "f1", shown) !== null);
  const students = scored.filter(({ isTeacher }) => !isTeacher);
  if (!students.length) return null;
  const available = section().settings.filter((setting) => students.some((entry) => entry.setting === setting));
  const inLadder = available.filter((setting) => DATA.ladder.includes(setting));
  const settings = inLadder.length ? inLadder : available;
  const node = canvas("ladder", "F1 by setting, a line per student; the leaderboard has the values");
  const traces = ofStudents(students).flatMap((student) => {
    const own = settings
      .map((setting) => students.find((one) => one.student === student && one.setting === setting))
      .filter(Boolean);
    const at = own.map(({ setting }) => settings.indexOf(setting));
    const means = own.map((entry) => cellValue(entry, "f1", shown));
    const seeds = own.flatMap((entry, index) =>
      entry.runs.map((run) => ({ x: at[index], y: 100 * DATA.runs.test_f1[run], seed: DATA.runs.seed[run] })),
    );
    const name = plotText(student, 24);
    return [
      {
        x: at,
        y: means,
        mode: "lines+markers",
        name,
        legendgroup: name,
        line: { color: plotColour(student), width: 2 },
        marker: { size: 8, color: plotColour(student), symbol: studentSymbol(student), line: outline(student) },
        hovertext: own.map(
          (entry) => `<b>${plotText(entry.id)}</b><br>F1 ${plotText(shownText(entry, "f1", shown))}`,
        ),
        hoverinfo: "text",
      },
      {
        x: seeds.map(({ x }) => x),
        y: seeds.map(({ y }) => y),
        mode: "markers",
        legendgroup: name,
        showlegend: false,
        marker: { size: 4, color: plotColour(student) },
        hovertext: seeds.map(({ y, seed }) => `${name}, seed ${seed}: ${y.toFixed(2)}`),
        hoverinfo: "text",
      },
    ];
  });
  const levels = scored
    .filter(({ isTeacher }) => isTeacher)
    .map((entry) => ({
      x: [-0.3, settings.length - 0.7],
      y: Array(2).fill(cellValue(entry, "f1", shown)),
      mode: "lines",
      name: plotText(entry.id, 24),
      line: { color: ink("ink"), width: 1.5, dash: "dot" },
      hovertext: `<b>${plotText(entry.id)}</b><br>F1 ${plotText(shownText(entry, "f1", shown))}`,
      hoverinfo: "text",
    }));
  const ticks = {
    tickvals: settings.map((_, index) => index),
    ticktext: settings.map((setting) => plotText(setting, 18).replace(/(?<=.{6})_(?=[^_]+$)/, "<br>")),
    tickangle: 0,
    range: [-0.3, settings.length - 0.7],
  };
  return {
    box: figureBox(
      "F1 by setting",
      "Mean F1 on test; dots are seeds, the dotted line is the teacher." +
        (available.length > settings.length ? " Settings that are not in the paper's Tables 5 and 6 are in the leaderboard only." : ""),
      node,
      "ladder",
    ),
    draw: () => plot(node, [...levels, ...traces], { xaxis: axis("", ticks), yaxis: axis("macro-F1 x100") }),
  };
}

// One student at a time, a line style per setting.
function curves(analysis) {
  const measured = Object.keys(analysis.curves ?? {});
  const entries = analysedView(analysis).entries.filter(({ id }) => measured.includes(id));
  const students = ofStudents(entries.filter(({ isTeacher }) => !isTeacher));
  if (!students.length) return null;
  const node = canvas("curves", "Validation F1 by epoch, a line per setting");
  const draw = () => {
    const student = students.includes(state.curveStudent) ? state.curveStudent : students[0];
    const own = section()
      .settings.map((setting) => entries.find((one) => one.student === student && one.setting === setting))
      .filter(Boolean);
    plot(
      node,
      own.map((entry) => curve(entry, analysis.curves[entry.id])),
      {
        xaxis: axis("epoch", { rangemode: "tozero" }),
        yaxis: axis("macro-F1 x100"),
        showlegend: true,
        legend: { ...layout().legend, title: { text: "setting" } },
      },
    );
  };
  const select = el(
    "select",
    { id: "pick-curve-student", "aria-label": "Student", onchange: (event) => choose({ curveStudent: event.target.value }, draw) },
    ...students.map((student) => el("option", { value: student, selected: student === state.curveStudent }, student)),
  );
  const box = figureBox(
    "Learning curves",
    "F1 on validation by epoch, lowest seed; the dot is the best epoch. Epochs with unlabelled text are longer.",
    node,
    "curves",
  );
  box.querySelector(".exports").prepend(select);
  return { box, draw };
}

function curve(entry, points) {
  const colour = plotColour(entry.student);
  const top = points.reduce((best, [, f1], index) => (f1 > points[best][1] ? index : best), 0);
  return {
    x: points.map(([epoch]) => epoch),
    y: points.map(([, f1]) => 100 * f1),
    mode: "lines+markers",
    name: plotText(entry.setting, 32),
    line: { color: colour, width: 1.8, dash: settingDash(entry.setting) },
    marker: {
      opacity: 1, // plotly's is less where sizes differ
      color: colour,
      symbol: studentSymbol(entry.student, settingSymbol(entry.setting)),
      size: points.map((_, index) => (index === top ? 9 : 0)),
    },
    hovertext: points.map(([epoch, f1]) => `${plotText(entry.id)}<br>epoch ${epoch}: ${(100 * f1).toFixed(2)}`),
    hoverinfo: "text",
  };
}
