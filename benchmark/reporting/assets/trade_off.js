// Trade-off plot: F1 against a cost on a log scale, with the Pareto front.

function drawTradeOff() {
  const box = byId("trade-off");
  const axes = costAxes();
  box.hidden = !axes.length;
  if (!axes.length) return fill(box);
  const cost = axes.find((one) => one.name === state.x) ?? axes[0];
  if (!byId("trade-off-plot")) {
    const node = canvas("trade-off-plot", "F1 against cost, a point per student and setting; the leaderboard has the values");
    fill(
      box,
      el("h2", {}, "Trade-off between F1 and cost"),
      el("div", { class: "controls", id: "trade-off-controls" }),
      node,
      el("div", { id: "card", class: "card", "aria-live": "polite" }),
    );
  }
  fill(byId("trade-off-controls"), ...tradeOffControls(axes, cost));
  drawPoints(cost);
}

function tradeOffControls(axes, cost) {
  const select = (id, label, options, chosen, key) =>
    el(
      "label",
      {},
      `${label} `,
      el(
        "select",
        { id, onchange: (event) => choose({ [key]: event.target.value }, drawTradeOff) },
        ...options.map(([value, title]) => el("option", { value, selected: value === chosen }, title)),
      ),
    );
  const price =
    cost.name !== PRICE
      ? null
      : el(
          "label",
          {},
          "at ",
          el("input", {
            type: "number",
            min: "0",
            step: "any",
            id: "price",
            value: state.price,
            oninput: (event) => choose({ price: event.target.value }, () => drawPoints(cost)),
          }),
          " per core-hour",
        );
  const paper = !view().paper.length
    ? null
    : el(
        "label",
        { class: "check" },
        el("input", {
          type: "checkbox",
          id: "paper-points",
          checked: Boolean(state.paper),
          onchange: (event) => choose({ paper: event.target.checked ? "1" : "" }, drawTradeOff),
        }),
        " paper's students (with a dot)",
      );
  return [
    select(
      "axis-x",
      "Cost",
      axes.map(({ name, title }) => [name, title]),
      cost.name,
      "x",
    ),
    price,
    select(
      "axis-y",
      "Quality",
      [
        ["f1", "F1 x100"],
        ["f1_kept", "% of the teacher's F1"],
      ].filter(([name]) => name === "f1" || hasAny(columnIndex(view(), name))),
      state.y,
      "y",
    ),
    paper,
    el("span", { class: "gap" }),
    exportButtons(byId("trade-off-plot"), "trade_off"),
  ].filter(Boolean);
}

function drawPoints(cost) {
  const found = points(cost);
  const papers = state.paper ? paperPoints(cost) : [];
  const node = byId("trade-off-plot");
  const traces = [
    frontTrace(found),
    ...ladderTraces(found),
    ...markTraces(found, cost),
    ...paperTraces(papers),
    ...keyTraces(found, papers),
  ];
  const xs = [...found, ...papers].map(({ x }) => x);
  plot(node, traces, {
    height: 460,
    xaxis: logAxis(cost.title, xs.length ? xs : [1]),
    yaxis: axis(state.y === "f1" ? "macro-F1 x100" : "% of the teacher's F1"),
  });
  node.removeAllListeners?.("plotly_hover");
  for (const kind of ["plotly_hover", "plotly_click"]) {
    node.removeAllListeners?.(kind);
    node.on(kind, ({ points: [point] }) => point.data.entries && showCard(point.data.entries[point.pointIndex]));
  }
}

function frontTrace(found) {
  const best = front(found);
  return {
    x: best.map(({ x }) => x),
    y: best.map(({ y }) => y),
    mode: "lines+text",
    text: best.map(({ entry }, at) => (entry.isTeacher || (at && best[at - 1].entry.student === entry.student) ? "" : `\u00a0\u00a0${plotText(entry.student, 24)}`)),
    textposition: "top right",
    textfont: { size: 12, color: ink("soft") },
    name: "Pareto front",
    line: { color: ink("faint"), dash: "dash", width: 1.5, shape: "hv" },
    hoverinfo: "skip",
    meta: "front",
  };
}

