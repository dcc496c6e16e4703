// Part 3, the other layers: one number of any layer, and what made it.

import { button, el, fill, keepFocus, num, numberField, select, steps, table } from "./dom.js";
import { curve, denseView, flattenView, functionView, lossView, softmaxView } from "./formulas.js";
import { FUNCTIONS } from "./functions.js";
import { normalFactor } from "./layers.js";
import { MapView, beside, grid } from "./maps.js";
import { argmax, format, largest } from "./numbers.js";
import { span, taps, unread, winners } from "./windows.js";

const POOLS = ["MaxPooling2D", "AveragePooling2D"];

export class Others {
  constructor(root, app) {
    this.root = root;
    this.app = app;
    this.tools = el("div", { class: "tools" });
    this.body = el("div", { class: "formula-view" });
    root.append(this.tools, this.body);
    const { nodes } = app.net;
    const windowed = (node) => node.kind === "Conv2D" || node.kind === "DepthwiseConv2D", chosen = nodes[app.selected.node];
    const behind = chosen && windowed(chosen) ? nodes.find((node) => node.inputs.includes(chosen.index)) : chosen;
    this.index = (behind && !windowed(behind) ? behind.index : null) ?? nodes.find((node) => node.settings.function === "relu")?.index ?? nodes.length - 1;
    this.map = app.selected.map;
    this.cell = app.selected.cell;
    this.entry = nodes[this.index].shape.length === 1 ? this.map ?? this.firstEntry() : 0;
    this.update();
  }

  open(value) {
    this.index = value === "loss" ? "loss" : Number(value);
    this.map = null;
    this.cell = null;
    this.entry = this.firstEntry();
    this.app.selected = { node: this.index === "loss" ? null : this.index, map: null, cell: null };
    this.update();
  }

  // Where to begin in a row of numbers: at the end, the chosen class; in a flattened one, the largest.
  firstEntry() {
    const { net, label } = this.app, node = net.nodes[this.index];
    if (!node || node.shape.length > 1) return 0;
    return this.index === net.last ? Math.min(label, node.shape[0] - 1) : node.kind === "Flatten" ? argmax(net.values[this.index]) : 0;
  }

  update() {
    keepFocus(this.root, () => this.draw());
  }

  draw() {
    const { app } = this, { nodes } = app.net;
    const choice = select("layer", [...nodes.map((node) => [node.index, `${node.name}: ${node.kind === "Activation" ? node.settings.function : node.kind}`]), ["loss", "the loss"]],
      this.index, (value) => this.open(value));
    const places = [...nodes.map((node) => node.index), "loss"], at = places.indexOf(this.index);
    fill(this.tools, choice, steps("layer", () => this.open(places[at - 1]), () => this.open(places[at + 1]), { first: at === 0, last: at === places.length - 1 }));
    fill(this.body);
    if (this.index === "loss") {
      this.body.append(lossView(app));
      return;
    }
    const node = nodes[this.index];
    if (node.shape.length === 1) this.row(node);
    else this.maps(node);
  }

  row(node) {
    const choose = (entry) => { this.entry = entry; this.update(); }, { app } = this;
    this.entry = Math.min(this.entry, node.shape[0] - 1);
    if (node.kind === "Dense") this.body.append(denseView(app, node, this.entry, choose));
    else if (node.kind === "Flatten" && node.from[0].length === 3) this.body.append(flattenView(app, node, this.entry, choose));
    else if (node.settings.function === "softmax") this.body.append(softmaxView(app, node, this.entry, choose));
    else if (node.kind === "Activation") this.body.append(functionView(app, node, this.entry, choose));
    else if (node.kind.startsWith("Global")) this.pooled(node, choose);
    else this.body.append(this.plainRow(node, choose));
  }

  plainRow(node, choose) {
    const y = this.app.valuesOf(node.index), xs = node.inputs.map((i) => this.app.valuesOf(i));
    return el("div", { class: "grow" }, el("p", { class: "formula" }, RULES[node.kind]?.text ?? "y = x"),
      el("div", { class: "tools" }, numberField("entry", this.entry, (value) => choose(Math.round(value)), { min: 0, max: y.length - 1, step: 1 })),
      el("p", {}, `entry ${this.entry}: `, xs.map((x, k) => [k ? ", " : "", num(x[Math.min(this.entry, x.length - 1)])]).flat(), " \u2192 ", num(y[this.entry], "output", 6)));
  }

