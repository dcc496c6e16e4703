// The net as columns of maps: outputs in the overview, gradients in the backward view. What feeds a map shows on hover.

import { colour, ink, paint, paintPicture } from "./colours.js";
import { button, el, fill, legend, num, svg } from "./dom.js";
import { feeds } from "./feeding.js";
import { costOf, fieldOf, short } from "./fields.js";
import { broken, Folding } from "./folding.js";
import { extent, format, largest } from "./numbers.js";
import { sentence } from "./sentences.js";
import { Strip } from "./strip.js";

const PER_COLUMN = 10;

// The line between two neighbours, and that between columns far apart: through the lane above all tiles.
const bent = ([x0, x1], [y0, y1]) => {
  const half = (x0 + x1) / 2;
  return `M${x0},${y0}C${half},${y0} ${half},${y1} ${x1},${y1}`;
};
const over = ([x0, x1], [y0, y1], lane) => `M${x0},${y0}h3V${lane}H${x1 - 4}V${y1}H${x1}`;

export class Columns {
  // source: {values(i), map(i, c), range(i, data), open(i, c), picture}: what is shown, and what a click does.
  constructor(app, source, hint) {
    this.app = app;
    this.source = source;
    this.hint = hint;
    this.pages = new Map();
    this.info = el("div", { class: "info" });
    this.columns = el("div", { class: "columns" });
    this.lines = svg("svg", { class: "lines", "aria-hidden": "true" });
    const heading = el("h2", { class: "hidden" }, "The net, a column a layer"); // the columns' own are below it
    const inside = el("div", { class: "net-inside" }, this.lines, this.columns);
    this.scroller = el("div", { class: "net scroll" }, heading, inside);
    const { blocks } = app.payload;
    this.folding = new Folding(blocks, (block) => this.refold(block));
    this.strip = blocks.length ? new Strip(app.net.nodes, this.folding, (index, far) => this.goTo(index, far)) : null;
    this.element = this.strip ? el("div", { class: "net" }, this.strip.element, this.scroller) : this.scroller;
    if (this.strip) this.scroller.addEventListener("scroll", () => this.follow());
    this.columns.addEventListener("keydown", (event) => this.move(event));
  }

  update() {
    this.showInfo(null);
    fill(this.lines);
    fill(
      this.columns,
      this.folding.shown(this.app.net.nodes).map((node) => this.column(node)),
    );
    const first = this.columns.querySelector(".tile");
    if (first) first.tabIndex = 0;
  }

  // Fold or unfold a block; the keyboard stays at its control, and the columns where they were.
  refold(block) {
    const left = this.scroller.scrollLeft;
    this.update();
    this.scroller.scrollLeft = left;
    this.columns.querySelector(`[data-block="${CSS.escape(block.name)}"]`).focus({ preventScroll: true });
  }

  // Bring a node's column, or that of its folded block, into view; `far` moves the keyboard there too.
  goTo(index, far = false) {
    const column = this.columns.querySelector(`[data-column="${this.folding.columnOf(index)}"]`);
    const box = column.getBoundingClientRect();
    const room = this.scroller.getBoundingClientRect();
    this.led = performance.now(); // the columns move because the cursor did
    this.scroller.scrollLeft += box.left + box.width / 2 - room.left - room.width / 2;
    for (const other of this.columns.children) other.classList.toggle("under-cursor", other === column);
    if (far) {
      column.querySelector(".tile")?.focus({ preventScroll: true });
      this.strip.say();
    }
  }

  // The cursor goes with the columns: from the first one where they stand at the left to the last at the right.
  follow() {
    if (performance.now() - this.led < 300) return;
    const most = this.scroller.scrollWidth - this.scroller.clientWidth;
    const { children } = this.columns;
    const column = children[Math.round(((children.length - 1) * this.scroller.scrollLeft) / Math.max(most, 1))];
    this.strip.at(Number(column.dataset.column));
  }

