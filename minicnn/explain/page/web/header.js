// The header: the title, the pictures to choose from, what the net says, and the theme.

import { paintPicture } from "./colours.js";
import { button, el, fill, select } from "./dom.js";
import { argmax } from "./numbers.js";

export function drawHeader(app) {
  const { payload } = app;
  const thumbs = payload.pictures.map((picture, k) => thumb(app, picture, k));
  const strip = el("div", { class: "thumbs scroll" }, thumbs);
  const { name: net } = payload.epochs[app.net.epoch];
  fill(
    app.header,
    el(
      "div",
      { class: "brand" },
      el("h1", {}, "Where every number comes from"),
      el("p", { class: "shape" }, payload.epochs.length > 1 ? `${payload.title}, ${net}` : payload.title),
    ),
    el("div", { class: "pictures", role: "group", "aria-label": "Pictures" }, strip, ...ownPicture(app)),
    netSays(app),
    app.trainer.running && app.view?.name !== "training"
      ? button("Pause training", () => app.trainer.pause())
      : null,
    changed(app),
    button("Tour", () => app.tour.open(), { class: "tour-start", title: "twelve questions to this net" }),
    select(
      "theme",
      [
        ["auto", "system"],
        ["light", "light"],
        ["dark", "dark"],
      ],
      document.documentElement.dataset.theme ?? "auto",
      (value) => app.useTheme(value),
    ),
    app.live ? null : el("p", { class: "notice" }, payload.carried.reason),
    payload.rounded ? el("p", { class: "notice rounded" }, payload.rounded.text) : null,
  );
  const chosen = thumbs[app.picture];
  strip.scrollLeft = chosen.offsetLeft - (strip.clientWidth - chosen.offsetWidth) / 2;
}

// A picture to choose, marked where the last of the nets, as it was saved, takes it for something else.
function thumb(app, { name, pixels, label, says }, k) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  paintPicture(canvas, app.drawn.get(k) ?? pixels, app.net.nodes[0].shape);
  const mistaken = label !== null && says !== undefined && says !== null && says !== label;
  const told = mistaken ? `a ${app.classes[label]}, taken for ${app.classes[says]}` : "";
  return el(
    "button",
    {
      type: "button",
      "aria-pressed": String(k === app.picture),
      class: mistaken ? "thumb mistaken" : "thumb",
      title: mistaken ? `${name}: ${told}` : name,
      "aria-label": `picture ${name}${mistaken ? `, ${told}` : ""}`,
      onclick: () => app.usePicture(k),
    },
    canvas,
  );
}

function ownPicture(app) {
  const file = el("input", {
    type: "file",
    accept: "image/*",
    class: "hidden",
    id: "file",
    tabindex: -1,
    "aria-label": "your own picture",
    onchange: () => {
      if (file.files[0]) app.addFile(file.files[0]);
    },
  });
  const title = "or drop a file anywhere on the page";
  return [app.live ? button("Your own picture \u2026", () => file.click(), { title }) : null, file];
}

function netSays(app) {
  const { name, says } = app.payload.pictures[app.picture];
  const wrong = app.truth !== null && says !== null && argmax(app.net.probabilities()) !== app.truth;
  return el(
    "p",
    { class: "verdict", "data-verdict": app.verdict() },
    el("span", { class: "shape file", title: name }, name),
    el("strong", {}, app.verdict()),
    wrong ? el("span", { class: "wrong" }, `a mistake: it is ${app.classes[app.truth]}`) : null,
  );
}

function changed(app) {
  const changes = app.changes();
  if (!changes.length) return null;
  return el(
    "p",
    { class: "changed" },
    el("span", { class: "badge" }, "changed"),
    el("span", { class: "shape" }, changes.join(", ")),
    button("Undo changes", () => app.undo(), { class: "undo" }),
  );
}
