// A feature map on the page: a canvas with a caption, a marked cell or window, and a cell that mouse and arrows pick.

import { colour, ink, paint, paintPicture } from "./colours.js";
import { el, fill, legend, say } from "./dom.js";
import { extent, format } from "./numbers.js";

// The size of two maps that stand side by side, on a phone too.
export const beside = () => Math.min(230, Math.floor((innerWidth - 70) / 2));

export class MapView {
  // size: CSS pixels of the longer side; onPick(row, column): makes it a control; scaled: its colours stand below.
  constructor({ size = 120, onPick = null, caption = "", scaled = false }) {
    this.size = size;
    this.onPick = onPick;
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.marks = el("div", { class: "marks", "aria-hidden": "true" });
    this.stage = el(
      "div",
      {
        class: onPick ? "stage pickable" : "stage",
        role: onPick ? "application" : "img",
        "aria-roledescription": onPick ? "feature map; arrow keys move the chosen cell" : null,
        tabindex: onPick ? 0 : null,
      },
      this.canvas,
      this.marks,
    );
    this.caption = el("figcaption", {}, caption);
    this.scale = scaled ? el("div", {}) : null;
    this.element = el("figure", { class: "map" }, this.stage, this.caption, this.scale);
    this.cell = [0, 0];
    if (onPick) this.listen();
  }

  listen() {
    const pick = (event) => {
      const box = this.canvas.getBoundingClientRect();
      this.pick(
        Math.floor(((event.clientY - box.top) / box.height) * this.height),
        Math.floor(((event.clientX - box.left) / box.width) * this.width),
      );
    };
    this.stage.addEventListener("pointerdown", pick);
    this.stage.addEventListener("pointermove", (event) => {
      if (event.buttons & 1) pick(event);
    });
    this.stage.addEventListener("keydown", (event) => {
      const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      const step = event.shiftKey ? 5 : 1;
      if (move) this.pick(this.cell[0] + step * move[0], this.cell[1] + step * move[1]);
      else if (event.key === "Home") this.pick(0, 0);
      else if (event.key === "End") this.pick(this.height - 1, this.width - 1);
      else return;
      event.preventDefault();
      say(this.stage.getAttribute("aria-label"));
    });
  }

  pick(row, column) {
    const clamp = (value, count) => Math.max(0, Math.min(count - 1, value));
    this.cell = [clamp(row, this.height), clamp(column, this.width)];
    this.onPick(...this.cell);
  }

  // Show numbers: data of height * width, coloured up to +-most; cells from `until` on stay blank.
  show(name, data, height, width, most, until) {
    this.fit(height, width);
    paint(this.canvas, data, height, width, most, until);
    if (this.scale && most !== this.most) fill(this.scale, legend(most));
    this.most = most;
    this.name = name;
    this.data = data;
    const [low, high] = extent(data);
    this.about = `${name}, ${height} by ${width}, from ${format(low)} to ${format(high)}`;
    this.describe();
  }

  showPicture(name, pixels, shape) {
    this.fit(shape[0], shape[1]);
    paintPicture(this.canvas, pixels, shape);
    this.data = null;
    this.about = `${name}, ${shape[0]} by ${shape[1]} pixels`;
    this.describe();
  }

  fit(height, width) {
    if (height === this.height && width === this.width) return;
    this.height = height;
    this.width = width;
    const scale = this.size / Math.max(height, width);
    const wide = Math.max(Math.round(width * scale), 6);
    this.stage.style.width = `${wide}px`;
    this.element.style.width = `${Math.max(wide, 60) + 2}px`;
    this.stage.style.height = `${Math.max(Math.round(height * scale), 6)}px`;
  }

  describe() {
    const [row, column] = this.cell;
    const value =
      this.data && this.onPick ? `; row ${row}, column ${column}: ${format(this.data[row * this.width + column])}` : "";
    this.stage.setAttribute("aria-label", this.about + value);
  }

  // Mark rectangles: {row, column, height, width, kind}; the first is the chosen cell or window.
  mark(rectangles) {
    while (this.marks.children.length > rectangles.length) this.marks.lastChild.remove();
    rectangles.forEach((box, k) => {
      const mark = this.marks.children[k] ?? this.marks.appendChild(el("div"));
      mark.className = `mark ${box.kind ?? ""}`;
      mark.style.top = `${(100 * box.row) / this.height}%`;
      mark.style.left = `${(100 * box.column) / this.width}%`;
      mark.style.height = `${(100 * (box.height ?? 1)) / this.height}%`;
      mark.style.width = `${(100 * (box.width ?? 1)) / this.width}%`;
    });
    this.describe();
  }
}

// A small grid of numbers on their colours: a kernel, a window. `change(index, value)` makes the cells editable,
// `choose(index)` makes them buttons; `cell` is a cell's width in pixels.
export function grid(
  values,
  columns,
  most,
  {
    notes = [],
    change = null,
    name = "",
    label = "",
    choose = null,
    cell = columns <= 3 ? 62 : columns <= 5 ? 52 : 46,
  } = {},
) {
  const digits = columns <= 3 && cell > 50 ? 3 : 2;
  return el(
    "div",
    {
      class: columns <= 3 ? "grid few" : "grid",
      role: "group",
      "aria-label": label,
      "data-grid": name,
      style: { gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, width: `${columns * cell}px` },
    },
    Array.from(values, (value, k) => {
      const style = { background: colour(value, most), color: ink(value, most) };
      if (change) {
        const box = el("input", {
          class: "cell",
          type: "number",
          step: "any",
          value: Number(value.toPrecision(digits)),
          style,
          "aria-label": `${label} ${Math.floor(k / columns)}, ${k % columns}`,
          "data-value": value,
          onchange: () => {
            if (Number.isFinite(box.valueAsNumber)) change(k, box.valueAsNumber);
          },
        });
        return box;
      }
      const kind = `cell ${notes[k] ?? ""}`;
      const inside = {
        class: kind,
        style: notes[k] === "padding" ? {} : style,
        "data-value": value,
        title: String(value),
      };
      const text = Number.isNaN(value) && notes[k] === "padding" ? "\u2013" : format(value, digits);
      return choose
        ? el("button", { ...inside, type: "button", onclick: () => choose(k) }, text)
        : el("span", inside, text);
    }),
  );
}
