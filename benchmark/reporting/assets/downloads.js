// Tables to take along: what is shown as it is shown, and every run.

function downloadShown() {
  const columns = shownColumns();
  const lines = sorted(visible()).map((standing) =>
    columns.map((column) => standing.values[column.index] ?? holeText(standing, column)),
  );
  download(
    `leaderboard-${DATA.suite}.csv`.replace(/[^\w.-]/g, "_"),
    csv([columns.map((column) => column.title), ...lines]),
  );
}

function holeText(standing, column) {
  const shown = hole(standing, column);
  return shown.classList.contains("mark") ? shown.textContent : "";
}

function downloadRuns() {
  const names = Object.keys(DATA.runs);
  const lines = DATA.runs.run_id.map((_, at) => names.map((name) => DATA.runs[name][at]));
  download("results.csv", csv([names, ...lines]));
}
