// Part 3, the other layers: one number of any layer, and what made it.

import { plainCell, poolCell, RULES } from "./cells.js";
import { scaleChoice } from "./choices.js";
import { button, el, fill, keepFocus, num, numberField, select, steps } from "./dom.js";
import { denseView, flattenView, functionView, lossView, softmaxView } from "./formulas.js";
import { LAYERS } from "./layers.js";
import { beside, MapView } from "./maps.js";
import { argmax, format } from "./numbers.js";
import { Patches } from "./patches.js";
import { showPixels } from "./pixels.js";
import { Seen } from "./seen.js";
import { lossSentence, sentence } from "./sentences.js";

const POOLS = ["MaxPooling2D", "AveragePooling2D"];

export class Others {
  constructor(root, app) {
    this.root = root;
    this.app = app;
    this.tools = el("div", { class: "tools" });
    this.about = el("p", { class: "about" });
    this.body = el("div", { class: "formula-view" });
    root.append(this.tools, this.about, this.body);
    const { nodes } = app.net;
    const windowed = (node) => node.kind === "Conv2D" || node.kind === "DepthwiseConv2D";
    const chosen = nodes[app.selected.node]; // none for "loss"
    const after = chosen && windowed(chosen) ? nodes.find((node) => node.inputs.includes(chosen.index)) : chosen;
    this.index =
      (after && !windowed(after) ? after.index : null) ??
      nodes.find((node) => node.settings.function === "relu")?.index ??
      nodes.length - 1;
    if (app.selected.node === "loss") this.index = "loss";
    this.map = app.selected.map;
    this.cell = app.selected.cell;
    this.entry = nodes[this.index]?.shape.length === 1 ? (this.map ?? this.firstEntry()) : 0;
    this.update();
  }

  place() {
    const node = this.app.net.nodes[this.index];
    if (!node) return { layer: "loss" };
    return node.shape.length === 1
      ? { layer: node.name, map: this.entry }
      : { layer: node.name, map: node.kind === "Input" ? null : this.map, cell: this.cell };
  }

  open(value) {
    this.index = value === "loss" ? "loss" : Number(value);
    this.map = null;
    this.cell = null;
    this.entry = this.firstEntry();
    this.app.selected = { node: this.index, map: null, cell: null };
    this.update();
    this.app.remember(true);
  }

  // Where to begin in a row of numbers: at the end, the chosen class; in a flattened one, the largest.
  firstEntry() {
    const { net, label } = this.app;
    const node = net.nodes[this.index];
    if (!node || node.shape.length > 1) return 0;
    return this.index === net.last
      ? Math.min(label, node.shape[0] - 1)
      : node.kind === "Flatten"
        ? argmax(net.values[this.index])
        : 0;
  }

  update() {
    keepFocus(this.root, () => this.draw());
  }

  draw() {
    const { app } = this;
    const { nodes } = app.net;
    const choice = select(
      "layer",
      [
        ...nodes.map((node) => [
          node.index,
          `${node.name}: ${node.kind === "Activation" ? node.settings.function : node.kind}`,
        ]),
        ["loss", "the loss"],
      ],
      this.index,
      (value) => this.open(value),
    );
    const places = [...nodes.map((node) => node.index), "loss"];
    const at = places.indexOf(this.index);
    fill(
      this.tools,
      choice,
      steps(
        "layer",
        () => this.open(places[at - 1]),
        () => this.open(places[at + 1]),
        { first: at === 0, last: at === places.length - 1 },
      ),
    );
    fill(this.about, this.index === "loss" ? lossSentence(app.net.loss.kind) : sentence(nodes[this.index]));
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
    const choose = (entry) => {
      this.entry = entry;
      this.update();
      this.app.remember();
    };
    const { app } = this;
    this.entry = Math.min(this.entry, node.shape[0] - 1);
    if (node.kind === "Dense") this.body.append(denseView(app, node, this.entry, choose));
    else if (node.kind === "Flatten" && node.from[0].length === 3) {
      this.body.append(flattenView(app, node, this.entry, choose));
    } else if (node.settings.function === "softmax") this.body.append(softmaxView(app, node, this.entry, choose));
    else if (node.kind === "Activation") this.body.append(functionView(app, node, this.entry, choose));
    else if (node.kind.startsWith("Global")) this.pooled(node, choose);
    else this.body.append(this.plainRow(node, choose));
  }

  plainRow(node, choose) {
    const y = this.app.valuesOf(node.index);
    const xs = node.inputs.map((i) => this.app.valuesOf(i));
    return el(
      "div",
      { class: "grow" },
      el("p", { class: "formula" }, RULES[node.kind]?.text ?? "y = x"),
      el(
        "div",
        { class: "tools" },
        numberField("entry", this.entry, (value) => choose(Math.round(value)), { min: 0, max: y.length - 1, step: 1 }),
      ),
      el(
        "p",
        {},
        `entry ${this.entry}: `,
        xs.map((x, k) => [k ? ", " : "", num(x[Math.min(this.entry, x.length - 1)])]).flat(),
        " \u2192 ",
        num(y[this.entry], "output", 6),
      ),
    );
  }

