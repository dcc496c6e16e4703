// One step of learning: what a step against the gradient does to the loss of this picture, for every learning rate.

import { button, chart, chartText, el, fill, num, select, svg, table } from "./dom.js";
import { MapView } from "./maps.js";
import { channel, format, furthest, largest, percent, placeIn } from "./numbers.js";
import { OPTIMIZERS } from "./optimizers.js";
import { lastMaps } from "./scores.js";

const PLOT = { left: 52, top: 10, width: 200, height: 124 }; // where the curve lies, in the drawing's own units

export class Step {
  constructor(element, app) {
    this.element = element;
    this.app = app;
    this.rate = -2; // the power of ten
    this.optimizer = "SGD";
  }

  update() {
    const { app } = this;
    if (!app.net.rates) {
      fill(
        this.element,
        el("h2", {}, "One step of learning"),
        el("p", { class: "hint" }, "Steps of a net this large are not computed."),
      );
      return;
    }
    const before = app.loss();
    const text = el("p", { class: "total" });
    const slider = this.slider(() => show());
    const show = () => {
      const rate = 10 ** this.rate;
      const after = app.net.lossAfterStep(app.pixels, app.label, rate, this.optimizer);
      slider.setAttribute("aria-valuetext", `learning rate ${format(rate, 3)}`);
      fill(
        text,
        `rate ${format(rate, 3)}: loss `,
        num(before, "loss-before"),
        " \u2192 ",
        num(after, "loss-after"),
        after > before ? "  (too far: it rises)" : "",
      );
      this.drawCurve(after);
    };
    this.curveBox = el("div", {});
    fill(
      this.element,
      el("h2", {}, "One step of learning"),
      app.live ? this.choice() : null,
      el("p", { class: "formula" }, OPTIMIZERS[this.optimizer].formula),
      el("label", { class: "field" }, el("span", {}, "learning rate"), slider),
      text,
      app.live
        ? button("Take this step", () => app.takeStep(this.optimizer, 10 ** this.rate), { class: "primary" })
        : null,
      this.curveBox,
      el("p", { class: "hint" }, "The loss of this one picture after one step with every weight, for each rate."),
      this.taken(),
    );
    this.points = [];
    this.token = {};
    this.sample(this.token, before);
    show();
  }

  slider(show) {
    const { rates } = this.app.net;
    const slider = el("input", {
      type: "range",
      min: rates.from,
      max: rates.to,
      step: rates.by,
      value: this.rate,
      "aria-label": "learning rate",
      oninput: () => {
        this.rate = Number(slider.value);
        show();
      },
    });
    return slider;
  }

  choice() {
    return select(
      "optimizer",
      Object.keys(OPTIMIZERS).map((name) => [name, name]),
      this.optimizer,
      (value) => {
        this.optimizer = value;
        this.update();
      },
    );
  }

  // The step that was taken last, before and after side by side.
  taken() {
    const { app } = this;
    const { step } = app;
    if (!step || step.version !== app.version) return null;
    const row = (name, value) => [name, value(step.before), value(step.after)];
    return el(
      "div",
      { class: "taken" },
      table(
        ["", "before", "after"],
        [
          row("loss", ({ loss }) => num(loss, "taken-loss")),
          ...app.classes.map((name, k) => row(name, ({ p }) => el("span", { class: "num" }, percent(p[k])))),
        ],
        { caption: `after step ${app.net.memory?.t ?? 1} of ${step.optimizer}, rate ${format(step.rate, 3)}` },
      ),
      this.moves(step),
      this.maps(step),
    );
  }

  // How far the step moved each array's weights: how many of them, and the furthest one.
  moves({ before, after }) {
    const { net } = this.app;
    const rows = net.learned().map(([node, name], k) => {
      const [old, now] = [before.weights[k], after.weights[k]];
      const moved = now.map((value, at) => value - old[at]);
      const at = furthest(moved);
      const place = placeIn(net.shapeOf(node, name), at).join(", ");
      return [
        `${net.weightName(node, name)}: ${moved.filter((by) => by !== 0).length} of ${moved.length}`,
        el("span", {}, `[${place}] `, num(old[at], null, 3), " \u2192 ", num(now[at], null, 3)),
      ];
    });
    return table(["weights that moved", "the furthest"], rows, { caption: "what the step changed" });
  }

