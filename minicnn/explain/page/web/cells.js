// One cell of a map and what made it: the window of a pool, or a layer that works elementwise. `view` is that of
// others.js: its `inputs` and its `output` are maps, and `detail` is where the cell is explained.

import { button, el, fill, num } from "./dom.js";
import { readBox } from "./fields.js";
import { curve } from "./formulas.js";
import { BENT, FUNCTIONS } from "./functions.js";
import { LAYERS, normalFactor } from "./layers.js";
import { grid } from "./maps.js";
import { format, largest } from "./numbers.js";
import { span, taps, unread, winners } from "./windows.js";

export function poolCell(view, node, i, j) {
  const { settings } = node;
  const [input] = view.inputs;
  const shape = node.from[0];
  const x = input.data;
  const columns = settings.size[1];
  input.mark([
    {
      row: i * settings.strides[0] - settings.pads[0][0],
      column: j * settings.strides[1] - settings.pads[1][0],
      height: span(settings.size[0], 1),
      width: span(settings.size[1], 1),
      kind: "window",
    },
  ]);
  const found = taps(settings, shape, i, j);
  const values = found.map(({ h, w, inside }) => (inside ? x[h * shape[1] + w] : NaN));
  const max = node.kind === "MaxPooling2D";
  const won = max ? winners(settings, shape, i, j, (h, w) => x[h * shape[1] + w]) : [];
  const notes = found.map((tap) => standing(tap, won));
  const own = view.output.data[i * node.shape[1] + j];
  fill(
    view.detail,
    el(
      "p",
      { class: "formula" },
      max ? "y = the largest number of the window" : "y = the mean of the window's numbers that lie in the picture",
    ),
    el("h3", {}, `Window of output [${i}, ${j}]`),
    grid(values, columns, largest(x), { notes, name: "window", label: "window" }),
    ...(max ? winnerLines(won, view.map, x[won[0].h * shape[1] + won[0].w]) : []),
    el("p", { class: "total" }, "output ", num(own, "output", 6)),
    ...(max ? goesBack(view, node, i, j, found, won) : []),
    el("p", { class: "hint unread" }, unreadText(node)),
  );
}

// How a cell of a window stands: the first of those that hold the largest number wins.
function standing({ h, w, inside }, won) {
  if (!inside) return "padding";
  const rank = won.findIndex((other) => other.h === h && other.w === w);
  return rank === 0 ? "winner" : rank > 0 ? "tie" : "";
}

function winnerLines(won, map, value) {
  const tied = won.length > 1;
  return [
    el("p", {}, `winner: [${won[0].h}, ${won[0].w}, channel ${map}] with `, num(value, "winner", 6)),
    el(
      "p",
      { class: tied ? "tie-note" : "hint" },
      tied
        ? `A tie: ${won.length} cells hold this number. The first in row order wins and takes the whole gradient.`
        : "No tie: one cell holds the largest number.",
    ),
  ];
}

// What a window of max pooling sends back: its gradient to the first of the largest, nothing to the others; and the way
// to the next tie, or one that is made up.
function goesBack(view, node, i, j, found, won) {
  const { app } = view;
  const columns = node.settings.size[1];
  app.gradients();
  const dy = app.net.gradientAt(node.index, (i * node.shape[1] + j) * node.shape[2] + view.map);
  const parts = [];
  if (dy !== undefined) {
    const sent = found.map(({ h, w, inside }) => (inside ? (h === won[0].h && w === won[0].w ? dy : 0) : NaN));
    const notes = found.map(({ inside }) => (inside ? "" : "padding"));
    parts.push(
      el("p", {}, "Its gradient, ", num(dy, "dy"), ", goes back to the winner alone:"),
      grid(sent, columns, Math.abs(dy), { notes, name: "sent", label: "what the window sends back" }),
    );
  }
  const tie = nextTie(node, view.inputs[0].data, i, j);
  parts.push(
    tie
      ? el(
          "p",
          {},
          button("Next tie", () => view.choose(...tie)),
        )
      : el("p", { class: "hint" }, "No window of this map has another tie."),
    workedTie(),
  );
  return parts;
}

// The next window in row order, from one on, in which several cells hold the largest number.
function nextTie(node, x, i, j) {
  const [rows, columns] = node.shape;
  const read = (h, w) => x[h * node.from[0][1] + w];
  for (let step = 1; step < rows * columns; step++) {
    const at = (i * columns + j + step) % (rows * columns);
    const cell = [Math.floor(at / columns), at % columns];
    if (winners(node.settings, node.from[0], ...cell, read).length > 1) return cell;
  }
  return null;
}

