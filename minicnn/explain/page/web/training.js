// Part 5, training: the same picture in the net as it was at each saved epoch: kernels, maps, prediction, loss.

import { labelChoice } from "./choices.js";
import { paint, paintPicture } from "./colours.js";
import { bars, button, chart, chartText, el, fill, legend, num, select, svg } from "./dom.js";
import { TrainHere } from "./here.js";
import { bestEpoch } from "./history.js";
import { argmax, extent, format, largest } from "./numbers.js";
import { Spread } from "./ridges.js";
import { kernelPicture, readsColours } from "./scores.js";

const MAPS = 10;
const hasMaps = ({ shape }) => shape.length === 3;
const ONE_STATE =
  "This page holds one state of the net. Write it from a folder of checkpoints to move through the training.";
const CURVES = { width: 268, height: 170 };

export class Training {
  constructor(root, app) {
    this.app = app;
    this.nodes = app.net.nodes.filter((node) => node.kind !== "Input" && (hasMaps(node) || app.live));
    this.node =
      this.nodes.find((node) => node.index === app.asked?.node) ??
      this.nodes.find((node) => node.kind === "Conv2D") ??
      this.nodes.find(hasMaps) ??
      this.nodes[0] ??
      app.net.nodes[0];
    this.tools = el("div", { class: "tools" });
    this.body = el("div", {});
    this.spread = new Spread(app);
    this.here = new TrainHere(app);
    root.append(this.tools, this.here.element, this.body);
    this.update();
  }

  place() {
    return { layer: this.node.name };
  }

  leave() {
    clearInterval(this.timer);
  }

  // The loss of this picture at every epoch, as both are now.
  ownLosses() {
    const { app } = this;
    return app.payload.epochs.map((_, k) => app.onPicture(app.picture, (net) => net.lossFor(app.label), k));
  }

  update() {
    const { app } = this;
    const { running } = app.trainer;
    const seen = [app.picture, app.label, running ? "learning" : app.version].join();
    if (this.seen !== seen) this.losses = this.ownLosses();
    this.losses[app.net.epoch] = app.loss(); // while the net learns here, nothing else moves
    this.seen = seen;
    fill(
      this.tools,
      app.payload.epochs.length > 1 ? this.epochTools() : el("p", { class: "notice" }, ONE_STATE),
      labelChoice(app),
      select(
        "layer",
        this.nodes.map((node) => [node.index, node.name]),
        this.node.index,
        (value) => {
          this.node = app.net.nodes[Number(value)];
          this.update();
          app.remember(true);
        },
      ),
    );
    this.here.update();
    this.spread.element.hidden = running; // too much to count between two steps
    if (!running) this.spread.show(this.node);
    fill(
      this.body,
      el(
        "div",
        { class: "flow" },
        el(
          "div",
          { class: "grow" },
          this.kernels(),
          hasMaps(this.node) ? this.maps() : null,
          this.spread.element,
        ),
        this.prediction(),
      ),
    );
  }

  // A slider over the saved nets, and what plays them.
  epochTools() {
    const { app } = this;
    const { epochs } = app.payload;
    const chosen = app.net.epoch;
    const slider = el("input", {
      type: "range",
      min: 0,
      max: epochs.length - 1,
      step: 1,
      value: chosen,
      "aria-label": "epoch",
      "aria-valuetext": epochs[chosen].name,
      class: "wide",
      oninput: () => app.useEpoch(Number(slider.value)),
    });
    return [
      el(
        "label",
        { class: "field" },
        el("span", {}, "saved at"),
        slider,
        el("strong", { class: "epoch" }, epochs[chosen].name),
      ),
      button(this.timer ? "Pause" : "Play", () => this.play(), { class: "primary" }),
    ];
  }

