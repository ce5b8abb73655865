// The reader's choices. They are kept in the address, so that a link shows the same page.

const DEFAULTS = {
  preset: "",
  view: "",
  sort: "rank",
  down: "",
  students: "",
  settings: "",
  search: "",
  columns: "",
  ms: "",
  mib: "",
  kept: "",
  fit: "",
  x: "",
  y: "f1",
  price: "0.05",
  paper: "1",
  dataset: "",
  curveStudent: "",
};
const state = { ...DEFAULTS };

function readAddress() {
  const params = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(DEFAULTS)) state[name] = params.get(name) ?? DEFAULTS[name];
}

function writeAddress() {
  const chosen = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) if (value !== DEFAULTS[name]) chosen.set(name, value);
  const text = chosen.toString();
  if (text !== location.hash.slice(1))
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}

// Applies choices and redraws the parts that depend on them.
function choose(changes, ...parts) {
  Object.assign(state, changes);
  writeAddress();
  for (const draw of parts) draw();
}

// Lists of names in the address; empty means all.
const packed = (names) => [...names].map(encodeURIComponent).join(",");
const unpacked = (text) => (text ? text.split(",").map(decodeURIComponent) : null);

const section = () => DATA.sections.find((one) => one.preset === state.preset) ?? DATA.sections[0];

function view() {
  const views = section().views;
  return views.find((one) => one.datasets.length === 1 && one.datasets[0] === state.view) ?? views[0];
}

const columnIndex = (shown, name) => shown.columns.findIndex((column) => column.name === name);

function cellValue(entry, name, shown = view()) {
  const index = columnIndex(shown, name);
  return index < 0 ? null : entry.values[index];
}

function shownText(entry, name, shown = view()) {
  const index = columnIndex(shown, name);
  return index < 0 ? "" : entry.texts[index];
}

// Whether every searched word is in the entry's names.
function isFound({ id, teacher }) {
  const names = `${id} ${teacher}`.toLowerCase();
  return state.search.toLowerCase().split(/\s+/).every((word) => names.includes(word));
}

// The entries that no filter takes away, in the order of the leaderboard; teachers always stay.
function visible() {
  const students = unpacked(state.students);
  const settings = unpacked(state.settings);
  return view().entries.filter(
    (entry) =>
      entry.isTeacher ||
      (isFound(entry) &&
        (!students || students.includes(entry.student)) &&
        (!settings || settings.includes(entry.setting)) &&
        (!state.fit || fits(entry))),
  );
}