  // One number a channel: the channel that it is the mean, or the largest, of.
  pooled(node, choose) {
    const { app } = this;
    const source = app.net.nodes[node.inputs[0]];
    const [height, width] = source.shape;
    const maps = app.mapsOf(source.index);
    if (!maps.includes(this.entry)) this.entry = maps[0];
    const data = app.map(source.index, this.entry);
    const view = new MapView({ size: 260, scaled: true, caption: `${source.name}, channel ${this.entry}` });
    view.show(`${source.name}, channel ${this.entry}`, data, height, width, app.range(source.index, data));
    const average = node.kind === "GlobalAveragePooling2D";
    this.body.append(
      el(
        "div",
        { class: "flow" },
        view.element,
        el(
          "div",
          { class: "grow" },
          el(
            "div",
            { class: "tools" },
            select(
              "entry",
              maps.map((c) => [c, `entry ${c}`]),
              this.entry,
              (value) => choose(Number(value)),
            ),
          ),
          el(
            "p",
            { class: "formula" },
            average ? `the mean of ${height} \u00d7 ${width} numbers` : "the largest number of the channel",
          ),
          el(
            "p",
            {},
            average ? `sum ${format(data.reduce((a, b) => a + b, 0))} / ${height * width} = ` : "largest: ",
            num(app.valuesOf(node.index)[this.entry], "output", 6),
          ),
        ),
      ),
    );
  }

  // ---- layers of maps -----------------------------------------------------------------------------------------------

  maps(node) {
    const { app } = this;
    const maps = app.mapsOf(node.index);
    if (node.kind !== "Input" && !maps.includes(this.map)) this.map = app.telling(node.index);
    this.cell = this.cell
      ? [Math.min(this.cell[0], node.shape[0] - 1), Math.min(this.cell[1], node.shape[1] - 1)]
      : [node.shape[0] >> 1, node.shape[1] >> 1];
    if (node.kind !== "Input") this.mapTools(maps);
    this.views = el("div", { class: "pair" });
    this.detail = el("div", { class: "grow" });
    this.body.append(el("div", { class: "flow" }, this.views, this.detail));
    if (node.kind === "Input") return showPixels(this, node);
    const data = app.map(node.index, this.map);
    this.output = new MapView({
      size: beside(),
      scaled: true,
      caption: `${node.name}, channel ${this.map}`,
      onPick: (i, j) => this.choose(i, j),
    });
    this.output.show(
      `${node.name}, channel ${this.map}`,
      data,
      node.shape[0],
      node.shape[1],
      app.range(node.index, data),
    );
    this.inputs = node.inputs.map((source, k) => this.inputView(node, source, k)).filter(Boolean);
    this.views.append(
      ...this.inputs.map((view) => view.element),
      el("span", { class: "sign" }, "\u2192"),
      this.output.element,
    );
    this.seenPixels = new Seen(app);
    this.views.append(this.seenPixels.element);
    const patches = new Patches(app, (picture, cell) => {
      this.cell = cell;
      app.usePicture(picture);
    });
    this.body.append(patches.element);
    patches.show(node.index, this.map);
    this.choose(...this.cell);
  }

  // Which of the maps is shown.
  mapTools(maps) {
    const step = (by) => {
      this.map = maps[(maps.indexOf(this.map) + by + maps.length) % maps.length];
      this.update();
    };
    this.tools.append(
      select(
        "map",
        maps.map((c) => [c, `channel ${c}`]),
        this.map,
        (value) => {
          this.map = Number(value);
          this.update();
        },
      ),
      steps(
        "map",
        () => step(-1),
        () => step(1),
      ),
      scaleChoice(this.app),
    );
  }

  inputView(node, source, k) {
    const { app } = this;
    const { shape, name } = app.net.nodes[source];
    const c = this.sourceMap(node, source, k);
    if (shape.length !== 3 || c === null) return null;
    const data = app.map(source, c);
    const plain = shape[0] === node.shape[0] && shape[1] === node.shape[1];
    const view = new MapView({
      size: beside(),
      scaled: true,
      caption: `${name}, channel ${c}`,
      onPick: plain ? (i, j) => this.choose(i, j) : null,
    });
    view.show(`${name}, channel ${c}`, data, shape[0], shape[1], app.range(source, data));
    view.source = source;
    view.k = k;
    view.channel = c;
    return view;
  }

  // Which map of a source becomes the chosen map; null if none of it does.
  sourceMap(node, source, k) {
    if (node.kind === "DepthwiseConv2D") return Math.floor(this.map / (node.shape[2] / node.from[0][2]));
    if (node.kind === "Conv2D") return 0;
    const count = node.from[k][2];
    if (node.kind !== "Concatenate") return Math.min(this.map, count - 1);
    const at = this.map - LAYERS.Concatenate.parts(node)[k][0];
    return at >= 0 && at < count ? at : null;
  }

  choose(i, j) {
    const node = this.app.net.nodes[this.index];
    this.cell = [i, j];
    this.app.selected = { node: this.index, map: this.map, cell: this.cell };
    this.app.remember();
    this.seenPixels.show(this.index, this.cell);
    this.output.cell = [i, j];
    this.output.mark([{ row: i, column: j }]);
    if (POOLS.includes(node.kind)) poolCell(this, node, i, j);
    else if (node.kind === "Conv2D" || node.kind === "DepthwiseConv2D") {
      fill(
        this.detail,
        el("p", {}, "A convolution has a view of its own."),
        button("See its numbers", () => this.app.open(node.index, this.map), { class: "primary" }),
      );
    } else plainCell(this, node, i, j);
  }
}
