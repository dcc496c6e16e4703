// One class against another: which pixels, which cells of the last maps and which inputs of the last layer speak for
// the one and against the other. Here a mistake is seen through.

import { button, el, fill, num, select, table } from "./dom.js";
import { MapView } from "./maps.js";
import { argmax, format, largest, sum, where } from "./numbers.js";
import { ALONE, cellsMap, covered, covers, gradCam, lastMaps, saliencyMap, strongestNumber } from "./scores.js";

const ROWS = 16;

export class Against {
  constructor(root, app) {
    this.app = app;
    this.tools = el("div", { class: "tools" });
    this.body = el("div", {});
    root.append(this.tools, this.body);
    if (app.asked && app.asked.a !== null) this.choose(app.asked.a, app.asked.b);
    this.update();
  }

  place() {
    return { a: this.a, b: this.b === ALONE ? "none" : this.b };
  }

  leave() {
    this.token = null;
  }

  choose(a, b) {
    const p = this.app.net.probabilities();
    this.a = a;
    this.b = b !== null && b !== a ? b : argmax(p.map((value, k) => (k === a ? -1 : value)));
    this.seen = this.app.picture;
  }

  // To begin with: what the net says against the truth, or against the next probable class.
  update() {
    const { app } = this;
    if (this.seen !== app.picture) this.choose(argmax(app.net.probabilities()), app.truth);
    const classes = app.classes.map((name, k) => [k, name]);
    const alone = app.net.values[app.net.logits].length > 1 ? [[ALONE, "none: its own logit"]] : [];
    const pick = (a, b) => {
      this.choose(a, b === a ? null : b);
      this.update();
      app.remember(true);
    };
    fill(
      this.tools,
      select("what speaks for", classes, this.a, (value) =>
        pick(Number(value), this.b === Number(value) ? this.a : this.b),
      ),
      select("against", [...classes, ...alone], this.b, (value) =>
        pick(this.a === Number(value) ? this.b : this.a, Number(value)),
      ),
    );
    this.token = {};
    if (!app.live) {
      fill(
        this.body,
        el("p", { class: "notice" }, "Of a net this large it is not computed here: minicnn saliency draws it."),
      );
      return;
    }
    this.gradients = app.net.scoreGradients(this.a, this.b);
    fill(this.body, this.verdict(), this.strongest(), el("div", { class: "flow" }, ...this.maps()), this.inputs());
  }

  // The number of the picture that moves the score most, alone, in words: by one step of a pixel's 0 to 255.
  strongest() {
    const { net } = this.app;
    const { shape } = net.nodes[0];
    const { scale } = net.payload.preprocess;
    const slopes = this.gradients[0].map((g, i) => g * (Array.isArray(scale) ? scale[i % scale.length] : scale));
    const { row, column, channel, slope } = strongestNumber(slopes, shape);
    const colour = shape[2] === 3 ? `the ${["red", "green", "blue"][channel]} of pixel` : "pixel";
    return el(
      "p",
      { class: "strongest" },
      `What moves it most, alone: ${colour} [${row}, ${column}]. One more there changes it by `,
      num(slope, "strongest", 3),
      ", as far as the slope goes.",
    );
  }

  names() {
    return [this.app.classes[this.a], this.b === ALONE ? "none" : this.app.classes[this.b]];
  }

  // What speaks not for the first class, speaks so.
  rival() {
    return this.b === ALONE ? "against it" : `for ${this.app.classes[this.b]}`;
  }

  verdict() {
    const { net } = this.app;
    const [own, other] = this.names();
    const difference = net.score(this.a, this.b);
    const z = net.values[net.logits];
    const softmax = z.length > 1 && net.nodes[net.last].settings.function === "softmax";
    if (this.b === ALONE) return el("p", { class: "total" }, `logit of ${own}: `, num(difference, "score", 6));
    const parts =
      z.length > 1
        ? [`logit of ${own} `, num(z[this.a]), " \u2212 logit of ", other, " ", num(z[this.b]), " = "]
        : [`logit for ${own} against ${other}: `];
    return el(
      "p",
      { class: "total" },
      ...parts,
      num(difference, "score", 6),
      softmax ? `: exp of it, ${format(Math.exp(difference), 3)}, is how many times as probable ${own} is` : "",
    );
  }