  prediction() {
    const { app } = this;
    const p = app.net.probabilities();
    const best = bestEpoch(app.payload.history);
    return el(
      "aside",
      { class: "side" },
      el("h2", {}, "Prediction"),
      bars(app.classes, p, argmax(p), app.truth),
      el("p", {}, `loss of this picture for ${app.classes[app.label]}: `, num(app.loss(), "loss")),
      app.payload.epochs.length > 1 || app.payload.history.loss ? this.curves() : null,
      best && el("p", { class: "best-epoch" }, best),
    );
  }

  play() {
    if (this.timer) {
      clearInterval(this.timer);
      this.timer = null;
      this.update();
      return;
    }
    this.timer = setInterval(() => this.app.useEpoch((this.app.net.epoch + 1) % this.app.payload.epochs.length), 900);
    this.update();
  }

  maps() {
    const { app, node } = this;
    const all = app.mapsOf(node.index).slice(0, MAPS);
    return el(
      "div",
      {},
      el("h2", {}, `Maps of ${node.name}`),
      app.scale === "map" ? null : legend(app.range(node.index, []), ""),
      this.tiles(all),
    );
  }

  tiles(all) {
    const { app, node } = this;
    return el(
      "div",
      { class: "small-maps" },
      all.map((c) => {
        const data = app.map(node.index, c);
        const [low, high] = extent(data);
        return this.tile(
          data,
          node.shape[0],
          node.shape[1],
          app.range(node.index, data),
          `channel ${c}`,
          `${node.name}, channel ${c}, from ${format(low)} to ${format(high)}`,
          84,
        );
      }),
    );
  }

  tile(data, height, width, most, caption, label, size) {
    const canvas = el("canvas", {
      role: "img",
      "aria-label": label,
      style: { width: `${size}px`, height: `${Math.round((size * height) / width)}px` },
      class: "plain",
    });
    paint(canvas, data, height, width, most);
    return el("figure", { class: "map" }, canvas, el("figcaption", {}, caption));
  }

  // The kernels that made the maps, coloured alike at every epoch so that growth shows.
  kernels() {
    const { app, node } = this;
    if (!app.live || !node.settings.size || !node.arrays.includes("kernel")) return null;
    const [kh, kw] = node.settings.size;
    const filters = node.shape[2];
    const inside = node.own.kernel.length / (kh * kw * filters);
    const channels = Math.min(inside, 6);
    const at =
      app.payload.nodes.slice(0, node.index).reduce((count, each) => count + each.arrays.length, 0) +
      node.arrays.indexOf("kernel");
    const most = Math.max(...app.payload.epochs.map((epoch) => largest(epoch.arrays[at])));
    const stack = { channels, inside, most, colours: readsColours(app.net.nodes, node) };
    const some = inside > channels ? `, the first ${channels} of ${inside}` : "";
    return el(
      "div",
      {},
      el("h2", {}, `Kernels of ${node.name}`),
      el(
        "p",
        { class: "hint" },
        `a column an output channel, a row an input channel${some}; ` +
          `full colour at \u00b1 ${format(most, 3)} at every epoch` +
          (stack.colours ? "; above them, the three as red, green and blue: grey is 0" : ""),
      ),
      el(
        "div",
        { class: "small-maps" },
        app
          .mapsOf(node.index)
          .slice(0, MAPS)
          .map((f) => this.stack(f, stack)),
      ),
    );
  }

  // The kernels of an output channel, below each other.
  stack(f, { channels, inside, most, colours }) {
    const { node } = this;
    const [kh, kw] = node.settings.size;
    const filters = node.shape[2];
    const each = Array.from({ length: channels }, (_, c) => {
      const tap = (_, k) => node.own.kernel[(k * inside + c) * filters + f];
      const data = Float32Array.from({ length: kh * kw }, tap);
      const weights = Array.from(data, (v) => format(v, 2)).join(", ");
      const canvas = el("canvas", {
        class: "plain",
        style: { width: "42px", height: `${Math.round((42 * kh) / kw)}px` },
        role: "img",
        "aria-label": `kernel of input channel ${c} for output channel ${f}: ${weights}`,
      });
      paint(canvas, data, kh, kw, most);
      return canvas;
    });
    const picture = colours ? this.colours(kernelPicture(node.own.kernel, filters, f, most), kh, kw, f) : null;
    return el("figure", { class: "map stack" }, picture, each, el("figcaption", {}, `channel ${f}`));
  }

