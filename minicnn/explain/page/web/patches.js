// What a filter looks for: the pictures that make a map strongest, of each what the map's strongest cell sees.

import { paintPicture } from "./colours.js";
import { button, el, fill, num } from "./dom.js";
import { seenBy } from "./fields.js";
import { argmax, format } from "./numbers.js";

const PATCHES = 9;

// The strongest cell of every map, by node and channel: {at, value}; null for rows of numbers.
function peaksOf(net) {
  return net.nodes.map(({ index, shape, inputs }) => {
    if (shape.length !== 3 || !inputs.length) return null;
    const channels = net.channels(index) ?? Array.from({ length: shape[2] }, (_, c) => c);
    return new Map(
      channels.map((c) => {
        const map = net.mapOf(index, c);
        const at = argmax(map);
        return [c, { at, value: map[at] }];
      }),
    );
  });
}

export class Patches {
  // choose(picture, cell): what a click on a patch does.
  constructor(app, choose) {
    this.app = app;
    this.choose = choose;
    this.element = el("section", { class: "patches" });
  }

  // Show those of one map; a net that has changed is first run on every picture, one at a time, so that the page stays
  // awake.
  show(index, c) {
    const { app } = this;
    const key = `${app.net.epoch} ${app.version}`;
    if (app.peaks?.key !== key) app.peaks = { key, pictures: [] };
    clearTimeout(this.timer);
    const { peaks } = app;
    const next = () => {
      if (app.peaks !== peaks) return;
      const done = peaks.pictures.length;
      if (done === app.payload.pictures.length) this.draw(index, c, peaks.pictures);
      else if (this.element.isConnected) {
        peaks.pictures.push(app.onPicture(done, peaksOf));
        this.timer = setTimeout(next, 20);
      }
    };
    if (peaks.pictures.length === app.payload.pictures.length) next();
    else this.timer = setTimeout(next, 60);
  }

  draw(index, c, pictures) {
    const { app } = this;
    const node = app.net.nodes[index];
    const closes = ["relu", "relu6"].includes(node.settings.function);
    const found = pictures
      .map((peaks, picture) => ({ picture, ...peaks[index].get(c) }))
      .filter(({ value }) => !closes || value > 0)
      .sort((a, b) => b.value - a.value)
      .slice(0, PATCHES)
      .map((peak) => ({ ...peak, cell: [Math.floor(peak.at / node.shape[1]), peak.at % node.shape[1]] }))
      .map((peak) => ({ ...peak, seen: seenBy(app.net.nodes, index, peak.cell) }));
    if (found.some(({ seen }) => seen === undefined)) {
      fill(this.element);
      return;
    }
    fill(
      this.element,
      el("h2", {}, "What it looks for"),
      el(
        "p",
        { class: "hint" },
        found.length
          ? `The pictures in which channel ${c} is largest somewhere, and what its largest cell sees there.`
          : `Channel ${c} is 0 all over every picture: its ReLU is closed.`,
      ),
      el("div", { class: "small-maps" }, found.map((peak) => this.patch(peak))),
    );
  }

  patch({ picture, cell, value, seen }) {
    const { app } = this;
    const { name } = app.payload.pictures[picture];
    const { shape } = app.net.nodes[0];
    const whole = el("canvas", {});
    paintPicture(whole, app.pixelsOf(picture), shape);
    const { row, column, height, width } = seen ?? { row: 0, column: 0, height: shape[0], width: shape[1] };
    const canvas = el("canvas", { width, height, "aria-hidden": "true" });
    if (height) canvas.getContext("2d").drawImage(whole, column, row, width, height, 0, 0, width, height);
    const tile = button("", () => this.choose(picture, cell), {
      class: "tile",
      title: name,
      "data-patch": [picture, ...cell].join(" "),
      "aria-label": `${name}, cell ${cell.join(", ")}: ${format(value)}`,
    });
    tile.replaceChildren(canvas);
    return el("figure", { class: "map" }, tile, el("figcaption", {}, num(value, "patch", 3)));
  }
}