// A tie in four numbers, computed as every other window is.
function workedTie() {
  const node = {
    shape: [1, 1, 1],
    from: [[2, 2, 1]],
    settings: {
      size: [2, 2],
      strides: [2, 2],
      pads: [
        [0, 0],
        [0, 0],
      ],
      dilation: [1, 1],
    },
  };
  const x = Float32Array.from([1, 3, 3, 2]);
  const y = LAYERS.MaxPooling2D.forward(node, [x]);
  const dy = Float32Array.from([0.5]);
  const [dx] = LAYERS.MaxPooling2D.backward(node, [x], y, dy).dxs;
  const part = (title, values, name) =>
    el(
      "figure",
      { class: "map" },
      el("figcaption", {}, title),
      grid(values, values.length > 1 ? 2 : 1, 3, { name, label: title, cell: 46 }),
    );
  return el(
    "details",
    { class: "worked" },
    el("summary", {}, "A tie, worked"),
    el("p", {}, "Two cells hold the largest number. The output is the same whichever is taken, the way back is not:"),
    el(
      "div",
      { class: "pair" },
      part("x", x, "tie-x"),
      part("y = max", y, "tie-y"),
      part("dy", dy, "tie-dy"),
      part("dx", dx, "tie-dx"),
    ),
    el(
      "p",
      { class: "hint" },
      "The first in row order gets all of dy, as in Keras; a half for each would be a slope, too.",
    ),
  );
}

export function unreadText(node) {
  const [shape] = node.from;
  const lost = ["rows", "columns"].flatMap((name, axis) => {
    const found = unread(node.settings, shape, node.shape, axis);
    const few = found.slice(0, 6).join(", ");
    return found.length
      ? [`${found.length} of ${shape[axis]} ${name} (${few}${found.length > 6 ? ", \u2026" : ""})`]
      : [];
  });
  return lost.length ? `No window reads ${lost.join(" and ")}.` : "Every pixel is read by a window.";
}

// A layer that works elementwise.
export function plainCell(view, node, i, j) {
  const at = i * node.shape[1] + j;
  const y = view.output.data[at];
  const parts = [];
  for (const input of view.inputs) {
    const box = readBox(node, input.k, [i, j]);
    input.mark(box ? [box] : []);
  }
  const stretched = (size, full, place) => (size < full ? 0 : place); // of layers of several inputs
  const xs = view.inputs.map(
    ({ data, height, width }) => data[stretched(height, node.shape[0], i) * width + stretched(width, node.shape[1], j)],
  );
  if (node.kind === "Activation" && node.settings.function !== "softmax") {
    const { f, text } = FUNCTIONS[node.settings.function];
    const zeros = view.output.data.filter((v) => v === 0).length;
    parts.push(
      el("p", { class: "formula" }, `y = ${text}`),
      el(
        "div",
        { class: "flow" },
        curve(f, text, xs[0]),
        el(
          "div",
          { class: "pair" },
          around(view, view.inputs[0], i, j, "x around the cell"),
          el("span", { class: "sign" }, "\u2192"),
          around(view, view.output, i, j, "y"),
        ),
      ),
      el("p", { class: "total" }, `x = ${format(xs[0])}: y = `, num(y, "output", 6)),
    );
    if (node.settings.function === "relu") {
      parts.push(
        el(
          "p",
          { class: "hint" },
          `${zeros} of ${view.output.data.length} numbers of this map are 0: no gradient passes there.`,
        ),
      );
    }
  } else {
    const rule = RULES[node.kind] ?? { text: "y = x", work: () => "" };
    parts.push(
      el("p", { class: "formula" }, rule.text),
      el("p", {}, `cell [${i}, ${j}]: `, rule.work(node, xs, view.map), " ", num(y, "output", 6)),
    );
  }
  fill(view.detail, ...parts);
}

