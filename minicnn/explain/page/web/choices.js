// Choices that several views offer: the true label and the scale of the colours.

import { el, legend, select } from "./dom.js";

export function labelChoice(app) {
  if (!app.live) {
    const origin = app.truth === null ? "taken as true, since it is not known:" : "true label";
    return el(
      "span",
      { class: "hint" },
      `${origin} ${app.classes[app.label]}; the gradients of a net this large are carried for one label a picture`,
    );
  }
  const choice = select(
    "true label",
    app.classes.map((name, k) => [k, name]),
    app.label,
    (value) => app.useLabel(Number(value)),
  );
  return app.truth === null
    ? el("span", { class: "label" }, choice, el("span", { class: "hint" }, " not known: what the net said first"))
    : choice;
}

export function scaleChoice(app) {
  return select(
    "colour scale",
    [
      ["map", "each map its own"],
      ["layer", "one a layer"],
      ["net", "one for the whole net"],
    ],
    app.scale,
    (value) => {
      app.scale = value;
      app.refresh();
    },
  );
}

export function scaleLegend(app) {
  if (app.scale === "net") return legend(app.range(app.net.last, []), "every map");
  return legend(
    null,
    app.scale === "map" ? "full colour: each map's own largest number" : "full colour: the number under each column",
  );
}