  column(node) {
    const folded = this.folding.isFolded(node.index);
    const kind = node.kind === "Activation" ? node.settings.function : node.kind;
    const head = [
      el(
        "h3",
        { title: `${node.name}, ${node.kind}: ${sentence(node)}` },
        this.folding.control(node.index),
        folded ? null : broken(node.name),
      ),
      el("p", { class: "shape kind" }, folded ? this.folding.count(node.index) : broken(kind)),
      el("p", { class: "shape size" }, broken(node.shape.join("\u00d7"))),
    ];
    const group = { class: "column", role: "group", "aria-label": node.name, "data-column": node.index };
    const column = (...below) => el("div", group, ...head, el("div", {}, ...below.filter(Boolean)));
    if (!this.source.values(node.index)) return column(el("p", { class: "shape" }, this.source.absent));
    const shown = this.visible(node);
    const tiles = el("div", { class: "tiles" });
    if (node.kind === "Input" && this.source.picture) tiles.append(this.pictureTile(node));
    if (node.shape.length === 1) tiles.append(...this.entries(node, shown));
    else for (const c of shown.maps) tiles.append(this.mapTile(node, c));
    const most = largest(this.source.values(node.index));
    return column(
      tiles,
      shown.count > shown.maps.length ? this.pager(node, shown) : null,
      this.app.scale === "layer" ? el("p", { class: "shape" }, "\u00b1 ", num(most, null, 3)) : null,
      ...(this.source.costs ? this.costs(node) : []),
    );
  }

  // Under a column: how much of the picture one of its cells sees, how many weights it has, how much work it is.
  costs(node) {
    if (!node.inputs.length) return [];
    const { nodes } = this.app.net;
    const field = node.kind === "Flatten" ? null : fieldOf(nodes, node.index); // each entry sees what its cell saw
    const { work, parameters } = costOf(this.app.net, node);
    const line = (name, text, title) => el("p", { class: "shape cost", "data-cost": name, title }, text);
    return [
      field &&
        line(
          "field",
          field === "all" ? "sees all" : `sees ${field.join("\u00d7")}`,
          "pixels that one number depends on",
        ),
      parameters ? line("parameters", `${short(parameters)} weights`, `${parameters} numbers`) : null,
      work ? line("work", `${short(work)} mult-adds`, `${work} multiply-adds a picture`) : null,
    ];
  }

  visible(node) {
    const all = this.app.mapsOf(node.index);
    const page = this.pages.get(node.index) ?? 0;
    const size = node.shape.length === 1 && node.shape[0] > 24 ? all.length : PER_COLUMN;
    return { maps: all.slice(page * size, (page + 1) * size), count: all.length, page, size };
  }

  pager(node, { page, size, count }) {
    const turn = (step) => {
      this.pages.set(node.index, page + step);
      this.update();
    };
    const sorted = this.app.isWide(node.index) ? ", strongest first" : "";
    return el(
      "div",
      { class: "pager" },
      button("\u2039", () => turn(-1), { disabled: page === 0, "aria-label": `${node.name}: maps before` }),
      el(
        "span",
        { title: `of ${count}${sorted}` },
        `${page * size + 1}\u2013${Math.min((page + 1) * size, count)}/${count}`,
      ),
      button("\u203a", () => turn(1), {
        disabled: (page + 1) * size >= count,
        "aria-label": `${node.name}: next maps`,
      }),
    );
  }

  pictureTile(node) {
    const canvas = el("canvas", { "aria-hidden": "true" });
    paintPicture(canvas, this.app.pixels, node.shape);
    return this.tile(node, null, canvas, "the picture");
  }

  mapTile(node, c) {
    const data = this.source.map(node.index, c);
    const canvas = el("canvas", { "aria-hidden": "true" });
    paint(canvas, data, node.shape[0], node.shape[1], this.source.range(node.index, data));
    const [low, high] = extent(data);
    return this.tile(node, c, canvas, `channel ${c}, from ${format(low)} to ${format(high)}`);
  }

  // A row of numbers: a few as squares with their values, many as one tall strip.
  entries(node, { maps }) {
    const values = this.source.values(node.index);
    if (node.shape[0] > 24) {
      const canvas = el("canvas", { "aria-hidden": "true" });
      const wide = Math.max(1, Math.ceil(node.shape[0] / 220));
      const tall = Math.ceil(node.shape[0] / wide);
      const data = new Float32Array(tall * wide);
      data.set(values.subarray(0, tall * wide));
      paint(canvas, data, tall, wide, this.source.range(node.index, values));
      const tile = this.tile(node, null, canvas, `${node.shape[0]} numbers in a row`);
      tile.classList.add("strip");
      return [tile];
    }
    return maps.map((k) => {
      const most = this.source.range(node.index, values);
      const tile = this.tile(
        node,
        k,
        el(
          "span",
          { class: "entry", style: { background: colour(values[k], most), color: ink(values[k], most) } },
          format(values[k], 3),
        ),
        `${this.app.entryName(node, k)}: ${format(values[k], 3)}`,
      );
      return tile;
    });
  }