// The numbers around a cell, three by three or less at an edge; each one can be chosen.
function around(view, { data, width, height, most }, i, j, caption) {
  const from = (at, count) => Math.max(0, Math.min(at - 1, count - 3));
  const top = from(i, height);
  const left = from(j, width);
  const columns = Math.min(3, width);
  const cells = Array.from({ length: Math.min(3, height) * columns }, (_, k) => [
    top + Math.floor(k / columns),
    left + (k % columns),
  ]);
  return el(
    "figure",
    { class: "map" },
    el("figcaption", {}, caption),
    grid(
      cells.map(([h, w]) => data[h * width + w]),
      columns,
      most,
      {
        name: caption[0],
        label: caption,
        cell: 52,
        notes: cells.map(([h, w]) => (h === i && w === j ? "winner" : "")),
        choose: (k) => view.choose(...cells[k]),
      },
    ),
  );
}

export const RULES = {
  Rescaling: {
    text: "y = x \u00b7 scale + offset",
    work: ({ settings }, [x], c) =>
      `${format(x)} \u00b7 ${format(settings.scale[c])} + ${format(settings.offset[c])} =`,
  },
  Dropout: { text: "y = x: dropout only drops in training", work: () => "" },
  Identity: { text: "y = x when predicting", work: () => "" },
  BatchNormalization: {
    text: "y = (x \u2212 mean) \u00b7 gamma / sqrt(variance + epsilon) + beta",
    work: (node, [x], c) => {
      if (!node.own) return "";
      const { factor, shift } = normalFactor(node, c);
      return `${format(x)} \u00b7 ${format(factor)} + ${format(shift)} =`;
    },
  },
  Normalization: { text: "y = (x \u2212 mean) / deviation", work: (node, [x]) => `${format(x)} \u2192` },
  ReLU: {
    text: "y = min(x, maximum) where x > threshold, else slope \u00b7 (x \u2212 threshold)",
    work: ({ settings }, [x]) => `${BENT.text(settings)}; x = ${format(x)}:`,
  },
  LeakyReLU: {
    text: "y = x where x > 0, else slope \u00b7 x",
    work: ({ settings }, [x]) => `${format(x)} \u00b7 ${x > 0 ? 1 : format(settings.negative_slope)} =`,
  },
  ELU: { text: "y = x where x > 0, else alpha (exp(x) \u2212 1)", work: (node, [x]) => `${format(x)} \u2192` },
  Add: { text: "y = the sum of the inputs", work: (node, xs) => `${xs.map((x) => format(x)).join(" + ")} =` },
  Subtract: {
    text: "y = the first input \u2212 the second",
    work: (node, xs) => `${xs.map((x) => format(x)).join(" \u2212 ")} =`,
  },
  Average: {
    text: "y = the mean of the inputs",
    work: (node, xs) => `(${xs.map((x) => format(x)).join(" + ")}) / ${xs.length} =`,
  },
  Maximum: { text: "y = the largest of the inputs", work: (node, xs) => `${xs.map((x) => format(x)).join(", ")}:` },
  Minimum: { text: "y = the smallest of the inputs", work: (node, xs) => `${xs.map((x) => format(x)).join(", ")}:` },
  Permute: { text: "x with its axes in another order", work: () => "" },
  PReLU: { text: "y = x where x > 0, else alpha \u00b7 x, alpha learnt", work: (node, [x]) => `${format(x)} \u2192` },
  UpSampling2D: { text: "y = the pixels of a smaller map, repeated or interpolated", work: () => "" },
  Resizing: { text: "y = the pixels of a map of another size, interpolated", work: () => "" },
  Conv2DTranspose: { text: "y = sum of x \u00b7 kernel over the pixels that write here, + bias", work: () => "" },
  LayerNormalization: {
    text: "y = (x \u2212 mean) \u00b7 gamma / sqrt(variance + epsilon) + beta, of this example's own numbers",
    work: (node, [x]) => `${format(x)} \u2192`,
  },
  GroupNormalization: {
    text: "y = (x \u2212 mean) \u00b7 gamma / sqrt(variance + epsilon) + beta, over a group of maps",
    work: (node, [x]) => `${format(x)} \u2192`,
  },
  Multiply: {
    text: "y = the product of the inputs",
    work: (node, xs) => `${xs.map((x) => format(x)).join(" \u00b7 ")} =`,
  },
  Concatenate: { text: "the inputs' maps, one after the other", work: () => "" },
  ZeroPadding2D: { text: "x with zeros around it", work: () => "" },
  Cropping2D: { text: "x without its frame", work: () => "" },
  Reshape: { text: "the same numbers in another shape", work: () => "" },
  Activation: { text: "softmax over the maps of each pixel", work: () => "" },
};
