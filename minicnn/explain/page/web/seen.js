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
    const painted = `${this.app.picture} ${this.app.version}`;
    if (painted !== this.painted) this.view.showPicture("the picture", pixels, net.nodes[0].shape);
    this.painted = painted;
    const field = seenBy(net.nodes, index, [i, j]);
    this.view.mark(field?.height ? [field] : []);
    this.view.caption.textContent = field === undefined ? "the picture" : `[${i}, ${j}] sees ${told(field)}`;
  }
}

function told(field) {
  if (field === null) return "all of the picture";
  const { row, column, height, width, padded } = field;
  if (!height) return padded ? "padding" : "no pixel";
  const pixels = `rows ${row} to ${row + height - 1}, columns ${column} to ${column + width - 1}`;
  return padded ? `${pixels}, and padding` : pixels;
}
