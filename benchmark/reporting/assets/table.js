// Tables that only show: titles, then lines of cells; a cell is text or an element.

function plainTable(titles, lines, numbers) {
  const side = (index) => (numbers[index] ? "number" : null);
  const head = el("tr", {}, ...titles.map((title, index) => el("th", { class: side(index), scope: "col" }, title)));
  const body = lines.map((line) => el("tr", {}, ...line.map((cell, index) => el("td", { class: side(index) }, cell))));
  return el(
    "div",
    { class: "scroll", tabindex: "0" },
    el("table", {}, el("thead", {}, head), el("tbody", {}, ...body)),
  );
}

const runAddress = (runId) => `${DATA.address}${encodeURIComponent(runId)}`;

const runLink = (runId, text) => el("a", { href: runAddress(runId), target: "_blank", rel: "noopener" }, text);

const firstLine = (text) => text.trim().split(/\r?\n/)[0].slice(0, 300);

const MARKS = {
  not_run: { text: "not run", told: "No run of it was ever begun" },
  skipped: { text: "skipped", told: "Left out on purpose" },
  failed: { text: "failed", told: "The run failed" },
  out_of_memory: { text: "memory", told: "The run ran out of memory" },
  smoke: { text: "smoke", told: "There is a smoke run only, on a few rows: never ranked" },
  older: { text: "older", told: "Made by an older protocol or from other data: never ranked with the others" },
  invalid: { text: "invalid", told: "Measured, but the control says that the figure cannot be trusted" },
  incomplete: { text: "incomplete", told: "A mean with a hole is no mean" },
};

// The mark of a figure that is not there; one that was tried leads to its run.
function mark(kind, reason = "", run = "") {
  const { text, told } = MARKS[kind];
  const tip = reason ? `${told}: ${firstLine(reason)}` : told;
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
