// Draws the page, and redraws it when the address or the theme changes.

function drawPresets() {
  fill(byId("title"), "Which student is best? ", el("span", {}, named(DATA.suite)));
  byId("presets").hidden = DATA.sections.length < 2;
  fill(
    byId("presets"),
    ...DATA.sections.map((one) =>
      el(
        "button",
        {
          type: "button",
          "aria-pressed": String(one === section()),
          onclick: () => choose({ ...DEFAULTS, preset: one.preset }, drawAll),
        },
        named(one.preset),
      ),
    ),
  );
}

function drawAll() {
  drawPresets();
  if (!DATA.sections.length) fill(byId("summary"), el("p", { class: "lead" }, "No ranked runs yet."));
  else for (const draw of [drawSummary, drawLeaderboard, drawTradeOff, drawDataset, drawPaper]) draw();
  drawClaims();
  drawTuning();
  drawNotDone();
  drawData();
  drawProvenance();
}

// The page's policy allows inline scripts, and neither eval nor blobs.
async function loadPlotly() {
  const script = document.createElement("script");
  script.textContent = await decompressed("plotly");
  document.head.append(script);
}

await loadPlotly();
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