  // The map that the step changed most, of the last that are more than one pixel.
  maps({ before, after }) {
    const node = lastMaps(this.app.net.nodes);
    if (!node) return null;
    const [height, width, channels] = node.shape;
    const [old, now] = [before, after].map(({ values }) => values[node.index]);
    const moves = new Float64Array(channels);
    now.forEach((value, at) => {
      moves[at % channels] += Math.abs(value - old[at]);
    });
    const c = furthest(moves);
    const maps = [old, now].map((values) => channel(values, node.shape, c));
    const most = Math.max(...maps.map(largest));
    return el(
      "div",
      { class: "pair" },
      maps.map((data, k) => {
        const view = new MapView({ size: 110, caption: `${node.name}, channel ${c}, ${k ? "after" : "before"}` });
        view.show(`${node.name}, channel ${c}, ${k ? "after" : "before"} the step`, data, height, width, most);
        return view.element;
      }),
    );
  }

  // Compute the curve a point at a time, so that the page stays awake.
  sample(token, before) {
    const next = () => {
      if (token !== this.token || !this.element.isConnected) return;
      const rate = -5 + this.points.length * 0.5;
      this.points.push([rate, this.app.net.lossAfterStep(this.app.pixels, this.app.label, 10 ** rate, this.optimizer)]);
      this.before = before;
      this.drawCurve();
      if (this.points.length < 13) setTimeout(next, 20);
    };
    setTimeout(next, 60);
  }

  // The curve up to 1.6 times the loss as it is. What is larger leaves the chart at its top: an arrow stands there.
  drawCurve(after = this.after) {
    this.after = after;
    const before = this.app.loss();
    const most = Math.max(before * 1.6, 1e-12) || 1; // of a loss that is no number, nothing is drawn to scale
    const left = (rate) => PLOT.left + ((rate + 5) / 6) * PLOT.width;
    const top = (loss) => PLOT.top + (1 - Math.min(Number.isFinite(loss) ? loss / most : 9, 9)) * PLOT.height;
    const path = this.points.map(([rate, loss], k) => `${k ? "L" : "M"}${left(rate)},${top(loss)}`).join("");
    const above = !(after <= most);
    const x = left(this.rate);
    fill(
      this.curveBox,
      chart(
        PLOT.left + PLOT.width + 10,
        PLOT.top + PLOT.height + 22,
        `loss after one step by learning rate; now ${format(before)}, ` +
          `at the chosen rate ${format(after)}${above ? ", above this chart" : ""}`,
        line(PLOT.left, PLOT.left, PLOT.top, PLOT.top + PLOT.height, "axis"),
        line(PLOT.left, PLOT.left + PLOT.width, top(0), top(0), "axis"),
        line(PLOT.left, PLOT.left + PLOT.width, top(before), top(before), "drop"),
        svg(
          "svg",
          { x: 0, y: PLOT.top, width: 400, height: PLOT.height, viewBox: `0 ${PLOT.top} 400 ${PLOT.height}` },
          svg("path", { d: path || "M0,0", class: "line" }),
        ),
        above
          ? svg("path", { d: `M${x - 6},${PLOT.top + 9}h12l-6,-9z`, class: "point above" })
          : svg("circle", { cx: x, cy: top(after), r: 5, class: "point" }),
        chartText(format(most, 2), PLOT.left - 4, PLOT.top + 8, "end"),
        chartText(format(before, 2), PLOT.left - 4, top(before) + 4, "end"),
        chartText("0", PLOT.left - 4, top(0) + 4, "end"),
        chartText("10\u207b\u2075", PLOT.left, PLOT.top + PLOT.height + 15),
        chartText("learning rate", PLOT.left + PLOT.width / 2, PLOT.top + PLOT.height + 15, "middle"),
        chartText("10", PLOT.left + PLOT.width, PLOT.top + PLOT.height + 15, "end"),
      ),
    );
  }
}

function line(x1, x2, y1, y2, kind) {
  return svg("line", { x1, x2, y1, y2, class: kind });
}
