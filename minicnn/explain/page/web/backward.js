// Part 4, backward: the loss's gradient on every map, kernel and bias; one number and the terms that made it; and what
// one step against the gradient does to the loss.

import { labelChoice, scaleChoice } from "./choices.js";
import { Columns } from "./columns.js";
import { el, fill, legend, num, select, table } from "./dom.js";
import { grid, MapView } from "./maps.js";
import { format, furthest, largest, placeIn, product, where } from "./numbers.js";
import { Step } from "./step.js";
import { known, outputTerms, weightTerms } from "./terms.js";
import { partly, verdict } from "./verdict.js";

const SHOWN = 20;
const MET = { alpha: "min(x, 0)", beta: "times", bias: "times", gamma: "xhat" }; // what dz of a weight is multiplied by

export class Backward {
  constructor(root, app) {
    this.app = app;
    const source = {
      values: (i) => app.gradients()[i],
      map: (i, c) => app.gradientMap(i, c),
      range: (i, data) => app.gradientRange(i, data),
      open: (i, c) => this.open(i, c),
      picture: false,
      absent: "part of the loss",
    };
    this.columns = new Columns(
      app,
      source,
      "The loss's gradient at every number. Orange: a larger number would raise the loss; blue: it would lower it. " +
        "Click a map to take one apart.",
    );
    this.tools = el("div", { class: "tools" });
    this.one = el("section", { class: "grow" });
    this.step = new Step(el("aside", { class: "side step" }), app);
    root.append(
      this.tools,
      this.columns.info,
      this.columns.element,
      el("div", { class: "split apart" }, this.one, this.step.element),
    );
    const { nodes } = app.net;
    const chosen = app.selected.node;
    this.index =
      chosen !== null && app.gradients()[chosen]
        ? chosen
        : (nodes.find((node) => node.arrays.includes("kernel"))?.index ?? 0);
    this.what = nodes[this.index].arrays.includes("kernel") ? "kernel" : "output";
    this.at = null;
    this.takeUp(app.asked);
    this.update();
  }

  place() {
    return { layer: this.node.name, of: this.what, at: this.at };
  }

  // Begin with the number that an address names, if it is one.
  takeUp(asked) {
    if (!asked?.of || !this.app.gradients()[asked.node]) return;
    const of = asked.of in this.app.net.grads[asked.node] ? asked.of : "output";
    [this.index, this.what, this.at] = [asked.node, of, of === asked.of ? asked.at : null];
  }

  update() {
    const { app } = this;
    app.gradients();
    fill(
      this.tools,
      labelChoice(app),
      scaleChoice(app),
      el("span", { class: "total" }, "loss ", num(app.loss(), "loss", 6)),
    );
    this.columns.update();
    this.drawOne();
    this.step.update();
  }

  open(index, c) {
    const { shape } = this.app.net.nodes[index];
    this.index = index;
    this.what = "output";
    this.at = shape.length === 1 ? (c ?? 0) : this.strongest(index, c ?? 0);
    this.drawOne();
    this.app.remember(true);
    this.one.scrollIntoView({ block: "nearest" });
    this.one.querySelector("select")?.focus();
  }

  // ---- one number ---------------------------------------------------------------------------------------------------

  get node() {
    return this.app.net.nodes[this.index];
  }

  strongest(index, c) {
    return furthest(this.app.gradientMap(index, c)) * this.app.net.nodes[index].shape[2] + c;
  }

  drawOne() {
    const { app } = this;
    const nodes = app.net.nodes.filter((each) => app.gradients()[each.index]);
    const kinds = [
      ["output", "output"],
      ...Object.keys(app.net.grads[this.index]).map((name) => [name, this.weightName(name)]),
    ];
    if (!kinds.some(([kind]) => kind === this.what)) this.what = "output";
    if (this.at === null || this.at >= this.count) this.at = this.first();
    app.remember();
    const head = el(
      "div",
      { class: "tools" },
      select(
        "gradient at",
        nodes.map((each) => [each.index, each.name]),
        this.index,
        (value) => {
          this.index = Number(value);
          this.at = null;
          this.drawOne();
        },
      ),
      select("of its", kinds, this.what, (value) => {
        this.what = value;
        this.at = null;
        this.drawOne();
      }),
    );
    fill(
      this.one,
      el("h2", {}, "One gradient taken apart"),
      head,
      el("div", { class: "flow" }, this.chooser(), this.terms()),
    );
  }

