// The header: the title, the pictures to choose from, what the net says, and the theme.

import { paintPicture } from "./colours.js";
import { button, el, fill, select } from "./dom.js";
import { argmax } from "./numbers.js";

export function drawHeader(app) {
  const { payload } = app;
  // What the last of the nets, as it was saved, takes a picture for, where that is wrong.
  const mistaken = ({ label, says }) =>
    label !== null && says !== undefined && says !== null && says !== label
      ? `a ${app.classes[label]}, taken for ${app.classes[says]}`
      : "";
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
  const thumbs = payload.pictures.map((picture, k) => {
    const canvas = el("canvas", { "aria-hidden": "true" });
    paintPicture(canvas, app.drawn.get(k) ?? picture.pixels, app.net.nodes[0].shape);
    return el(
      "button",
      {
        type: "button",
        "aria-pressed": String(k === app.picture),
        class: mistaken(picture) ? "thumb mistaken" : "thumb",
        title: mistaken(picture) ? `${picture.name}: ${mistaken(picture)}` : picture.name,
        "aria-label": `picture ${picture.name}${mistaken(picture) ? `, ${mistaken(picture)}` : ""}`,
        onclick: () => app.usePicture(k),
      },
      canvas,
    );
  });
  const wrong =
    app.truth !== null && payload.pictures[app.picture].says !== null && argmax(app.net.probabilities()) !== app.truth;
  const changes = app.changes();
  const { name } = payload.pictures[app.picture];
  const strip = el("div", { class: "thumbs scroll" }, thumbs);
  fill(
    app.header,
    el(
      "div",
      { class: "brand" },
      el("h1", {}, "Where every number comes from"),
      el(
        "p",
        { class: "shape" },
        payload.epochs.length > 1 ? `${payload.title}, ${payload.epochs[app.net.epoch].name}` : payload.title,
      ),
    ),
    el(
      "div",
      { class: "pictures", role: "group", "aria-label": "Pictures" },
      strip,
      app.live
        ? button("Your own picture \u2026", () => file.click(), { title: "or drop a file anywhere on the page" })
        : null,
      file,
    ),
    el(
      "p",
      { class: "verdict", "data-verdict": app.verdict() },
      el("span", { class: "shape file", title: name }, name),
      el("strong", {}, app.verdict()),
      wrong ? el("span", { class: "wrong" }, `a mistake: it is ${app.classes[app.truth]}`) : null,
    ),
    app.trainer.running && app.view?.name !== "training"
      ? button("Pause training", () => app.trainer.pause())
      : null,
    changes.length
      ? el(
          "p",
          { class: "changed" },
          el("span", { class: "badge" }, "changed"),
          el("span", { class: "shape" }, changes.join(", ")),
          button("Undo changes", () => app.undo(), { class: "undo" }),
        )
      : null,
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
