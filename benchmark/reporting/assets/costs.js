// What each standing costs on the axis that was chosen, and which of them are the best for their cost.

const MONEY = "money";
const MILLISECONDS_TO_MILLION_HOURS = 1e6 / 3.6e6;

// Milliseconds a text (or a sentence, where texts were not timed) as money for a million of them.
function money(standing) {
  const ms = ["latency_text_ms", ...DATA.budget.ms]
    .map((name) => figure(standing, name))
    .find((value) => value !== null && value !== undefined);
  return ms === undefined ? null : ms * MILLISECONDS_TO_MILLION_HOURS * Number(state.price || 0);
}

function costAxes() {
  const measured = Object.entries(DATA.axes).filter(([name]) =>
    view().standings.some((standing) => figure(standing, name) > 0),
  );
  const axes = measured.map(([name, { title, factor }]) => ({ name, title, factor }));
  if (view().standings.some((standing) => money(standing) > 0))
    axes.push({ name: MONEY, title: "money for a million texts", factor: 1 });
  return axes;
}

const costOf = (standing, cost) => (cost.name === MONEY ? money(standing) : figure(standing, cost.name));

// Those that none beats on F1 without costing more, the cheapest first.
function front(points) {
  const best = [];
  for (const point of [...points].sort((a, b) => a.x - b.x || b.y - a.y))
    if (!best.length || point.y > best.at(-1).y) best.push(point);
  return best;
}

function points(cost) {
  return visible()
    .map((standing) => {
      const x = costOf(standing, cost);
      return {
        standing,
        x: x === null ? null : x * cost.factor,
        y: figure(standing, state.y),
        range: standing.ranges[cost.name]?.map((end) => end * cost.factor),
      };
    })
    .filter(({ x, y }) => x > 0 && y !== null);
}