// From a student's vanilla setting to its best one (solid), and on to the teacher (dotted).
function ladderTraces(found) {
  const teachers = found.filter(({ entry }) => entry.isTeacher);
  const lines = new Map();
  for (const point of found.filter(({ entry }) => !entry.isTeacher)) {
    const key = `${point.entry.teacher}\n${point.entry.student}`;
    lines.set(key, [...(lines.get(key) ?? []), point]);
  }
  return [...lines.values()].flatMap((own) => {
    const best = own.reduce((a, b) => (b.y > a.y ? b : a));
    const start = own.find(({ entry }) => entry.setting === "vanilla");
    const teacher = teachers.find(({ entry }) => entry.teacher === best.entry.teacher);
    return [
      [start, best, "solid"],
      [best, teacher, "dot"],
    ]
      .filter(([from, to]) => from && to && from !== to)
      .map(([from, to, dash]) => ({
        x: [from.x, to.x],
        y: [from.y, to.y],
        mode: "lines",
        showlegend: false,
        legendgroup: best.entry.student,
        hoverinfo: "skip",
        line: { color: plotColour(best.entry.student), width: 1.2, dash },
      }));
  });
}

function markTraces(found, cost) {
  const students = [...new Set(found.map(({ entry }) => entry.student))];
  return students.map((student) => {
    const own = found.filter(({ entry }) => entry.student === student);
    const bar = (side) => ({ entry, y }) =>
      state.y === "f1" && entry.interval ? Math.max(0, (side ? 1 : -1) * (entry.interval[side] - y)) : 0;
    return {
      x: own.map(({ x }) => x),
      y: own.map(({ y }) => y),
      mode: "markers",
      legendgroup: student,
      showlegend: false,
      entries: own.map(({ entry }) => entry),
      error_y: {
        type: "data",
        symmetric: false,
        array: own.map(bar(1)),
        arrayminus: own.map(bar(0)),
        thickness: 1,
        width: 0,
        color: plotColour(student),
      },
      error_x: {
        type: "data",
        symmetric: false,
        array: own.map(({ x, range }) => (range ? range[1] - x : 0)),
        arrayminus: own.map(({ x, range }) => (range ? x - range[0] : 0)),
        thickness: 1,
        width: 0,
        color: plotColour(student),
      },
      marker: {
        opacity: 1,
        color: plotColour(student),
        size: own.map(({ entry }) => (entry.isTeacher ? 15 : 11)),
        symbol: own.map(({ entry }) => studentSymbol(student, settingSymbol(entry.setting))),
        line: outline(student),
      },
      hovertext: own.map(({ entry, x }) => hoverText(entry, cost, x)),
      hoverinfo: "text",
    };
  });
}

// The legend: colours are students, markers are settings.
function keyTraces(found, papers) {
  const key = (name, marker, group) => ({
    x: [null],
    y: [null],
    mode: "markers",
    name: plotText(name, 24),
    legendgroup: group,
    marker: { size: 10, ...marker },
    hoverinfo: "skip",
  });
  const unique = (names) => [...new Set(names)];
  const own = unique(found.map(({ entry }) => entry.student));
  const students = own.map((student) =>
    key(student, { color: plotColour(student), symbol: student === "teacher" ? "star" : studentSymbol(student) }, student),
  );
  const others = unique(papers.map(({ student }) => student)).filter((student) => !own.includes(student));
  const settings = unique(found.filter(({ entry }) => !entry.isTeacher).map(({ entry }) => entry.setting));
  return [
    ...students,
    ...others.map((student) => key(student, { color: plotColour(student), symbol: "circle-open-dot" }, "")),
    ...section()
      .settings.filter((name) => settings.includes(name))
      .map((name) => key(name, { color: ink("soft"), symbol: settingSymbol(name) }, `setting ${name}`)),
  ];
}

function hoverText(entry, cost, x) {
  const cells = view().columns.map((column, index) => [column, entry.texts[index], entry.values[index]]);
  const values = cells
    .filter(([column, , value]) => column.number && column.initial && value !== null)
    .map(([column, text]) => `${plotText(column.title)}: ${plotText(text)}`);
  const price = cost.name === PRICE ? [`price of a million texts: ${Number(x.toPrecision(3))}`] : [];
  return [`<b>${plotText(entry.id)}</b>`, ...price, ...values].join("<br>");
}

// Exact values and links to runs of a point, below the plot, since hover labels cannot be clicked.
function showCard(entry) {
  const links = entry.runs.map((at) =>
    el("li", {}, runLink(DATA.runs.run_id[at], el("bdi", {}, `${DATA.runs.dataset[at]} seed ${DATA.runs.seed[at]}`))),
  );
  const values = view()
    .columns.map((column, index) => [column, entry.texts[index], entry.values[index]])
    .filter(([column, , value]) => column.number && value !== null);
  fill(
    byId("card"),
    el("p", {}, el("strong", {}, named(entry.id))),
    el("dl", {}, ...values.flatMap(([column, text]) => [el("dt", {}, named(column.title)), el("dd", {}, text)])),
    el("ul", { class: "runs" }, ...links),
  );
}
