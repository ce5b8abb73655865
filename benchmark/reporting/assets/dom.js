// Elements from data. Text is always a text node, so that no name of a run is read as markup.

const byId = (id) => document.getElementById(id);

// The text that page.py compressed into a script element.
async function decompressed(id) {
  const bytes = Uint8Array.from(atob(byId(id).textContent), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

if (!window.DecompressionStream)
  byId("summary").textContent = "This page needs a browser of 2023 or later; report.md in the same folder has the same values.";

const DATA = JSON.parse(await decompressed("data"));

// Without direction marks: a name must not reverse the numbers beside it.
const straight = (text) => text.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") node.toggleAttribute(name, value);
    else if (value !== undefined && value !== null)
      node.setAttribute(name, name.startsWith("aria-") ? straight(value) : value);
  }
  return fill(node, ...children);
}

// Replaces the children of a node; text loses its direction marks.
function fill(node, ...children) {
  node.replaceChildren(
    ...children
      .filter((child) => child !== null && child !== undefined)
      .map((child) => (typeof child === "string" ? straight(child) : child)),
  );
  return node;
}

// Keeps numbers and their units on one line.
const together = (text) => text.replace(/F1 (?=\d)/g, "F1\u00a0").replace(/(\d) (?=(ms|MiB|%|x|points)(?![a-z]))/g, "$1\u00a0");

// A name from a run, isolated from the direction of the text around it; a line may end after its underscores.
const named = (text) => el("bdi", {}, ...text.split(/(?<=_)/).flatMap((part, at) => (at ? [el("wbr"), part] : [part])));

// Text for plotly, which reads some markup.
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
    let text = value === null || value === undefined ? "" : String(value);
    if (/^[=+\-@\t\r][\s\S]/.test(text) && isNaN(text)) text = `'${text}`; // a spreadsheet would run it as a formula
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return lines.map((line) => line.map(cell).join(",") + "\n").join("");
}

// One tooltip for all elements with a data-tip.
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