  // One number a channel: the channel that it is the mean, or the largest, of.
  pooled(node, choose) {
    const { app } = this, source = app.net.nodes[node.inputs[0]], [height, width] = source.shape, maps = app.mapsOf(source.index);
    if (!maps.includes(this.entry)) this.entry = maps[0];
    const data = app.map(source.index, this.entry);
    const view = new MapView({ size: 260, scaled: true, caption: `${source.name}, channel ${this.entry}` });
    view.show(`${source.name}, channel ${this.entry}`, data, height, width, app.range(source.index, data));
    const average = node.kind === "GlobalAveragePooling2D";
    this.body.append(el("div", { class: "flow" }, view.element, el("div", { class: "grow" },
      el("div", { class: "tools" }, select("entry", maps.map((c) => [c, `entry ${c}`]), this.entry, (value) => choose(Number(value)))),
      el("p", { class: "formula" }, average ? `the mean of ${height} \u00d7 ${width} numbers` : "the largest number of the channel"),
      el("p", {}, average ? `sum ${format(data.reduce((a, b) => a + b, 0))} / ${height * width} = ` : "largest: ", num(app.valuesOf(node.index)[this.entry], "output", 6)))));
  }

  // ---- layers of maps ------------------------------------------------------------------------------------------------

  maps(node) {
    const { app } = this, maps = app.mapsOf(node.index);
    if (node.kind !== "Input" && !maps.includes(this.map)) this.map = app.telling(node.index);
    this.cell = this.cell ? [Math.min(this.cell[0], node.shape[0] - 1), Math.min(this.cell[1], node.shape[1] - 1)] : [node.shape[0] >> 1, node.shape[1] >> 1];
    const step = (by) => { this.map = maps[(maps.indexOf(this.map) + by + maps.length) % maps.length]; this.update(); };
    if (node.kind !== "Input") {
      this.tools.append(select("map", maps.map((c) => [c, `channel ${c}`]), this.map, (value) => { this.map = Number(value); this.update(); }),
        steps("map", () => step(-1), () => step(1)), app.scaleChoice());
    }
    this.views = el("div", { class: "pair" });
    this.detail = el("div", { class: "grow" });
    this.body.append(el("div", { class: "flow" }, this.views, this.detail));
    if (node.kind === "Input") return this.input(node);
    const data = app.map(node.index, this.map);
    this.output = new MapView({ size: beside(), scaled: true, caption: `${node.name}, channel ${this.map}`, onPick: (i, j) => this.choose(i, j) });
    this.output.show(`${node.name}, channel ${this.map}`, data, node.shape[0], node.shape[1], app.range(node.index, data));
    this.inputs = node.inputs.map((source) => this.inputView(node, source)).filter(Boolean);
    this.views.append(...this.inputs.map((view) => view.element), el("span", { class: "sign" }, "\u2192"), this.output.element);
    this.choose(...this.cell);
  }

  inputView(node, source) {
    const { app } = this, { shape, name } = app.net.nodes[source], c = this.sourceMap(node, source);
    if (shape.length !== 3 || c === null) return null;
    const data = app.map(source, c), plain = shape[0] === node.shape[0] && shape[1] === node.shape[1];
    const view = new MapView({ size: beside(), scaled: true, caption: `${name}, channel ${c}`, onPick: plain ? (i, j) => this.choose(i, j) : null });
    view.show(`${name}, channel ${c}`, data, shape[0], shape[1], app.range(source, data));
    view.source = source;
    view.channel = c;
    return view;
  }

  // Which map of a source becomes the chosen map; null if none of it does.
  sourceMap(node, source) {
    if (node.kind === "DepthwiseConv2D") return Math.floor(this.map / (node.shape[2] / node.from[0][2]));
    if (node.kind === "Conv2D") return 0;
    if (node.kind !== "Concatenate") return Math.min(this.map, this.app.net.nodes[source].shape[2] - 1);
    let at = this.map;
    for (const k of node.inputs) {
      const count = this.app.net.nodes[k].shape[2];
      if (k === source) return at < count && at >= 0 ? at : null;
      at -= count;
    }
    return null;
  }