  // The array that is looked into: how many numbers it has, one of them, and where to begin.
  get count() {
    return this.what === "output" ? product(this.node.shape) : this.app.net.sizeOf(this.node, this.what);
  }

  value(at) {
    return this.what === "output"
      ? this.app.net.gradientAt(this.index, at)
      : this.app.net.gradOf(this.node, this.what, at);
  }

  first() {
    const { app, node } = this;
    if (this.what !== "output") return app.net.gradPeak(node, this.what);
    if (node.shape.length < 3) return furthest(app.gradients()[this.index]);
    const maps = app.mapsOf(this.index);
    const peak = (c) => largest(app.gradientMap(this.index, c));
    return this.strongest(this.index, maps[furthest(maps.map(peak))]);
  }

  // Where to pick the number: a map, a kernel channel by channel, or a row of cells.
  chooser() {
    const { app, node } = this;
    const pick = (at) => {
      this.at = at;
      this.drawOne();
    };
    if (this.what === "output" && node.shape.length === 3) {
      const count = node.shape[2];
      const c = this.at % count;
      const pixel = Math.floor(this.at / count);
      const cell = [Math.floor(pixel / node.shape[1]), pixel % node.shape[1]];
      const view = new MapView({
        size: 230,
        scaled: true,
        caption: `d loss / d ${node.name}, channel ${c}`,
        onPick: (i, j) => pick((i * node.shape[1] + j) * count + c),
      });
      const data = app.gradientMap(this.index, c);
      view.show(`gradient of ${node.name}, channel ${c}`, data, node.shape[0], node.shape[1], largest(data));
      view.cell = cell;
      view.mark([{ row: cell[0], column: cell[1] }]);
      return el(
        "div",
        {},
        select(
          "map",
          app.mapsOf(this.index).map((each) => [each, `channel ${each}`]),
          c,
          (value) => pick(pixel * count + Number(value)),
        ),
        view.element,
        el("p", {}, "at this cell ", num(data[pixel], "gradient", 6)),
      );
    }
    return this.what === "kernel" && node.kind !== "Dense" ? this.kernels(pick) : this.cells(pick);
  }

  kernels(pick) {
    const { app, node } = this;
    const { net } = app;
    const filters = node.shape[2];
    const columns = node.settings.size[1];
    const taps = node.settings.size[0] * columns;
    const inside = this.count / filters / taps;
    const f = this.at % filters;
    const most = net.gradMost(node, "kernel");
    const channels = net.insideOf(node);
    const many = filters / node.from[0][2];
    const input = (c) => (node.kind === "DepthwiseConv2D" ? Math.floor(f / many) : c);
    const own = Math.floor(this.at / filters) % inside;
    const first = Math.max(0, Math.min(channels.indexOf(own) - 4, channels.length - 9));
    const grids = channels.slice(first, first + 9).map((c) => {
      const index = (tap) => (tap * inside + c) * filters + f;
      const each = Float32Array.from({ length: taps }, (_, tap) => this.value(index(tap)));
      return el(
        "figure",
        { class: "map" },
        grid(each, columns, most, {
          name: `dkernel${c}`,
          label: `gradient of the kernel, channel ${input(c)}`,
          cell: 46,
          choose: (tap) => pick(index(tap)),
          notes: Array.from(each, (_, tap) => (index(tap) === this.at ? "winner" : "")),
        }),
        el("figcaption", {}, `channel ${input(c)}`),
      );
    });
    return el(
      "div",
      { class: "kernels" },
      el(
        "div",
        { class: "tools" },
        select(
          "filter",
          [...app.mapsOf(this.index)].sort((a, b) => a - b).map((k) => [k, `filter ${k}`]),
          f,
          (value) => pick(this.at - f + Number(value)),
        ),
        channels.length > 9
          ? select(
              "channel",
              channels.map((k) => [k, `channel ${k}`]),
              own,
              (value) => pick(this.at + (Number(value) - own) * filters),
            )
          : null,
      ),
      el("div", { class: "small-maps" }, grids),
      legend(most),
      el("p", {}, "this weight ", num(this.value(this.at), "gradient", 6)),
    );
  }

