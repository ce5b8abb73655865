// Plain tables, run links, and marks of missing values.

// The first cell of a line names it.
function plainTable(caption, titles, lines, numbers) {
  const side = (index) => (numbers[index] ? "number" : null);
  const head = el("tr", {}, ...titles.map((title, index) => el("th", { class: side(index), scope: "col" }, title)));
  const row = ([name, ...cells]) =>
    el(
      "tr",
      {},
      el("th", { class: side(0), scope: "row" }, name),
      ...cells.map((cell, index) => el("td", { class: side(index + 1) }, cell)),
    );
  return el(
    "div",
    { class: "scroll", tabindex: "0" },
    el(
      "table",
      {},
      el("caption", { class: "unseen" }, caption),
      el("thead", {}, head),
      el("tbody", {}, ...lines.map(row)),
    ),
  );
}

// Without its query, MLflow opens a run among traces rather than under model training.
const runAddress = (runId) => `${DATA.address}${encodeURIComponent(runId)}?workflowType=machine_learning`;

const runLink = (runId, text) => el("a", { href: runAddress(runId), target: "_blank", rel: "noopener" }, text);

const firstLine = (text) => text.trim().split(/\r?\n/)[0].slice(0, 300);

const MARKS = {
  not_run: { text: "not run", meaning: "No run was started" },
  skipped: { text: "skipped", meaning: "The run was skipped" },
  failed: { text: "failed", meaning: "The run failed" },
  out_of_memory: { text: "memory", meaning: "The run ran out of memory" },
  smoke: { text: "smoke", meaning: "Only a smoke run on a few rows, which is never ranked" },
  older: { text: "older", meaning: "A run of an older protocol or of other data, which is never ranked with the others" },
  invalid: { text: "invalid", meaning: "Measured, but the session failed its control: the value cannot be trusted" },
  cut_short: { text: "cut short", meaning: "Training ended at its bound of steps or epochs, before its patience was spent" },
  incomplete: { text: "incomplete", meaning: "No mean, because a data set has no result" },
};

// The mark of a missing value; it links to the run, if there was one.
function mark(kind, reason = "", run = "") {
  const { text, meaning } = MARKS[kind];
  const tip = reason ? `${meaning}: ${firstLine(reason)}` : meaning;
  const chip = run ? runLink(run, text) : el("span", { tabindex: "0" }, text);
  chip.className = `mark ${kind}`;
  chip.dataset.tip = tip;
  return chip;
}

function picker(title, names, chosen, id, onchange) {
  const box = (name) =>
    el(
      "label",
      { class: "check" },
      el("input", {
        type: "checkbox",
        value: name.value,
        checked: !chosen || chosen.includes(name.value),
        onchange: () => {
          const boxes = [...list.querySelectorAll("input")];
          onchange(
            boxes.filter((one) => one.checked).map((one) => one.value),
            boxes.length,
          );
        },
      }),
      " ",
      named(name.title),
    );
  const list = el("div", { class: "options" }, ...names.map(box));
  const count = chosen && chosen.length < names.length ? ` ${chosen.length}/${names.length}` : "";
  return el("details", { class: "picker", id, name: "picker" }, el("summary", {}, `${title}${count}`), list);
}
