// Shared by all plots: colours, markers, axes, layout, export.

const SYMBOLS = ["circle", "square", "triangle-up", "diamond", "cross", "x", "triangle-down", "pentagon"];

const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const studentColour = (student) => section().colours[student] ?? "var(--ink)";

const plotColour = (student) => section().colours[student] ?? ink("ink");

// A student with a vocabulary of its own has the colour of the student, and hollow marks.
const isHollow = (student) => student.includes("+");

const studentSymbol = (student, symbol = "circle") => (isHollow(student) ? `${symbol}-open` : symbol);

// Plotly draws a mark's outline, and that of a hollow one in its colour.
const outline = (student) => (isHollow(student) ? { width: 2 } : { color: ink("page"), width: 1 });

const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];

// Settings are told apart by marker and line style: colours are students.
function settingDash(setting) {
  return DASHES[Math.max(0, section().settings.indexOf(setting)) % DASHES.length];
}

function settingSymbol(setting) {
  const at = section().settings.indexOf(setting);
  return at < 0 ? "star" : SYMBOLS[at % SYMBOLS.length];
}

function axis(title, more = {}) {
  return {
    title: { text: title, standoff: 8 },
    gridcolor: ink("line"),
    linecolor: ink("line"),
    zeroline: false,
    automargin: true,
    ticks: "",
    ...more,
  };
}

// A log axis with plain numbers as ticks, over any number of decades.
function logAxis(title, values) {
  const positive = values.filter((value) => value > 0);
  const low = Math.log10(Math.min(...positive));
  const high = Math.log10(Math.max(...positive));
  const steps = high - low > 3.5 ? [1] : high - low > 1.2 ? [1, 3] : [1, 2, 5];
  const ticks = [];
  for (let power = Math.floor(low) - 1; power <= high + 1; power++)
    for (const step of steps) ticks.push(step * 10 ** power);
  const margin = Math.max(0.12, 0.08 * (high - low));
  return axis(title, {
    type: "log",
    tickvals: ticks,
    ticktext: ticks.map((tick) => String(Number(tick.toPrecision(2)))),
    range: [low - margin, high + margin],
  });
}

function layout(more) {
  return {
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: ink("ink") },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 56, r: 16, t: 12, b: 48 },
    height: 360,
    hovermode: "closest",
    hoverlabel: {
      bgcolor: ink("raised"),
      bordercolor: ink("line"),
      font: { color: ink("ink"), size: 13 },
      align: "left",
      namelength: -1,
    },
    legend: { orientation: "h", yref: "container", yanchor: "bottom", y: 0, x: 0, font: { size: 12 } },
    ...more,
  };
}

const CONFIG = { displaylogo: false, displayModeBar: false, responsive: true, showSendToCloud: false };

// Width of a plot on paper, which is drawn before it is printed.
const PAPER_WIDTH = 960;

const printing = () => document.documentElement.classList.contains("printing");

// Draws into `node`, replacing an earlier plot.
function plot(node, traces, shape) {
  Plotly.react(
    node,
    traces,
    { ...layout(shape), ...(printing() ? { width: PAPER_WIDTH } : { autosize: true }) },
    CONFIG,
  );
}

function exportButtons(node, name) {
  const save = (format) => {
    const plain = { ...node.layout, paper_bgcolor: ink("page"), plot_bgcolor: ink("page") };
    return Plotly.downloadImage(
      { data: node.data, layout: plain },
      { format, filename: name, width: 1000, height: 600, scale: format === "png" ? 2 : 1 },
    );
  };
  return el(
    "span",
    { class: "exports" },
    ...["svg", "png"].map((format) =>
      el("button", { type: "button", class: "quiet", onclick: () => save(format) }, format.toUpperCase()),
    ),
  );
}

function figureBox(title, note, node, name) {
  return el(
    "figure",
    { "aria-label": title },
    el(
      "figcaption",
      {},
      el("h3", {}, title),
      note ? el("p", { class: "caption" }, note) : null,
      name ? exportButtons(node, name) : null,
    ),
    node,
  );
}

const canvas = (id, label = "") => el("div", { class: "plot", id, role: "img", "aria-label": label || null });
