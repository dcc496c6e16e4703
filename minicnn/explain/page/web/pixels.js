// The picture itself, as the first layer of others.js: a pixel is chosen, its numbers can be changed.

import { el, fill, num, numberField, table } from "./dom.js";
import { MapView } from "./maps.js";

export function showPixels(view, node) {
  const { app } = view;
  const [height, width, channels] = node.shape;
  const map = new MapView({
    size: 320,
    caption: "the picture: choose a pixel, change its numbers",
    onPick: (i, j) => {
      view.cell = [i, j];
      show();
    },
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
        numberField(
          "row",
          i,
          (value) => {
            view.cell = [Math.max(0, Math.min(height - 1, Math.round(value))), j];
            show();
          },
          { min: 0, max: height - 1, step: 1, class: "short" },
        ),
        numberField(
          "column",
          j,
          (value) => {
            view.cell = [i, Math.max(0, Math.min(width - 1, Math.round(value)))];
            show();
          },
          { min: 0, max: width - 1, step: 1, class: "short" },
        ),
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
  view.views.append(map.element);
  show();
}
