// Part 2, convolution: each input channel, its kernel and what they give, plus the bias: the output map. The window
// slides over it; every product of the chosen stop is there in numbers.

import { unreadText } from "./cells.js";
import { scaleChoice } from "./choices.js";
import { button, el, fill, select, steps } from "./dom.js";
import { grid, MapView } from "./maps.js";
import { format, largest } from "./numbers.js";
import { Patches } from "./patches.js";
import { Seen } from "./seen.js";
import { sentence } from "./sentences.js";
import { stopNumbers, stopSums } from "./stop.js";
import { readers, span } from "./windows.js";

const CARDS = 12;

export class Convolution {
  constructor(root, app) {
    this.root = root;
    this.app = app;
    this.page = 0;
    this.tools = el("div", { class: "tools" });
    this.about = el("p", { class: "about" });
    this.cards = el("div", { class: "cards" });
    this.output = new MapView({ size: 230, scaled: true, onPick: (i, j) => this.choose(i, j) });
    this.numbers = el("div", { class: "numbers" });
    this.sums = el("div", { class: "sums" });
    this.player = el("div", { class: "player", role: "group", "aria-label": "The sliding window" });
    this.seenPixels = new Seen(app);
    this.patches = new Patches(app, (picture, cell) => {
      this.cell = cell;
      app.usePicture(picture);
    });
    const side = el(
      "aside",
      { class: "side" },
      this.output.element,
      this.player,
      this.sums,
      this.seenPixels.element,
      this.patches.element,
    );
    root.append(
      this.tools,
      this.about,
      el("div", { class: "split" }, el("div", { class: "grow" }, this.numbers, this.cards), side),
    );
    this.nodes = app.net.nodes.filter((node) => node.kind === "Conv2D" || node.kind === "DepthwiseConv2D");
    if (!this.nodes.length) {
      root.replaceChildren(el("p", { class: "hint" }, "This net has no convolution."));
      this.update = () => {};
      return;
    }
    const wanted = app.selected.node;
    this.node = this.nodes.find((node) => node.index === wanted) ?? this.nodes[0];
    this.map = (this.node.index === wanted ? app.selected.map : null) ?? app.telling(this.node.index);
    const cell = this.node.index === wanted ? app.selected.cell : null;
    this.cell = cell ?? [this.node.shape[0] >> 1, this.node.shape[1] >> 1];
    this.update();
  }

  leave() {
    this.pause();
  }

  place() {
    return this.node ? { layer: this.node.name, map: this.map, cell: this.cell } : {};
  }

  // The input channels that this filter sees, and its kernel over one of them.
  get channels() {
    const count = this.node.from[0][2];
    if (this.node.kind === "DepthwiseConv2D") return [Math.floor(this.map / (this.node.shape[2] / count))];
    const inside = count / this.node.settings.groups;
    const first = Math.floor(this.map / (this.node.shape[2] / this.node.settings.groups)) * inside;
    const all = Array.from({ length: inside }, (_, k) => first + k);
    const here = new Set(this.app.mapsOf(this.node.inputs[0]));
    return all.filter((c) => here.has(c));
  }

  at(c, tap) {
    const { shape, settings, from } = this.node;
    if (this.node.kind === "DepthwiseConv2D") return tap * shape[2] + this.map;
    const inside = from[0][2] / settings.groups;
    return (tap * inside + (c % inside)) * shape[2] + this.map;
  }

  kernel(c) {
    const count = this.node.settings.size[0] * this.node.settings.size[1];
    return Float32Array.from({ length: count }, (_, tap) => this.app.weight(this.node, "kernel", this.at(c, tap)));
  }

  update() {
    const { app, node } = this;
    const maps = app.mapsOf(node.index);
    this.channelInputs = new Map(this.channels.map((c) => [c, app.map(node.inputs[0], c)]));
    this.parts = new Map(this.channels.map((c) => [c, this.slideOver(c)]));
    const order = app.isWide(node.inputs[0])
      ? [...this.channels].sort((a, b) => largest(this.parts.get(b)) - largest(this.parts.get(a)))
      : this.channels;
    this.shown = order.slice(this.page * CARDS, (this.page + 1) * CARDS);
    if (!this.channels.includes(this.focus)) this.focus = this.shown[0];
    const turn = (step) => this.pick(maps[(maps.indexOf(this.map) + step + maps.length) % maps.length]);
    fill(
      this.tools,
      select(
        "layer",
        this.nodes.map((each) => [each.index, each.name]),
        node.index,
        (value) => this.open(Number(value)),
      ),
      select(
        "output",
        maps.map((c) => [c, `channel ${c}`]),
        this.map,
        (value) => this.pick(Number(value)),
      ),
      steps(
        "map",
        () => turn(-1),
        () => turn(1),
      ),
      el("span", { class: "hint" }, this.settingsText()),
      el("span", { class: "hint unread" }, unreadText(node)),
      scaleChoice(app),
    );
    fill(this.about, sentence(node));
    const cards = this.shown.map((c) => this.card(c));
    fill(this.cards, ...cards, this.pager(order.length));
    this.drawOutput();
    this.drawPlayer();
    this.patches.show(node.index, this.map);
    this.choose(...this.cell);
  }

