// What a reader has chosen. It lives in the address, so that a link shows another reader the same page.

const DEFAULTS = {
  preset: "",
  view: "",
  sort: "rank",
  down: "",
  students: "",
  settings: "",
  columns: "",
  ms: "",
  mib: "",
  kept: "",
  fit: "",
  x: "",
  y: "f1",
  price: "0.05",
  paper: "1",
  of: "",
  learner: "",
};
const state = { ...DEFAULTS };

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(DEFAULTS)) state[name] = given.get(name) ?? DEFAULTS[name];
}

function writeAddress() {
  const chosen = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) if (value !== DEFAULTS[name]) chosen.set(name, value);
  const text = chosen.toString();
  if (text !== location.hash.slice(1))
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}

// Sets what was chosen, then draws the parts that show it.
function choose(changes, ...parts) {
  Object.assign(state, changes);
  writeAddress();
  for (const draw of parts) draw();
}

// Lists of names in the address: empty stands for all.
const packed = (names) => [...names].map(encodeURIComponent).join(",");
const unpacked = (text) => (text ? text.split(",").map(decodeURIComponent) : null);

const chapter = () => DATA.chapters.find((one) => one.preset === state.preset) ?? DATA.chapters[0];

function view() {
  const views = chapter().views;
  return views.find((one) => one.datasets.length === 1 && one.datasets[0] === state.view) ?? views[0];
}

const columnIndex = (shown, name) => shown.columns.findIndex((column) => column.name === name);

function figure(standing, name, shown = view()) {
  const index = columnIndex(shown, name);
  return index < 0 ? null : standing.values[index];
}

function shownText(standing, name, shown = view()) {
  const index = columnIndex(shown, name);
  return index < 0 ? "" : standing.texts[index];
}

// The standings that no filter takes away, in the leaderboard's own order; teachers stay as the measure of all.
function visible() {
  const students = unpacked(state.students);
  const settings = unpacked(state.settings);
  return view().standings.filter(
    (standing) =>
      standing.isTeacher ||
      ((!students || students.includes(standing.student)) &&
        (!settings || settings.includes(standing.setting)) &&
        (!state.fit || fits(standing))),
  );
}
