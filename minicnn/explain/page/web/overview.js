// Part 1, the overview: the net as columns of feature maps, and the prediction as bars.

import { scaleChoice, scaleLegend } from "./choices.js";
import { Columns } from "./columns.js";
import { bars, el, fill } from "./dom.js";
import { short, totalOf } from "./fields.js";
import { argmax } from "./numbers.js";
import { endSentence } from "./sentences.js";

export class Overview {
  constructor(root, app) {
    this.app = app;
    const source = {
      values: (i) => app.valuesOf(i),
      map: (i, c) => app.map(i, c),
      range: (i, data) => app.range(i, data),
      open: (i, c) => app.open(i, c),
      picture: true,
      costs: true,
      absent: "",
    };
    this.columns = new Columns(
      app,
      source,
      "Point at a map to see what feeds it; click it to see how each of its numbers is made.",
    );
    this.prediction = el("aside", { class: "prediction", "aria-label": "Prediction" });
    this.tools = el("div", { class: "tools head" });
    root.append(this.tools, el("div", { class: "split" }, this.columns.element, this.prediction));
    this.update();
  }

  // What one picture costs in all.
  total() {
    const { work, parameters, bytes } = totalOf(this.app.net);
    const size = `${short(bytes).replace(/\d$/, "$&\u202f")}B`;
    const told = `The whole net: ${short(parameters)} weights; ${short(work)} multiply-adds and ${size} of `;
    return el(
      "p",
      { class: "hint total-cost", title: `${parameters} weights, ${work} multiply-adds, ${bytes} bytes` },
      `${told}outputs a picture.`,
    );
  }

  update() {
    const { app } = this;
    const p = app.net.probabilities();
    fill(this.tools, scaleChoice(app), scaleLegend(app), this.columns.info);
    this.columns.update();
    fill(
      this.prediction,
      el("h2", {}, "Prediction"),
      bars(app.classes, p, argmax(p), app.truth),
      el("p", { class: "hint" }, endSentence(app.net, app.classes)),
      this.total(),
    );
  }
}