  maps() {
    const { app } = this;
    const { net } = app;
    const [own] = this.names();
    const { shape } = net.nodes[0];
    const picture = new MapView({ size: 200, caption: "the picture" });
    picture.showPicture("the picture", app.pixels, shape);
    const found = [
      picture.element,
      this.map(
        "saliency",
        saliencyMap(this.gradients[0], shape),
        shape,
        "which pixels move it: the largest slope of their channels",
      ),
    ];
    const node = lastMaps(net.nodes);
    if (node) {
      const values = net.values[node.index];
      const gradient = this.gradients[node.index];
      found.push(
        this.map(
          "cells",
          cellsMap(values, gradient, node.shape),
          node.shape,
          `cells of ${node.name}: gradient \u00b7 value, over all channels; orange for ${own}, blue ${this.rival()}`,
        ),
        this.map(
          "grad-cam",
          gradCam(values, gradient, node.shape),
          node.shape,
          `Grad-CAM: the maps of ${node.name}, each times its mean gradient, above 0`,
        ),
      );
    }
    this.cover = el(
      "div",
      {},
      button("Cover part after part", () => this.occlude(), { class: "primary" }),
      el("p", { class: "hint" }, "occlusion: how far the difference falls where a square lies on the picture"),
    );
    return [...found, this.cover];
  }

  map(name, data, [height, width], caption) {
    const view = new MapView({ size: 200, scaled: true, caption, onPick: () => tell() });
    const value = el("p", {});
    const tell = () => {
      const [i, j] = view.cell;
      view.mark([{ row: i, column: j }]);
      fill(value, `[${i}, ${j}] `, num(data[i * width + j], name, 6));
    };
    view.show(name, data, height, width, largest(data));
    const at = argmax(data);
    view.cell = [Math.floor(at / width), at % width];
    view.element.append(value);
    tell();
    return view.element;
  }

  // Cover square after square, some a frame, so that the page stays awake; the map stands once all are done.
  occlude() {
    const { net, pixels } = this.app;
    const { shape } = net.nodes[0];
    const { token, a, b } = this;
    const { size, places } = covers(shape);
    const total = new Float64Array(shape[0] * shape[1]);
    const count = new Float64Array(total.length);
    const kept = net.values;
    const whole = net.score(a, b);
    let done = 0;
    const next = () => {
      if (token !== this.token) return;
      const { gradients } = net;
      for (const end = performance.now() + 30; done < places.length && performance.now() < end; done++) {
        const [top, left] = places[done];
        net.forward(covered(pixels, shape, places[done], size));
        const fall = whole - net.score(a, b);
        for (let h = top; h < top + size; h++) {
          for (let w = left; w < left + size; w++) {
            total[h * shape[1] + w] += fall;
            count[h * shape[1] + w] += 1;
          }
        }
      }
      [net.values, net.gradients] = [kept, gradients];
      if (done < places.length) {
        fill(this.cover, el("p", { class: "hint" }, `${done} of ${places.length} squares`));
        setTimeout(next, 0);
      } else {
        const map = Float32Array.from(total, (value, at) => value / count[at]);
        fill(
          this.cover,
          this.map(
            "occlusion",
            map,
            shape,
            "occlusion: how far the difference falls where a square lies on the picture",
          ),
        );
      }
    };
    next();
  }

  // The inputs of the last dense layer, the weightiest first.
  inputs() {
    const { net } = this.app;
    const node = net.nodes[net.logits];
    if (node.kind !== "Dense") return null;
    const [own, other] = this.names();
    const x = net.values[node.inputs[0]];
    const units = node.shape[0];
    const signs = net.direction(this.a, this.b);
    const all = Array.from(x, (value, d) => ({
      d,
      value,
      weight: signs.reduce((total, sign, k) => total + (sign && sign * net.weight(node, "kernel", d * units + k)), 0),
    }));
    all.sort((one, two) => Math.abs(two.value * two.weight) - Math.abs(one.value * one.weight));
    const bias = node.arrays.includes("bias")
      ? signs.reduce((total, sign, k) => total + sign * net.weight(node, "bias", k), 0)
      : 0;
    const source = net.nodes[node.inputs[0]];
    const before = source.kind === "Flatten" ? net.nodes[source.inputs[0]] : source;
    const rows = all
      .slice(0, ROWS)
      .map(({ d, value, weight }) => [where(before.shape, d), num(value), num(weight), num(value * weight)]);
    const rest = all.slice(ROWS);
    if (rest.length)
      rows.push([`${rest.length} smaller ones`, "", "", num(sum(rest.map((each) => each.value * each.weight)))]);
    const alone = this.b === ALONE;
    const whole = sum(all.map((each) => each.value * each.weight)) + bias;
    rows.push(["bias", "", "", num(bias)], {
      kind: "result",
      cells: [alone ? `the logit of ${own}` : "the difference", "", "", num(whole, "inputs-sum", 6)],
    });
    const weight = alone ? `weight for ${own}` : `weight for ${own} less ${other}`;
    return table([`cell of ${before.name}`, "x", weight, "x \u00b7 weight"], rows, {
      caption: `what ${node.name} adds up: above 0 speaks for ${own}, below 0 ${this.rival()}`,
    });
  }
}