  settingsText() {
    const { size, strides, dilation, pads, groups, padding } = this.node.settings;
    const parts = [`window ${size.join(" \u00d7 ")}`, `stride ${strides.join(", ")}`];
    if (Math.max(...dilation) > 1) parts.push(`dilation ${dilation.join(", ")}`);
    if (padding === "same") parts.push(`same: pads ${pads.map((pair) => pair.join("+")).join(", ")}`);
    if (groups > 1) parts.push(`${groups} groups`);
    return parts.join(", ");
  }

  pager(count) {
    if (count <= CARDS) return null;
    const turn = (step) => {
      this.page += step;
      this.update();
    };
    const first = this.page * CARDS + 1;
    const last = Math.min((this.page + 1) * CARDS, count);
    return el(
      "div",
      { class: "pager" },
      button("\u2039", () => turn(-1), { disabled: this.page === 0, "aria-label": "channels before" }),
      el("span", {}, `channels ${first}\u2013${last} of ${count}, strongest first`),
      button("\u203a", () => turn(1), { disabled: (this.page + 1) * CARDS >= count, "aria-label": "next channels" }),
    );
  }

  open(index) {
    this.pause();
    this.node = this.nodes.find((node) => node.index === index);
    this.page = 0;
    this.pick(this.app.telling(index));
    this.app.remember(true);
  }

  pick(map) {
    this.map = map;
    this.app.selected = { node: this.node.index, map, cell: this.cell };
    this.cell = [Math.min(this.cell[0], this.node.shape[0] - 1), Math.min(this.cell[1], this.node.shape[1] - 1)];
    this.update();
  }

  // What one channel alone gives at every stop: the intermediate map.
  slideOver(c) {
    const { settings, from, shape } = this.node;
    const x = this.channelInputs.get(c);
    const kernel = this.kernel(c);
    const y = new Float32Array(shape[0] * shape[1]);
    const { size, strides, pads, dilation } = settings;
    for (let i = 0; i < shape[0]; i++) {
      for (let j = 0; j < shape[1]; j++) {
        let total = 0;
        for (let a = 0; a < size[0]; a++) {
          const h = i * strides[0] + a * dilation[0] - pads[0][0];
          if (h < 0 || h >= from[0][0]) continue;
          for (let b = 0; b < size[1]; b++) {
            const w = j * strides[1] + b * dilation[1] - pads[1][0];
            if (w >= 0 && w < from[0][1]) total += x[h * from[0][1] + w] * kernel[a * size[1] + b];
          }
        }
        y[i * shape[1] + j] = total;
      }
    }
    return y;
  }

  card(c) {
    const { app, node } = this;
    const [height, width] = node.from[0];
    const x = this.channelInputs.get(c);
    const part = this.parts.get(c);
    const upTo = (name, most) => `${name} \u00b1\u202f${format(most, 2)}`;
    const seen = app.range(node.inputs[0], x);
    const most = this.kernelMost();
    const given = Math.max(...this.shown.map((each) => largest(this.parts.get(each))));
    const input = new MapView({ size: 84, onPick: (h, w) => this.chooseInput(c, h, w), caption: upTo("input", seen) });
    input.show(`input channel ${c}`, x, height, width, seen);
    const result = new MapView({
      size: 84,
      onPick: (i, j) => {
        this.focus = c;
        this.choose(i, j);
      },
      caption: upTo("gives", given),
    });
    result.show(`what channel ${c} gives`, part, node.shape[0], node.shape[1], given);
    const kernel = this.kernel(c);
    const columns = node.settings.size[1];
    const small = grid(kernel, columns, most, {
      label: `kernel of channel ${c}`,
      name: `kernel${c}`,
      cell: 60 / columns,
    });
    const card = el(
      "article",
      { class: "card", "data-channel": c },
      el(
        "button",
        {
          type: "button",
          class: "card-name",
          onclick: () => {
            this.focus = c;
            this.showCell();
          },
        },
        `input channel ${c}`,
      ),
      el(
        "div",
        { class: "card-row" },
        input.element,
        el("span", { class: "sign" }, "\u00d7"),
        el("figure", { class: "map" }, small, el("figcaption", {}, upTo("kernel", most))),
        el("span", { class: "sign" }, "="),
        result.element,
      ),
    );
    card.views = { input, result };
    return card;
  }

