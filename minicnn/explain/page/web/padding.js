// Part 6, the padding laboratory: where a window may stand, which pads a name means, and what the floor drops.

import { button, el, fill, num, numberField, select, svg } from "./dom.js";
import { format } from "./numbers.js";
import { outputSize, samePads, span } from "./windows.js";

const MODES = [
  ["valid", "valid: none"],
  ["same", "same, as TensorFlow pads"],
  ["symmetric", "symmetric, as PyTorch pads"],
  ["explicit", "explicit"],
];
const PYTORCH_SAME = 'So does PyTorch\'s padding="same", which it has for stride 1 alone.';
const PYTORCH_OTHER = "PyTorch's padding is symmetric where the stride is not 1, so none equals this.";
const AXES = ["height", "width"];
const MOST = 512;
const WIDEST = 64; // pixels of an input, of a window

const cellSize = (room, height, width) => Math.max(2, Math.min(30, Math.floor(room / Math.max(height, width))));

const square = (r, c, cell, inset) =>
  `M${c * cell + inset},${r * cell + inset}h${cell - 2 * inset}v${cell - 2 * inset}h${2 * inset - cell}z`;

const cross = (r, c, cell) =>
  `M${c * cell + 2},${r * cell + 2}l${cell - 4},${cell - 4}m0,${4 - cell}l${4 - cell},${cell - 4}`;

function board(height, width, cell, properties, ...children) {
  return svg(
    "svg",
    {
      viewBox: `-1 -1 ${width * cell + 2} ${height * cell + 2}`,
      width: width * cell + 2,
      height: height * cell + 2,
      ...properties,
    },
    ...children,
  );
}

function lines(height, width, cell) {
  const across = Array.from({ length: height + 1 }, (_, r) => `M0,${r * cell}h${width * cell}`);
  const down = Array.from({ length: width + 1 }, (_, c) => `M${c * cell},0v${height * cell}`);
  return svg("path", { d: cell < 4 ? "" : [...across, ...down].join(""), class: "lab-line" });
}

export class Padding {
  constructor(root, app) {
    this.app = app;
    app.lab ??= {
      size: [7, 6],
      window: [3, 3],
      strides: [2, 2],
      dilation: [1, 1],
      mode: "same",
      pads: [
        [1, 1],
        [1, 1],
      ],
      symmetric: [1, 1],
      at: [0, 0],
    };
    this.state = app.lab;
    this.tools = el("form", { class: "lab-fields", onsubmit: (event) => event.preventDefault() });
    this.picture = el("div", { class: "lab" });
    this.working = el("div", { class: "grow" });
    root.append(this.tools, el("div", { class: "flow" }, this.picture, this.working));
    this.fields();
    this.update();
  }

  fields() {
    const { state } = this;
    const nets = this.app.net.nodes.filter((node) => node.settings.size);
    fill(
      this.tools,
      this.pair("input", state.size, 1),
      this.pair("window", state.window, 1, WIDEST),
      this.pair("stride", state.strides, 1),
      this.pair("dilation", state.dilation, 1),
      el(
        "div",
        { class: "lab-mode" },
        select("padding", MODES, state.mode, (value) => {
          state.mode = value;
          this.fields();
          this.update();
        }),
        select("take from the net", [["", "\u2013"], ...nets.map((node) => [node.index, node.name])], "", (value) => {
          if (value !== "") this.take(this.app.net.nodes[Number(value)]);
        }),
      ),
      ...this.padFields(),
    );
  }

  // Whole numbers of the state under one heading; each is [its label, its field's name, an array, its place there].
  numbers(text, each, least, most = MOST) {
    const field = ([label, name, values, k]) =>
      numberField(
        label,
        values[k],
        (value) => {
          values[k] = Math.max(least, Math.min(most, Math.round(value)));
          this.fields();
          this.update();
        },
        { min: least, max: most, step: 1, name },
      );
    return el("fieldset", {}, el("legend", {}, text), each.map(field));
  }

  pair(text, values, least, most) {
    const each = AXES.map((axis, k) => [axis, `${text}-${axis}`, values, k]);
    return this.numbers(text, each, least, most);
  }

  padFields() {
    const { mode, pads, symmetric } = this.state;
    if (mode === "symmetric") return [this.pair("padding", symmetric, 0)];
    const sides = ["top", "bottom", "left", "right"].map((name, k) => [name, `pad-${name}`, pads[k >> 1], k & 1]);
    return mode === "explicit" ? [this.numbers("pads", sides, 0)] : [];
  }