  choose(i, j) {
    const node = this.app.net.nodes[this.index];
    this.cell = [i, j];
    this.app.selected = { node: this.index, map: this.map, cell: this.cell };
    this.output.cell = [i, j];
    this.output.mark([{ row: i, column: j }]);
    if (POOLS.includes(node.kind)) this.pool(node, i, j);
    else if (node.kind === "Conv2D" || node.kind === "DepthwiseConv2D") {
      fill(this.detail, el("p", {}, "A convolution has a view of its own."), button("See its numbers", () => this.app.open(node.index, this.map), { class: "primary" }));
    } else this.one(node, i, j);
  }

  pool(node, i, j) {
    const { settings } = node, [input] = this.inputs, shape = node.from[0], x = input.data, columns = settings.size[1];
    input.mark([{ row: i * settings.strides[0] - settings.pads[0][0], column: j * settings.strides[1] - settings.pads[1][0], height: span(settings.size[0], 1), width: span(settings.size[1], 1), kind: "window" }]);
    const found = taps(settings, shape, i, j), values = found.map(({ h, w, inside }) => (inside ? x[h * shape[1] + w] : NaN));
    const max = node.kind === "MaxPooling2D", won = max ? winners(settings, shape, i, j, (h, w) => x[h * shape[1] + w]) : [];
    const notes = found.map((tap) => (!tap.inside ? "padding" : won[0]?.h === tap.h && won[0]?.w === tap.w ? "winner" : won.some((other) => other.h === tap.h && other.w === tap.w) ? "tie" : ""));
    const own = this.output.data[i * node.shape[1] + j];
    fill(this.detail, el("p", { class: "formula" }, max ? "y = the largest number of the window" : "y = the mean of the window's numbers that lie in the picture"),
      el("h3", {}, `Window of output [${i}, ${j}]`), grid(values, columns, largest(x), { notes, name: "window", label: "window" }),
      max ? el("p", {}, `winner: [${won[0].h}, ${won[0].w}, channel ${this.map}] with `, num(x[won[0].h * shape[1] + won[0].w], "winner", 6)) : null,
      max ? el("p", { class: won.length > 1 ? "tie-note" : "hint" }, won.length > 1 ? `A tie: ${won.length} cells hold this number. The first in row order wins and takes the whole gradient.` : "No tie: one cell holds the largest number.") : null,
      el("p", { class: "total" }, "output ", num(own, "output", 6)),
      el("p", { class: "hint unread" }, this.unread(node)));
  }

  unread(node) {
    const [shape] = node.from, lost = ["rows", "columns"].flatMap((name, axis) => {
      const found = unread(node.settings, shape, node.shape, axis), few = found.slice(0, 6).join(", ");
      return found.length ? [`${found.length} of ${shape[axis]} ${name} (${few}${found.length > 6 ? ", \u2026" : ""})`] : [];
    });
    return lost.length ? `No window reads ${lost.join(" and ")}.` : "Every pixel is read by a window.";
  }

  // A layer that works number by number.
  one(node, i, j) {
    const at = i * node.shape[1] + j, y = this.output.data[at], parts = [];
    for (const view of this.inputs) if (view.height === node.shape[0]) view.mark([{ row: i, column: j }]);
    const xs = this.inputs.map((view) => (view.height === node.shape[0] && view.width === node.shape[1] ? view.data[at] : NaN));
    if (node.kind === "Activation" && node.settings.function !== "softmax") {
      const { f, text } = FUNCTIONS[node.settings.function], zeros = this.output.data.filter((v) => v === 0).length;
      parts.push(el("p", { class: "formula" }, `y = ${text}`), el("div", { class: "flow" }, curve(f, text, xs[0]),
        el("div", { class: "pair" }, this.around(this.inputs[0], i, j, "x around the cell"), el("span", { class: "sign" }, "\u2192"), this.around(this.output, i, j, "y"))),
      el("p", { class: "total" }, `x = ${format(xs[0])}: y = `, num(y, "output", 6)));
      if (node.settings.function === "relu") parts.push(el("p", { class: "hint" }, `${zeros} of ${this.output.data.length} numbers of this map are 0: no gradient passes there.`));
    } else {
      const rule = RULES[node.kind] ?? { text: "y = x", work: () => "" };
      parts.push(el("p", { class: "formula" }, rule.text), el("p", {}, `cell [${i}, ${j}]: `, rule.work(node, xs, this.map), " ", num(y, "output", 6)));
    }
    fill(this.detail, ...parts);
  }