  kernelMost() {
    return Math.max(...this.channels.map((c) => largest(this.kernel(c))));
  }

  drawOutput() {
    const { app, node } = this;
    const data = app.map(node.index, this.map);
    this.output.show(
      `${node.name}, channel ${this.map}`,
      data,
      node.shape[0],
      node.shape[1],
      app.range(node.index, data),
      this.playing ? this.position() + 1 : Infinity,
    );
    const bias = node.arrays.includes("bias") ? " plus the bias" : "";
    this.output.caption.textContent = `${node.name}, channel ${this.map}: the sum over ${this.seen()}${bias}`;
  }

  seen() {
    if (this.node.kind === "DepthwiseConv2D") return "one input channel";
    return this.node.settings.groups > 1 ? "the input channels of its group" : "all input channels";
  }

  position() {
    return this.cell[0] * this.node.shape[1] + this.cell[1];
  }

  // ---- the sliding window -------------------------------------------------------------------------------------------

  drawPlayer() {
    this.playButton = button(this.playing ? "Pause" : "Play", () => (this.playing ? this.pause() : this.play()), {
      class: "primary",
    });
    const speed = el("input", {
      type: "range",
      min: 1,
      max: 60,
      value: this.speed ?? 8,
      "aria-label": "stops a second",
      oninput: () => {
        this.speed = Number(speed.value);
      },
    });
    this.speed = Number(speed.value);
    fill(
      this.player,
      button("Step back", () => this.step(-1)),
      this.playButton,
      button("Step", () => this.step(1)),
      el("label", { class: "field" }, el("span", {}, "speed"), speed),
    );
  }

  step(by) {
    const count = this.node.shape[0] * this.node.shape[1];
    const to = (this.position() + by + count) % count;
    this.choose(Math.floor(to / this.node.shape[1]), to % this.node.shape[1]);
  }

  play() {
    this.playing = true;
    this.playButton.textContent = "Pause";
    if (this.position() === this.node.shape[0] * this.node.shape[1] - 1) this.choose(0, 0);
    let before = null;
    let due = 0;
    const frame = (now) => {
      if (!this.playing) return;
      due += before === null ? 0 : ((now - before) / 1000) * this.speed;
      before = now;
      const stops = Math.floor(due);
      const left = this.node.shape[0] * this.node.shape[1] - 1 - this.position();
      due -= stops;
      if (stops) this.step(Math.min(stops, left));
      if (left <= stops) this.pause();
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.playButton.textContent = "Play";
    this.drawOutput();
    this.showCell();
  }

  // ---- one stop in numbers ------------------------------------------------------------------------------------------

  choose(i, j) {
    this.reading = [];
    this.cell = [i, j];
    this.showCell();
  }

  // An input cell: go to a stop that sees it, and mark all that do.
  chooseInput(c, h, w) {
    const found = readers(this.node.settings, this.node.shape, h, w);
    this.focus = c;
    if (!found.length) return;
    const { i, j } = found[found.length >> 1];
    this.cell = [i, j];
    this.reading = found;
    this.showCell();
  }

  showCell() {
    const { node } = this;
    const [i, j] = this.cell;
    const { size, strides, pads, dilation } = node.settings;
    this.app.selected = { node: node.index, map: this.map, cell: this.cell };
    this.app.remember();
    const window = {
      row: i * strides[0] - pads[0][0],
      column: j * strides[1] - pads[1][0],
      height: span(size[0], dilation[0]),
      width: span(size[1], dilation[1]),
      kind: "window",
    };
    if (this.playing) this.drawOutput();
    this.output.cell = [i, j];
    this.output.mark([
      { row: i, column: j },
      ...this.reading.map((each) => ({ row: each.i, column: each.j, kind: "reads" })),
    ]);
    for (const card of this.cards.querySelectorAll(".card")) {
      card.classList.toggle("chosen", Number(card.dataset.channel) === this.focus);
      card.views.input.mark([window]);
      card.views.result.mark([{ row: i, column: j }]);
      card.views.result.cell = [i, j];
    }
    this.seenPixels.show(node.index, this.cell);
    stopNumbers(this, i, j);
    stopSums(this, i, j);
  }

  clamp(value, axis) {
    return Math.max(0, Math.min(this.node.shape[axis] - 1, Math.round(value)));
  }
}
