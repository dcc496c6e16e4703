// "Train here": the page's own pictures teach the net in view, step by step, and the loss is drawn as it goes.

import { button, chart, chartText, el, fill, num, select, svg } from "./dom.js";
import { format } from "./numbers.js";
import { OPTIMIZERS } from "./optimizers.js";

const RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3];
const CURVE = { left: 44, top: 10, width: 300, height: 120 }; // where the curve lies, in the drawing's own units

export class TrainHere {
  constructor(app) {
    this.app = app;
    this.element = el("section", { class: "here" });
  }

  update() {
    const { trainer } = this.app;
    fill(
      this.element,
      el("h2", {}, "Train here"),
      ...(trainer.refusal ? [el("p", { class: "hint" }, trainer.refusal)] : this.parts()),
    );
  }

  parts() {
    const { app } = this;
    const { trainer } = app;
    const many = trainer.pictures.length;
    const { name } = app.payload.epochs[app.net.epoch];
    return [
      el(
        "p",
        { class: "about" },
        `The net learns from this page's ${many} labelled picture${many > 1 ? "s" : ""}, from the weights in view ` +
          `(${name}) on; every view shows the weights as they become. So few pictures are soon known by heart: ` +
          "the loss falls, but what the net says of other pictures need not get better.",
      ),
      el(
        "div",
        { class: "tools" },
        trainer.running
          ? button("Pause training", () => trainer.pause(), { class: "primary" })
          : button("Start training", () => trainer.start(), { class: "primary" }),
        button("One step", () => trainer.step(), { disabled: trainer.running }),
        button("Reset", () => app.undo(), { title: "back to the weights as they were saved" }),
        this.choice("optimizer ", "optimizer", Object.keys(OPTIMIZERS), String),
        this.choice("rate", "rate", RATES, Number),
        this.choice(
          "pictures a step",
          "size",
          [...new Set([1, 2, 5, 10, 20, many])].filter((size) => size <= many),
          Number,
        ),
      ),
      ...this.curve(),
    ];
  }

  // A choice of what the trainer has under a name.
  choice(label, name, values, read) {
    const { trainer } = this.app;
    return select(
      label,
      values.map((value) => [value, String(value)]),
      trainer[name],
      (value) => {
        trainer[name] = read(value);
      },
    );
  }

  curve() {
    const { losses, times } = this.app.trainer;
    if (!losses.length) return [el("p", { class: "hint" }, "No step yet.")];
    const last = losses[losses.length - 1];
    const typical = [...times].sort((a, b) => a - b)[times.length >> 1];
    const most = Math.max(...losses.filter(Number.isFinite), 1e-6);
    const left = (k) => CURVE.left + (losses.length > 1 ? k / (losses.length - 1) : 0) * CURVE.width;
    const top = (loss) => CURVE.top + (1 - (Number.isFinite(loss) ? loss / most : 1)) * CURVE.height;
    const path = losses.map((loss, k) => `${k ? "L" : "M"}${left(k).toFixed(1)},${top(loss).toFixed(1)}`).join("");
    return [
      el(
        "p",
        {},
        `step ${losses.length}: loss of its pictures before it `,
        num(last, "live-loss"),
        ` \u00b7 ${format(typical, 2)} ms a step`,
      ),
      Number.isFinite(last)
        ? null
        : el("p", { class: "notice" }, "The loss is no finite number any more: the rate is too large. Reset helps."),
      chart(
        CURVE.left + CURVE.width + 12,
        CURVE.top + CURVE.height + 22,
        `loss by step: from ${format(losses[0])} to ${format(last)} at step ${losses.length}`,
        svg("line", { x1: CURVE.left, x2: CURVE.left + CURVE.width, y1: top(0), y2: top(0), class: "axis" }),
        svg("path", { d: path, class: "line" }),
        svg("circle", { cx: left(losses.length - 1), cy: top(last), r: 4, class: "point" }),
        chartText(format(most, 3), CURVE.left - 4, CURVE.top + 8, "end"),
        chartText("0", CURVE.left - 4, top(0) + 4, "end"),
        chartText("step 1", CURVE.left, CURVE.top + CURVE.height + 15),
        losses.length > 1
          ? chartText(String(losses.length), CURVE.left + CURVE.width, CURVE.top + CURVE.height + 15, "end")
          : svg("g"),
      ),
    ];
  }
}
