// Draws the page, and again when the address or the reader's theme changes.

function drawPresets() {
  byId("title").replaceChildren("Which student is best? ", el("span", {}, named(DATA.suite)));
  byId("presets").hidden = DATA.chapters.length < 2;
  byId("presets").replaceChildren(
    ...DATA.chapters.map((one) =>
      el(
        "button",
        {
          type: "button",
          "aria-pressed": String(one === chapter()),
          onclick: () => choose({ ...DEFAULTS, preset: one.preset }, drawAll),
        },
        named(one.preset),
      ),
    ),
  );
}

function drawAll() {
  drawPresets();
  if (!DATA.chapters.length) byId("answer").replaceChildren(el("p", { class: "lead" }, "No run counts yet."));
  else for (const draw of [drawAnswer, drawLeaderboard, drawTradeOff, drawDataset, drawPaper]) draw();
  drawClaims();
  drawSearches();
  drawHoles();
  drawTrust();
}

readAddress();
drawAll();
watchTips();
addEventListener("hashchange", () => {
  readAddress();
  drawAll();
});
for (const [kind, on] of [
  ["beforeprint", true],
  ["afterprint", false],
]) {
  addEventListener(kind, () => {
    document.documentElement.classList.toggle("printing", on);
    drawAll();
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.picker[open]"))
    if (!open.contains(event.target)) open.open = false;
});