  take(node) {
    const { settings } = node;
    const { state } = this;
    state.size = node.from[0].slice(0, 2);
    state.window = [...settings.size];
    state.strides = [...settings.strides];
    state.dilation = [...settings.dilation];
    state.mode = settings.padding;
    state.at = [0, 0];
    this.fields();
    this.update();
  }

  // Everything about one axis.
  axis(k) {
    const { size, window, strides, dilation, mode, pads, symmetric } = this.state;
    const [n, w, s, d] = [size[k], window[k], strides[k], dilation[k]];
    const reach = span(w, d);
    const own = {
      valid: () => [0, 0],
      same: () => samePads(n, w, s, d),
      symmetric: () => [symmetric[k], symmetric[k]],
      explicit: () => pads[k],
    }[mode]();
    const count = outputSize(n, w, s, own, d);
    const used = (count - 1) * s + reach;
    return {
      n,
      w,
      s,
      d,
      reach,
      pads: own,
      count,
      fits: reach <= n + own[0] + own[1],
      dropped: n + own[0] + own[1] - used,
    };
  }

  update() {
    const axes = [0, 1].map((k) => this.axis(k));
    const { state } = this;
    if (!axes.every(({ fits }) => fits)) {
      const spans = axes.map(({ reach }) => reach).join(" \u00d7 ");
      fill(this.picture);
      fill(
        this.working,
        el("p", { class: "notice" }, `The window spans ${spans} pixels, more than the padded input: no window fits.`),
        ...axes.map((axis, k) => this.formula(axis, AXES[k])),
      );
      return;
    }
    state.at = state.at.map((at, k) => Math.max(0, Math.min(axes[k].count - 1, at)));
    fill(this.picture, this.drawInput(axes), this.drawOutput(axes));
    const [i, j] = state.at;
    const pixels = axes.map((axis, k) =>
      Array.from({ length: axis.w }, (_, tap) => state.at[k] * axis.s + tap * axis.d - axis.pads[0]),
    );
    const [rows, columns] = pixels.map((each) => each.map((at) => format(at)).join(", "));
    const zeros = pixels[0]
      .flatMap((h) => pixels[1].map((w) => [h, w]))
      .filter(([h, w]) => h < 0 || w < 0 || h >= axes[0].n || w >= axes[1].n).length;
    fill(
      this.working,
      ...axes.map((axis, k) => this.formula(axis, AXES[k])),
      el("h3", {}, `Output [${i}, ${j}]`),
      el("p", {}, `rows ${rows} and columns ${columns}; ${zeros} of ${axes[0].w * axes[1].w} taps fall on padding.`),
      el(
        "p",
        { class: "hint" },
        "Arrow keys on the output, or a click, move the window. " +
          "Hatched: padding. Crossed out: no window ever reads it.",
      ),
    );
  }

  formula({ n, w, s, d, reach, pads, count, fits, dropped }, name) {
    const total = n + pads[0] + pads[1];
    const lost = Math.max(0, Math.min(dropped, pads[1] + n));
    const real = Math.max(0, dropped - pads[1]);
    const quotient = `floor(${Number(((total - reach) / s).toFixed(3))}) + 1 = `;
    return el(
      "section",
      { class: "axis-working" },
      el("h2", {}, name),
      el("p", { class: "formula" }, `span = (${w} \u2212 1) \u00b7 ${d} + 1 = `, num(reach, `${name}-span`)),
      this.state.mode === "same"
        ? el(
            "p",
            { class: "formula" },
            `total = max((ceil(${n} / ${s}) \u2212 1) \u00b7 ${s} + ${reach} \u2212 ${n}, 0) = ${pads[0] + pads[1]}: `,
            num(pads[0], `${name}-before`),
            " before, ",
            num(pads[1], `${name}-after`),
            " after",
          )
        : el(
            "p",
            { class: "formula" },
            "pads: ",
            num(pads[0], `${name}-before`),
            " before, ",
            num(pads[1], `${name}-after`),
            " after",
          ),
      el(
        "p",
        { class: "formula" },
        `output = floor((${n} + ${pads[0]} + ${pads[1]} \u2212 ${reach}) / ${s}) + 1 = ${fits ? quotient : ""}`,
        fits ? num(count, `${name}-output`) : "nothing: no window fits",
      ),
      fits && lost
        ? el(
            "p",
            {},
            `The floor drops `,
            num(lost, `${name}-dropped`),
            ` at the end${real < lost ? `, ${real} of the input and ${lost - real} of the padding` : ""}.`,
          )
        : null,
      this.state.mode === "same" && pads[0] !== pads[1]
        ? el(
            "p",
            { class: "hint" },
            `An odd total: TensorFlow puts the extra pixel after. ${s === 1 ? PYTORCH_SAME : PYTORCH_OTHER}`,
          )
        : null,
    );
  }

