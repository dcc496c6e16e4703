// One step of learning: what a step against the gradient does to the loss of this picture, for every learning rate.

import { chart, chartText, el, fill, num, svg } from "./dom.js";
import { format } from "./numbers.js";

export class Step {
  constructor(element, app) {
    this.element = element;
    this.app = app;
    this.rate = -2; // the power of ten
  }

  update() {
    const { rates } = this.app.net;
    if (!rates) {
      fill(
        this.element,
        el("h2", {}, "One step of learning"),
        el("p", { class: "hint" }, "Steps of a net this large are not computed."),
      );
      return;
    }
    const before = this.app.loss();
    const rate = () => 10 ** this.rate;
    const text = el("p", { class: "total" });
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
    const show = () => {
      const after = this.app.net.lossAfterStep(this.app.pixels, this.app.label, rate());
      slider.setAttribute("aria-valuetext", `learning rate ${format(rate(), 3)}`);
      fill(
        text,
        `rate ${format(rate(), 3)}: loss `,
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
      el("p", { class: "formula" }, "w \u2190 w \u2212 rate \u00b7 d loss / d w"),
      el("label", { class: "field" }, el("span", {}, "learning rate"), slider),
      text,
      this.curveBox,
      el("p", { class: "hint" }, "The loss of this one picture after one step with every weight, for each rate."),
    );
    this.points = [];
    this.token = {};
    this.sample(this.token, before);
    show();
  }

  // Compute the curve a point at a time, so that the page stays awake.
  sample(token, before) {
    const next = () => {
      if (token !== this.token || !this.element.isConnected) return;
      const rate = -5 + this.points.length * 0.5;
      this.points.push([rate, this.app.net.lossAfterStep(this.app.pixels, this.app.label, 10 ** rate)]);
      this.before = before;
      this.drawCurve();
      if (this.points.length < 13) setTimeout(next, 20);
    };
    setTimeout(next, 60);
  }

  drawCurve(after = this.after) {
    this.after = after;
    const width = 260;
    const height = 150;
    const most = Math.max(this.app.loss() * 1.6, 1e-12);
    const left = (rate) => 8 + ((rate + 5) / 6) * (width - 16);
    const top = (loss) => height - 20 - Math.min(Number.isFinite(loss) ? loss / most : 1, 1) * (height - 32);
    const path = this.points.map(([rate, loss], k) => `${k ? "L" : "M"}${left(rate)},${top(loss)}`).join("");
    fill(
      this.curveBox,
      chart(
        width,
        height,
        `loss after one step by learning rate; now ${format(this.app.loss())}, at the chosen rate ${format(after)}`,
        svg("line", { x1: 8, x2: width - 8, y1: top(this.app.loss()), y2: top(this.app.loss()), class: "drop" }),
        svg("path", { d: path || "M0,0", class: "line" }),
        svg("circle", { cx: left(this.rate), cy: top(after), r: 5, class: "point" }),
        chartText("10\u207b\u2075", 8, height - 5),
        chartText("rate", width / 2, height - 5, "middle"),
        chartText("10", width - 8, height - 5, "end"),
      ),
    );
  }
}
