// The paper's students as hollow markers with a dot on the trade-off plot.

function paperPoints(cost) {
  const axisOf = DATA.axes[cost.name];
  return view()
    .paper.map((point) => ({ ...point, x: point.costs[cost.name] * (axisOf?.factor ?? 1), y: point[state.y] }))
    .filter(
      ({ x, y, student }) =>
        x > 0 &&
        y !== null &&
        (!unpacked(state.students) || student === "teacher" || unpacked(state.students).includes(student)),
    );
}

function paperTraces(papers) {
  if (!papers.length) return [];
  return [
    {
      x: papers.map(({ x }) => x),
      y: papers.map(({ y }) => y),
      mode: "markers",
      name: "paper",
      marker: {
        symbol: papers.map(({ setting }) => `${settingSymbol(setting)}-open-dot`),
        color: papers.map(({ student }) => plotColour(student)),
        size: 9,
        line: { width: 1.3 },
      },
      hovertext: papers.map(
        ({ student, setting, y }) => `<b>paper: ${plotText(student)} ${plotText(setting)}</b><br>${y.toFixed(2)}`,
      ),
      hoverinfo: "text",
    },
  ];
}