  // The numbers around a cell, three by three or less at an edge; each one can be chosen.
  around({ data, width, height, most }, i, j, caption) {
    const from = (at, count) => Math.max(0, Math.min(at - 1, count - 3)), top = from(i, height), left = from(j, width), columns = Math.min(3, width);
    const cells = Array.from({ length: Math.min(3, height) * columns }, (_, k) => [top + Math.floor(k / columns), left + k % columns]);
    return el("figure", { class: "map" }, el("figcaption", {}, caption), grid(cells.map(([h, w]) => data[h * width + w]), columns, most, { name: caption[0], label: caption, cell: 52,
      notes: cells.map(([h, w]) => (h === i && w === j ? "winner" : "")), choose: (k) => this.choose(...cells[k]) }));
  }

  // The picture itself, with pixels to change.
  input(node) {
    const { app } = this, [height, width, channels] = node.shape;
    const view = new MapView({ size: 320, caption: "the picture: choose a pixel, change its numbers", onPick: (i, j) => { this.cell = [i, j]; show(); } });
    view.showPicture("the picture", app.pixels, node.shape);
    const names = channels === 3 ? ["red", "green", "blue"] : ["grey"], [low, high] = app.pixelRange();
    const show = () => {
      const [i, j] = this.cell, at = (i * width + j) * channels;
      view.cell = this.cell;
      view.mark([{ row: i, column: j }]);
      fill(this.detail, el("h3", {}, `Pixel [${i}, ${j}]`), el("div", { class: "tools" },
        numberField("row", i, (value) => { this.cell = [Math.max(0, Math.min(height - 1, Math.round(value))), j]; show(); }, { min: 0, max: height - 1, step: 1, class: "short" }),
        numberField("column", j, (value) => { this.cell = [i, Math.max(0, Math.min(width - 1, Math.round(value)))]; show(); }, { min: 0, max: width - 1, step: 1, class: "short" })),
      el("div", { class: "tools" }, names.map((name, c) => (app.live ? numberField(name, app.pixels[at + c], (value) => app.editPixel(at + c, value), { "data-name": name, min: low, max: high }) : el("p", {}, `${name} `, num(app.pixels[at + c]))))),
      el("p", { class: "hint" }, app.live ? "Every map, the prediction and all gradients follow a change." : ""), table(["", "pixel", "what the net gets"], names.map((name, c) => [name, num(app.pixels[at + c]), num(app.valuesOf(node.index)[at + c])])));
    };
    this.views.append(view.element);
    show();
  }
}

const RULES = {
  Rescaling: { text: "y = x \u00b7 scale + offset", work: ({ settings }, [x], c) => `${format(x)} \u00b7 ${format(settings.scale[c])} + ${format(settings.offset[c])} =` },
  Dropout: { text: "y = x: dropout only drops in training", work: () => "" },
  Identity: { text: "y = x when predicting", work: () => "" },
  BatchNormalization: { text: "y = (x \u2212 mean) \u00b7 gamma / sqrt(variance + epsilon) + beta", work: (node, [x], c) => {
    if (!node.own) return "";
    const { factor, shift } = normalFactor(node, c);
    return `${format(x)} \u00b7 ${format(factor)} + ${format(shift)} =`;
  } },
  Normalization: { text: "y = (x \u2212 mean) / deviation", work: (node, [x]) => `${format(x)} \u2192` },
  LeakyReLU: { text: "y = x where x > 0, else slope \u00b7 x", work: ({ settings }, [x]) => `${format(x)} \u00b7 ${x > 0 ? 1 : format(settings.negative_slope)} =` },
  ELU: { text: "y = x where x > 0, else alpha (exp(x) \u2212 1)", work: (node, [x]) => `${format(x)} \u2192` },
  Add: { text: "y = the sum of the inputs", work: (node, xs) => `${xs.map((x) => format(x)).join(" + ")} =` },
  Multiply: { text: "y = the product of the inputs", work: (node, xs) => `${xs.map((x) => format(x)).join(" \u00b7 ")} =` },
  Concatenate: { text: "the inputs' maps, one behind the other", work: () => "" },
  ZeroPadding2D: { text: "x with zeros around it", work: () => "" },
  Cropping2D: { text: "x without its frame", work: () => "" },
  Reshape: { text: "the same numbers in another shape", work: () => "" },
  Activation: { text: "softmax over the maps of each pixel", work: () => "" },
};