  // One path for all cells of a kind: a page with thousands of squares of their own would be slow.
  drawInput(axes) {
    const [rows, columns] = axes;
    const height = rows.n + rows.pads[0] + rows.pads[1];
    const width = columns.n + columns.pads[0] + columns.pads[1];
    const cell = cellSize(340, height, width);
    const [i, j] = this.state.at;
    const taps = [];
    for (let a = 0; a < rows.w; a++) {
      for (let b = 0; b < columns.w; b++) {
        taps.push(square(i * rows.s + a * rows.d, j * columns.s + b * columns.d, cell, Math.min(1.5, cell / 8)));
      }
    }
    const frame = svg("rect", {
      x: j * columns.s * cell,
      y: i * rows.s * cell,
      width: columns.reach * cell,
      height: rows.reach * cell,
      class: "lab-window",
    });
    const lost =
      rows.dropped || columns.dropped ? `; the floor drops ${rows.dropped} rows and ${columns.dropped} columns` : "";
    return el(
      "figure",
      { class: "map" },
      board(
        height,
        width,
        cell,
        {
          class: "lab-grid",
          role: "img",
          "aria-label":
            `input of ${rows.n} by ${columns.n} with pads ${rows.pads.join(" and ")} above and below, ` +
            `${columns.pads.join(" and ")} left and right; the window of output ${i}, ${j}${lost}`,
        },
        this.hatch(),
        svg("rect", { width: width * cell, height: height * cell, class: "lab-pad" }),
        svg("rect", {
          x: columns.pads[0] * cell,
          y: rows.pads[0] * cell,
          width: columns.n * cell,
          height: rows.n * cell,
          class: "lab-pixel",
        }),
        lines(height, width, cell),
        svg("path", { d: this.unread(axes, height, width, cell), class: cell < 8 ? "lab-unread" : "lab-cross" }),
        svg("path", { d: taps.join(""), class: "lab-tap" }),
        frame,
      ),
      el("figcaption", {}, `input ${rows.n} \u00d7 ${columns.n} and its padding: ${height} \u00d7 ${width}`),
    );
  }

  // Crosses on the cells of the padded input that no tap of a window reads.
  unread([rows, columns], height, width, cell) {
    const touched = this.touched([rows, columns]);
    const unread = [];
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++) {
        const end = (rows.dropped && r >= height - rows.dropped) || (columns.dropped && c >= width - columns.dropped);
        if (end || !touched[0].has(r) || !touched[1].has(c)) {
          unread.push(cell < 8 ? square(r, c, cell, 0) : cross(r, c, cell));
        }
      }
    }
    return unread.join("");
  }

  // Rows and columns of the padded input that some window's tap reads.
  touched(axes) {
    return axes.map(
      ({ count, s, w, d }) => new Set(Array.from({ length: count * w }, (_, k) => Math.floor(k / w) * s + (k % w) * d)),
    );
  }

  hatch() {
    const pattern = svg(
      "pattern",
      { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { width: 3, height: 6, class: "lab-hatch" }),
    );
    return svg("defs", {}, pattern);
  }

  drawOutput([rows, columns]) {
    const cell = cellSize(240, rows.count, columns.count);
    const [y, x] = this.state.at;
    const move = (i, j) => {
      this.state.at = [i, j];
      this.update();
      this.picture.querySelector(".lab-output")?.focus();
    };
    const grid = board(
      rows.count,
      columns.count,
      cell,
      {
        class: "lab-grid lab-output",
        tabindex: 0,
        role: "application",
        "aria-label": `output of ${rows.count} by ${columns.count}; chosen ${y}, ${x}; arrow keys move`,
      },
      svg("rect", { width: columns.count * cell, height: rows.count * cell, class: "lab-pixel" }),
      lines(rows.count, columns.count, cell),
      svg("path", { d: square(y, x, cell, 0), class: "lab-chosen" }),
    );
    grid.addEventListener("click", (event) => {
      const box = grid.getBoundingClientRect();
      const at = (from, size, count) => Math.floor((from / size) * count);
      move(at(event.clientY - box.top, box.height, rows.count), at(event.clientX - box.left, box.width, columns.count));
    });
    grid.addEventListener("keydown", (event) => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      move(y + step[0], x + step[1]);
    });
    return el(
      "figure",
      { class: "map" },
      grid,
      el("figcaption", {}, `output ${rows.count} \u00d7 ${columns.count}`),
      el(
        "div",
        { class: "player" },
        button("Next stop", () => {
          const at = (y * columns.count + x + 1) % (rows.count * columns.count);
          move(Math.floor(at / columns.count), at % columns.count);
        }),
      ),
    );
  }
}