  tile(node, c, content, text) {
    const tile = button("", () => this.source.open(node.index, c), {
      class: "tile",
      tabindex: -1,
      "aria-label": `${node.name}, ${text}`,
      "data-node": node.index,
      "data-map": c ?? "",
    });
    tile.replaceChildren(content);
    for (const event of ["mouseenter", "focus"]) {
      tile.addEventListener(event, () => {
        this.connect(node, c);
        this.showInfo(node, c);
      });
    }
    for (const event of ["mouseleave", "blur"]) {
      tile.addEventListener(event, () => {
        fill(this.lines);
        this.showInfo(null);
      });
    }
    return tile;
  }

  // What the map under the pointer is, in place of the hint, which keeps its room: so nothing moves.
  showInfo(node, c) {
    this.details ??= el("div", { class: "details" });
    if (!this.info.childElementCount) {
      const keys = el("span", { class: "keys" }, " Arrow keys walk from map to map, Enter opens one.");
      this.info.append(el("p", { class: "hint" }, this.hint, keys), this.details);
    }
    this.info.classList.toggle("pointed", Boolean(node));
    if (!node) {
      fill(this.details);
      return;
    }
    const data =
      c === null || node.shape.length === 1 ? this.source.values(node.index) : this.source.map(node.index, c);
    const [low, high] = extent(data);
    const name =
      c === null
        ? node.name
        : node.shape.length === 1
          ? `${node.name}, ${this.app.entryName(node, c)}`
          : `${node.name}, channel ${c}`;
    fill(
      this.details,
      el("p", {}, el("strong", {}, name), `  ${node.shape.join(" \u00d7 ")}, from `, num(low), " to ", num(high)),
      legend(this.source.range(node.index, data), "its colours"),
    );
  }

  // Curves from everything on display that this map is made of; thicker where the kernel weighs more.
  connect(node, c) {
    const box = this.lines.getBoundingClientRect();
    const own = this.columns
      .querySelector(`[data-node="${node.index}"][data-map="${c ?? ""}"]`)
      .getBoundingClientRect();
    const lane = this.columns.querySelector(".tiles").getBoundingClientRect().top - box.top - 3;
    const paths = [];
    node.inputs.forEach((source) => {
      for (const tile of this.columns.querySelectorAll(`[data-node="${source}"]`)) {
        const from = tile.dataset.map === "" ? null : Number(tile.dataset.map);
        const weight = feeds(this.app.net, node, source, c, from);
        if (!weight) continue;
        const other = tile.getBoundingClientRect();
        const x = [other.right - box.left, own.left - box.left];
        const y = [other.top + other.height / 2 - box.top, own.top + own.height / 2 - box.top];
        paths.push(
          svg("path", {
            d: this.isNext(source, node.index) ? bent(x, y) : over(x, y, lane),
            "stroke-width": 0.75 + 2.5 * weight,
          }),
        );
      }
    });
    fill(this.lines, ...paths);
  }

  // Whether one column stands right before the other; a line over a longer way would run behind the tiles between.
  isNext(source, index) {
    return index - source === 1;
  }

  move(event) {
    const tile = event.target.closest(".tile");
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!tile || !step) return;
    event.preventDefault();
    const columns = [...this.columns.children];
    const column = tile.closest(".column");
    const tiles = [...column.querySelectorAll(".tile")];
    const to = columns[columns.indexOf(column) + step[0]];
    const line = tiles.indexOf(tile) + step[1];
    const next = to && [...to.querySelectorAll(".tile")];
    const target = next && next[Math.max(0, Math.min(next.length - 1, line))];
    if (!target) return;
    tile.tabIndex = -1;
    target.tabIndex = 0;
    target.focus();
    target.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}
