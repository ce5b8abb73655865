// Downloads: the table as shown, and all runs.

function downloadShown() {
  const columns = shownColumns();
  const lines = sorted(visible()).map((entry) =>
    columns.map((column) => entry.values[column.index] ?? missingText(entry, column)),
  );
  download(
    `leaderboard-${DATA.suite}.csv`.replace(/[^\w.-]/g, "_"),
    csv([columns.map((column) => column.title), ...lines]),
  );
}

function missingText(entry, column) {
  const shown = missingCell(entry, column);
  return shown.classList.contains("mark") ? shown.textContent : "";
}

function downloadRuns() {
  const names = Object.keys(DATA.runs);
  const lines = DATA.runs.run_id.map((_, at) => names.map((name) => DATA.runs[name][at]));
  download("results.csv", csv([names, ...lines]));
}
