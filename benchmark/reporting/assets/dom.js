// Elements from data. Text is always a text node: no name from a run is ever read as markup.

const DATA = JSON.parse(document.getElementById("data").textContent);

const byId = (id) => document.getElementById(id);

// Without the marks that turn the direction of all that follows: a name must not turn the figures beside it.
const straight = (text) => text.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") node.toggleAttribute(name, value);
    else if (value !== undefined && value !== null) node.setAttribute(name, value);
  }
  node.append(
    ...children
      .filter((child) => child !== null && child !== undefined)
      .map((child) => (typeof child === "string" ? straight(child) : child)),
  );
  return node;
}

// Figures stay with their units, wherever a line ends.
const together = (text) => text.replace(/F1 (?=\d)/g, "F1\u00a0").replace(/(\d) (?=(ms|MiB|%|x|points)(?![a-z]))/g, "$1\u00a0");

// A name from outside, whatever its direction of writing.
const named = (text) => el("bdi", {}, text);

// Text for plotly, which reads some markup, and would let a change of direction run on.
function plotText(text, most = 60) {
  const plain = straight(String(text)).replace(/[\u0000-\u001f]/g, " ");
  const short = plain.length > most ? `${plain.slice(0, most)}…` : plain;
  return short.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function copyButton(text) {
  const button = el("button", { type: "button", class: "quiet", "aria-label": "Copy the command" }, "copy");
  button.addEventListener("click", async () => {
    await copied(typeof text === "function" ? text() : text);
    button.textContent = "copied";
    setTimeout(() => (button.textContent = "copy"), 1200);
  });
  return button;
}

async function copied(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = el("textarea", { class: "offscreen" });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

function commandLine(text, id) {
  return el(
    "p",
    { class: "command" },
    el("code", { id }, text),
    copyButton(() => text),
  );
}

function download(name, text, type = "text/csv") {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function csv(lines) {
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return lines.map((line) => line.map(cell).join(",") + "\n").join("");
}

// One note that follows whatever has a data-tip under the pointer or the focus.
function watchTips() {
  const tip = byId("tip");
  const hide = () => (tip.hidden = true);
  const show = (event) => {
    const owner = event.target.closest?.("[data-tip]");
    if (!owner) return hide();
    tip.textContent = straight(owner.dataset.tip);
    tip.hidden = false;
    const box = owner.getBoundingClientRect();
    const left = Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 8);
    const below = box.bottom + 6 + tip.offsetHeight < window.innerHeight;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${below ? box.bottom + 6 : box.top - tip.offsetHeight - 6}px`;
  };
  for (const kind of ["mouseover", "focusin"]) document.addEventListener(kind, show);
  for (const kind of ["scroll", "keydown"]) document.addEventListener(kind, hide, true);
}
