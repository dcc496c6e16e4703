// The picture itself, as the first layer of others.js: a pixel is chosen, its numbers can be changed.

import { el, fill, num, numberField, table } from "./dom.js";
import { MapView } from "./maps.js";

export function showPixels(view, node) {
  const { app } = view;
  const [height, width, channels] = node.shape;
  const map = new MapView({
    size: 320,
    caption: "the picture: choose a pixel, change its numbers",
    onPick: (i, j) => goTo(i, j),
  });
  map.showPicture("the picture", app.pixels, node.shape);
  const names = channels === 3 ? ["red", "green", "blue"] : ["grey"];
  const [low, high] = app.pixelRange();
  const show = () => {
    const [i, j] = view.cell;
    const at = (i * width + j) * channels;
    app.remember();
    map.cell = view.cell;
    map.mark([{ row: i, column: j }]);
    fill(
      view.detail,
      el("h3", {}, `Pixel [${i}, ${j}]`),
      el(
        "div",
        { class: "tools" },
        placeField("row", i, height, (row) => goTo(row, j)),
        placeField("column", j, width, (column) => goTo(i, column)),
      ),
      el(
        "div",
        { class: "tools" },
        names.map((name, c) =>
          app.live
            ? numberField(name, app.pixels[at + c], (value) => app.editPixel(at + c, value), {
                "data-name": name,
                min: low,
                max: high,
              })
            : el("p", {}, `${name} `, num(app.pixels[at + c])),
        ),
      ),
      el("p", { class: "hint" }, app.live ? "Every map, the prediction and all gradients follow a change." : ""),
      table(
        ["", "pixel", "what the net gets"],
        names.map((name, c) => [name, num(app.pixels[at + c]), num(app.valuesOf(node.index)[at + c])]),
      ),
    );
  };
  const goTo = (i, j) => {
    view.cell = [i, j];
    show();
  };
  view.views.append(map.element);
  show();
}

// A field for a row or a column, of which there are `count`.
function placeField(name, value, count, use) {
  const inside = (given) => Math.max(0, Math.min(count - 1, Math.round(given)));
  return numberField(name, value, (given) => use(inside(given)), { min: 0, max: count - 1, step: 1, class: "short" });
}
