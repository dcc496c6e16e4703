// The picture beside a map, with the pixels that the chosen cell depends on: its receptive field.

import { seenBy } from "./fields.js";
import { MapView } from "./maps.js";

export class Seen {
  constructor(app) {
    this.app = app;
    this.view = new MapView({ size: 120 });
    this.element = this.view.element;
    this.element.classList.add("seen");
  }

  show(index, [i, j]) {
    const { net, pixels } = this.app;
    const [height, width] = net.nodes[0].shape;
    const painted = `${this.app.picture} ${this.app.version}`;
    if (painted !== this.painted) this.view.showPicture("the picture", pixels, net.nodes[0].shape);
    this.painted = painted;
    const field = seenBy(net.nodes, index, [i, j]);
    if (!field) {
      this.view.mark([]);
      this.view.caption.textContent = field === null ? `[${i}, ${j}] sees all of the picture` : "the picture";
      return;
    }
    const [top, left] = [Math.max(0, field.row), Math.max(0, field.column)];
    const [bottom, right] = [
      Math.min(height, field.row + field.height) - 1,
      Math.min(width, field.column + field.width) - 1,
    ];
    const inside = top <= bottom && left <= right;
    const box = { row: top, column: left, height: bottom - top + 1, width: right - left + 1 };
    const padded = field.height * field.width > Math.max(0, box.height) * Math.max(0, box.width);
    this.view.mark(inside ? [box] : []);
    this.view.caption.textContent =
      (inside
        ? `[${i}, ${j}] sees rows ${top} to ${bottom}, columns ${left} to ${right}`
        : `[${i}, ${j}] sees padding`) + (inside && padded ? ", and padding" : "");
  }
}