  // A kernel over red, green and blue as the picture that it looks for.
  colours(pixels, height, width, f) {
    const canvas = el("canvas", {
      class: "plain colours",
      style: { width: "42px", height: `${Math.round((42 * height) / width)}px` },
      role: "img",
      "aria-label": `kernel for output channel ${f} in red, green and blue`,
    });
    paintPicture(canvas, pixels, [height, width, 3]);
    return canvas;
  }

  // Loss by epoch: what training wrote down, and dots for this picture in the saved nets.
  curves() {
    const { app } = this;
    const { history, epochs } = app.payload;
    const series = ["loss", "val_loss"]
      .filter((name) => history[name]?.length)
      .map((name) => [name === "loss" ? "training" : "validation", history[name]]);
    const told = series
      .map(([name, values]) => `${name} from ${format(values[0])} to ${format(values[values.length - 1])}`)
      .join(", ");
    const own = this.losses;
    const lone = epochs.length === 1 && !/\d+$/.test(epochs[0].name); // of which epoch, nobody said
    const { numbers, first, last, most, left, top } = axes(epochs, series, own);
    const line = (values) =>
      values
        .map((loss, n) =>
          loss === null ? "" : `${n && values[n - 1] !== null ? "L" : "M"}${left(n + 1)},${top(loss)}`,
        )
        .join(""); // null: not finite
    const paths = series.map(([, values], k) => svg("path", { class: k ? "line second" : "line", d: line(values) }));
    const dots = own.map((loss, k) =>
      svg("circle", { cx: left(numbers[k]), cy: top(loss), r: k === app.net.epoch ? 6 : 3, class: "point" }),
    );
    const now = lone
      ? { x1: left(first), x2: left(last), y1: top(own[0]), y2: top(own[0]) }
      : { x1: left(numbers[app.net.epoch]), x2: left(numbers[app.net.epoch]), y1: 12, y2: top(0) };
    const here = lone ? "across" : "dots";
    return el(
      "figure",
      { class: "map" },
      chart(
        CURVES.width,
        CURVES.height,
        `loss by epoch: ${told}; this picture ${own.map((loss) => format(loss, 3)).join(", ")}`,
        svg("line", { x1: 30, x2: CURVES.width - 12, y1: top(0), y2: top(0), class: "axis" }),
        ...paths,
        svg("line", { ...now, class: "drop" }),
        ...(lone ? [] : dots),
        chartText(format(most, 3), 2, 16),
        chartText("0", 18, top(0) + 4),
        chartText(`epoch ${first}`, 30, CURVES.height - 6),
        chartText(String(last), CURVES.width - 12, CURVES.height - 6, "end"),
      ),
      el(
        "figcaption",
        {},
        series.length
          ? `loss: ${series.map(([name], k) => `${name} ${k ? "dashed" : "line"}`).join(", ")}; ${here}: this picture`
          : `${here}: the loss of this picture`,
      ),
    );
  }
}

// Which epochs and losses the curves span, and where each lies in the drawing.
function axes(epochs, series, own) {
  const { width, height } = CURVES;
  const numbers = epochs.map(({ name }, k) => Number(/\d+$/.exec(name)?.[0] ?? k + 1));
  const first = Math.min(1, ...numbers);
  const last = Math.max(2, ...numbers, ...series.map(([, values]) => values.length));
  const most = Math.max(1e-6, ...[...series.flatMap(([, values]) => values), ...own].filter(Number.isFinite));
  const left = (epoch) => 30 + ((epoch - first) / (last - first)) * (width - 42);
  const top = (loss) => height - 24 - (Number.isFinite(loss) ? Math.min(loss / most, 1) : 1) * (height - 38);
  return { numbers, first, last, most, left, top };
}