  cells(pick) {
    const { count } = this;
    const wide = Math.min(50, count);
    const start = Math.max(0, Math.min(this.at - (wide >> 1), count - wide));
    const part = Array.from({ length: wide }, (_, k) => this.value(start + k));
    const most =
      this.what === "output" ? largest(this.app.gradients()[this.index]) : this.app.net.gradMost(this.node, this.what);
    return el(
      "div",
      { class: "kernels" },
      el("p", { class: "hint" }, `numbers ${start} to ${start + wide - 1} of ${count}`),
      grid(part, Math.min(5, wide), most, {
        name: "cells",
        label: "gradients",
        choose: (k) => pick(start + k),
        notes: Array.from(part, (_, k) => (start + k === this.at ? "winner" : "")),
      }),
      legend(most),
      el("p", {}, "this one ", num(this.value(this.at), "gradient", 6)),
    );
  }

  terms() {
    const { net } = this.app;
    const own = this.value(this.at);
    const output = this.what === "output";
    net.label = this.app.label;
    const ways = output ? outputTerms(net, this.index, this.at) : weightTerms(net, this.node, this.what, this.at);
    const all = ways.filter(known);
    const sorted = all
      .map((term) => ({ ...term, value: term.dz * term.factor }))
      .sort((a, b) => sizeOf(b) - sizeOf(a));
    const carried = sorted.reduce((sum, { value }) => sum + value, 0);
    const missing = net.whole ? 0 : own - carried;
    const rest = sorted.slice(SHOWN).reduce((sum, { value }) => sum + value, 0);
    const rows = sorted.slice(0, SHOWN).map(({ where: place, dz, factor, value, note }) => ({
      kind: value === 0 ? "closed" : null,
      cells: [place, num(dz), num(factor), num(value), note],
    }));
    if (sorted.length > SHOWN) rows.push([`${sorted.length - SHOWN} smaller terms`, "", "", num(rest), ""]);
    if (Math.abs(missing) > 1e-6 * Math.abs(own)) {
      rows.push(["what this page does not carry", "", "", num(missing), ""]);
    }
    rows.push({
      kind: "result",
      cells: ["sum", "", "", num(carried + missing, "terms-sum", 6), `the gradient: ${format(own, 6)}`],
    });
    const name = output
      ? `${this.node.name}${where(this.node.shape, this.at)}`
      : `${net.weightName(this.node, this.what)}[${placeIn(net.shapeOf(this.node, this.what), this.at).join(", ")}]`;
    const uses = output ? "the outputs that read it" : "its uses";
    const begins = output && this.index === net.start; // the loss itself: its terms are no ways
    const said = begins ? null : all.length < ways.length ? partly(all.length, ways.length) : verdict(all, !output);
    return el(
      "div",
      { class: "grow" },
      said && el("p", { class: "total terms-verdict" }, said),
      table(["from", "dz", output ? "times" : (MET[this.what] ?? "x"), "term", "through"], rows, {
        remarks: true,
        caption: `d loss / d ${name} = sum over ${uses}: dz \u00b7 what it was multiplied by`,
      }),
    );
  }

  // What a weight is called in its layer.
  weightName(name) {
    return this.app.net.weightName(this.node, name).split("/").at(-1);
  }
}

// How large a term is; one that is no number comes first.
const sizeOf = ({ value }) => (Number.isNaN(value) ? Infinity : Math.abs(value));
