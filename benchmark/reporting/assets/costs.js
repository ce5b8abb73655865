// Costs of entries on the chosen axis, and their Pareto front.

const PRICE = "price";
const MILLISECONDS_TO_MILLION_HOURS = 1e6 / 3.6e6;

// Price of a million texts (sentences, if texts were not timed) from milliseconds.
function price(entry) {
  const ms = ["latency_text_ms", ...DATA.budget.ms]
    .map((name) => cellValue(entry, name))
    .find((value) => value !== null && value !== undefined);
  return ms === undefined ? null : ms * MILLISECONDS_TO_MILLION_HOURS * Number(state.price || 0);
}

function costAxes() {
  const measured = Object.entries(DATA.axes).filter(([name]) =>
    view().entries.some((entry) => cellValue(entry, name) > 0),
  );
  const axes = measured.map(([name, { title, factor }]) => ({ name, title, factor }));
  if (view().entries.some((entry) => price(entry) > 0))
    axes.push({ name: PRICE, title: "price of a million texts", factor: 1 });
  return axes;
}

const costOf = (entry, cost) => (cost.name === PRICE ? price(entry) : cellValue(entry, cost.name));

// The Pareto front: points of which no cheaper one has an F1 as high, the cheapest first.
function front(points) {
  const best = [];
  for (const point of [...points].sort((a, b) => a.x - b.x || b.y - a.y))
    if (!best.length || point.y > best.at(-1).y) best.push(point);
  return best;
}

function points(cost) {
  return visible()
    .map((entry) => {
      const x = costOf(entry, cost);
      return {
        entry,
        x: x === null ? null : x * cost.factor,
        y: cellValue(entry, state.y),
        range: entry.ranges[cost.name]?.map((end) => end * cost.factor),
      };
    })
    .filter(({ x, y }) => x > 0 && y !== null);
}
