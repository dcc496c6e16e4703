// The formula views of rows of numbers: flatten, dense, softmax, sigmoid and other functions, and the loss.

import { labelChoice } from "./choices.js";
import { bars, chart, chartText, el, num, numberField, select, svg, table } from "./dom.js";
import { FUNCTIONS, softmax } from "./functions.js";
import { grid, MapView } from "./maps.js";
import { lossOf } from "./net.js";
import { format, largest, where } from "./numbers.js";

const TOP = 24;

// A function's curve with the point on it.
export function curve(f, name, x) {
  const finite = Number.isFinite(x); // else there is no place for it on the curve
  const reach = finite ? Math.max(4, Math.ceil(Math.abs(x) * 1.2)) : 4;
  const width = 300;
  const height = 170;
  const ys = [];
  for (let k = 0; k <= 120; k++) ys.push(f(-reach + (2 * reach * k) / 120));
  const low = Math.min(0, ...ys);
  const high = Math.max(1e-9, ...ys);
  const left = (v) => 10 + ((v + reach) / (2 * reach)) * (width - 20);
  const top = (v) => height - 22 - ((v - low) / (high - low)) * (height - 40);
  const path = ys
    .map((v, k) => `${k ? "L" : "M"}${left(-reach + (2 * reach * k) / 120).toFixed(1)},${top(v).toFixed(1)}`)
    .join("");
  return el(
    "figure",
    { class: "map" },
    chart(
      width,
      height,
      `the curve of ${name}; at ${format(x)} it is ${format(f(x))}`,
      svg("line", { x1: 10, x2: width - 10, y1: top(0), y2: top(0), class: "axis" }),
      svg("line", { x1: left(0), x2: left(0), y1: 10, y2: height - 16, class: "axis" }),
      svg("path", { d: path, class: "line" }),
      ...(finite
        ? [
            svg("line", { x1: left(x), x2: left(x), y1: top(0), y2: top(f(x)), class: "drop" }),
            svg("circle", { cx: left(x), cy: top(f(x)), r: 5, class: "point" }),
          ]
        : []),
      chartText(format(-reach, 3), 10, height - 4),
      chartText(format(reach, 3), width - 10, height - 4, "end"),
      chartText(format(high, 3), left(0) + 5, 16),
    ),
  );
}

// The maps before a row of numbers: the node whose pixels became these entries, if there is one.
function pixelsBefore(app, node) {
  let source = node;
  while (source.shape.length === 1 && ["Flatten", "Dropout", "Identity"].includes(source.kind)) {
    source = app.net.nodes[source.inputs[0]];
  }
  return source.shape.length === 3 ? source : null;
}

export function flattenView(app, node, entry, choose) {
  const source = app.net.nodes[node.inputs[0]];
  const [, width, channels] = source.shape;
  const values = app.valuesOf(node.index);
  const c = entry % channels;
  const pixel = Math.floor(entry / channels);
  const i = Math.floor(pixel / width);
  const j = pixel % width;
  const maps = app.mapsOf(source.index);
  const view = new MapView({
    size: 240,
    scaled: true,
    caption: `${source.name}, channel ${c}`,
    onPick: (row, column) => choose((row * width + column) * channels + c),
  });
  if (maps.includes(c)) {
    const data = app.map(source.index, c);
    view.show(`${source.name}, channel ${c}`, data, source.shape[0], width, app.range(source.index, data));
    view.cell = [i, j];
    view.mark([{ row: i, column: j }]);
  }
  return el(
    "div",
    { class: "flow" },
    maps.includes(c) ? view.element : el("p", { class: "notice" }, `This page does not carry channel ${c}.`),
    el(
      "div",
      { class: "grow" },
      el(
        "div",
        { class: "tools" },
        select(
          "map",
          maps.map((each) => [each, `channel ${each}`]),
          c,
          (value) => choose(pixel * channels + Number(value)),
        ),
        numberField("entry", entry, (value) => choose(Math.max(0, Math.min(values.length - 1, Math.round(value)))), {
          min: 0,
          max: values.length - 1,
          step: 1,
        }),
      ),
      el(
        "p",
        { class: "formula" },
        `[${i}, ${j}, channel ${c}] becomes entry (${i} \u00b7 ${width} + ${j}) \u00b7 ${channels} + ${c} = `,
        num(entry, "entry", 9),
      ),
      el("p", {}, "its value: ", num(values[entry], "value", 6)),
      ...partOfRow(values, entry, choose),
    ),
  );
}

// The numbers of a row around one entry.
function partOfRow(values, entry, choose) {
  const wide = 40;
  const start = Math.max(0, Math.min(entry - (wide >> 1), values.length - wide));
  const part = values.subarray(start, start + wide);
  const end = start + part.length - 1;
  const said = `Entries ${start} to ${end} of ${values.length}; press one to see which pixel it was.`;
  const strip = grid(part, 10, largest(values), {
    label: "part of the row of numbers",
    name: "strip",
    notes: Array.from(part, (_, k) => (start + k === entry ? "winner" : "")),
    choose: (k) => choose(start + k),
  });
  return [el("p", { class: "hint" }, said), strip];
}

export function denseView(app, node, unit, choose) {
  const input = app.net.nodes[node.inputs[0]];
  const { shown, rest, others } = app.net.contributions(node, unit, TOP);
  const bias = node.arrays.includes("bias") ? app.weight(node, "bias", unit) : 0;
  const own = app.valuesOf(node.index)[unit];
  const origin = pixelsBefore(app, input);
  const name = (d) => where(origin?.shape ?? input.shape, d);
  const rows = shown.map(({ d, x, w }) => [
    name(d),
    num(x),
    app.live ? weightBox(app, node, d * node.shape[0] + unit, w) : num(w),
    num(x * w),
  ]);
  if (others) rows.push([`${others} smaller ones`, "", "", num(rest)]);
  rows.push(["bias", "", "", num(bias, "bias")], {
    kind: "result",
    cells: [app.entryName(node, unit), "", "", num(own, "output", 6)],
  });
  const units = Array.from({ length: node.shape[0] }, (_, k) => [k, app.entryName(node, k)]);
  return el(
    "div",
    { class: "flow" },
    el(
      "div",
      { class: "grow" },
      el(
        "div",
        { class: "tools" },
        select("output", units, unit, (value) => choose(Number(value))),
      ),
      el("p", { class: "formula" }, "y = sum of x \u00b7 weight over all inputs, + bias"),
      table([origin ? `pixel of ${origin.name}` : "input", "x", "weight", "x \u00b7 weight"], rows, {
        caption: "the weightiest first",
      }),
    ),
    origin && app.live ? contributionMaps(app, node, origin, unit) : null,
  );
}

function weightBox(app, node, at, value) {
  return el("input", {
    type: "number",
    step: "any",
    class: "weight",
    value: Number(value.toPrecision(5)),
    "data-value": value,
    "aria-label": "weight",
    onchange: (event) => {
      if (Number.isFinite(event.target.valueAsNumber)) app.editWeight(node, "kernel", at, event.target.valueAsNumber);
    },
  });
}

// The same products where they come from: over all maps together, and map by map.
function contributionMaps(app, node, origin, unit) {
  const [height, width, channels] = origin.shape;
  const x = app.valuesOf(node.inputs[0]);
  const units = node.shape[0];
  const each = Array.from({ length: channels }, () => new Float32Array(height * width));
  const all = new Float32Array(height * width);
  for (let d = 0; d < x.length; d++) {
    const value = x[d] * node.own.kernel[d * units + unit];
    const pixel = Math.floor(d / channels);
    each[d % channels][pixel] = value;
    all[pixel] += value;
  }
  const big = new MapView({ size: 200, scaled: true, caption: "all maps together" });
  big.show(`contributions to ${app.entryName(node, unit)}, all maps together`, all, height, width, largest(all));
  const most = Math.max(...each.map(largest));
  const order = each
    .map((_, c) => c)
    .sort((a, b) => largest(each[b]) - largest(each[a]))
    .slice(0, 12);
  return el(
    "div",
    { class: "contributions" },
    el("h3", {}, `What speaks for ${app.entryName(node, unit)} (orange) and against it (blue), on ${origin.name}`),
    big.element,
    el(
      "div",
      { class: "small-maps" },
      order.map((c) => {
        const view = new MapView({ size: 72, caption: `channel ${c}` });
        view.show(`contributions of channel ${c}`, each[c], height, width, most);
        return view.element;
      }),
    ),
  );
}

export function softmaxView(app, node, entry, choose) {
  const x = app.valuesOf(node.inputs[0]);
  const { terms, total, most } = softmax(x);
  const y = app.valuesOf(node.index);
  const rows = Array.from(x, (value, k) => ({
    kind: k === entry ? "result" : null,
    cells: [
      el("button", { type: "button", class: "link", onclick: () => choose(k) }, app.entryName(node, k)),
      num(value),
      num(terms[k]),
      num(y[k], `softmax${k}`),
    ],
  }));
  rows.push({
    kind: "result",
    cells: [
      "sum",
      "",
      num(total, "exp-sum"),
      num(
        y.reduce((a, b) => a + b, 0),
        "sum",
        6,
      ),
    ],
  });
  return el(
    "div",
    { class: "flow" },
    el(
      "div",
      { class: "grow" },
      el("p", { class: "formula" }, `y = exp(x \u2212 max x) / sum of exp(x \u2212 max x), max x = ${format(most)}`),
      table(["", "x", "exp(x \u2212 max x)", "y"], rows),
      el(
        "p",
        {},
        `${app.entryName(node, entry)}: ${format(terms[entry], 6)} / ${format(total, 6)} = `,
        num(y[entry], "output", 6),
      ),
      el("p", { class: "hint" }, "Softmax outputs sum to 1; sigmoid outputs need not."),
    ),
    bars(
      Array.from(y, (_, k) => app.entryName(node, k)),
      Array.from(y),
      entry,
    ),
  );
}

export function functionView(app, node, entry, choose) {
  const x = app.valuesOf(node.inputs[0]);
  const y = app.valuesOf(node.index);
  const { f, text } = FUNCTIONS[node.settings.function];
  const rows = Array.from(x)
    .slice(0, 64)
    .map((value, k) => ({
      kind: k === entry ? "result" : null,
      cells: [
        el("button", { type: "button", class: "link", onclick: () => choose(k) }, app.entryName(node, k)),
        num(value),
        num(y[k], `y${k}`),
      ],
    }));
  return el(
    "div",
    { class: "flow" },
    el("div", {}, el("p", { class: "formula" }, `y = ${text}`), curve(f, text, x[entry])),
    el(
      "div",
      { class: "grow" },
      el("p", { class: "total" }, `x = ${format(x[entry])}: y = `, num(y[entry], "output", 6)),
      table(["", "x", "y"], rows),
      node.settings.function === "sigmoid"
        ? el(
            "p",
            { class: "hint" },
            `The outputs sum to ${format(y.reduce((a, b) => a + b, 0))}: a sigmoid's outputs need not sum to 1.`,
          )
        : null,
    ),
  );
}

// The formula of a kind of loss over `count` outputs, and that of its gradient at an output, or at its logit.
function lossFormulas(kind, count) {
  const mean = count > 1 ? `, the mean over the ${count} outputs` : "";
  const share = count > 1 ? ` / ${count}` : "";
  if (kind === "squared") {
    return { formula: `loss = (y \u2212 t)\u00b2${mean}`, slope: `2 (y \u2212 t)${share}` };
  }
  if (kind !== "binary") return { formula: "loss = \u2212log p of the true class", slope: "p \u2212 t" };
  return {
    formula: `loss = \u2212t log p \u2212 (1 \u2212 t) log(1 \u2212 p)${mean}`,
    slope: count > 1 ? `(p \u2212 t)${share}` : "p \u2212 t",
  };
}

// The loss, output by output: what the net gave, the truth, its share of the loss and of the gradient.
export function lossView(app) {
  const { net } = app;
  const { kind, logits } = net.loss;
  const y = net.scores;
  const t = net.target(app.label);
  const count = y.length;
  const { gradient, shares, p } = lossOf(net.loss, y, t);
  const value = net.lossFor(app.label);
  const squared = kind === "squared";
  const { formula, slope } = lossFormulas(kind, count);
  const parts = [el("p", { class: "formula" }, formula)];
  if (!squared && (kind !== "binary" || count === 1)) {
    const own = count > 1 ? p[app.label] : app.label ? p[0] : 1 - p[0];
    parts.push(
      el(
        "p",
        {},
        `p of ${app.classes[app.label]} = `,
        num(own, "p", 6),
        `, \u2212log ${format(own, 6)} = `,
        num(-Math.log(own), null, 6),
      ),
    );
  }
  if (logits && !squared) {
    parts.push(
      el(
        "p",
        { class: "hint" },
        "Computed from the numbers before the last activation, where nothing overflows and no digit is lost; " +
          `its gradient there is ${slope}.`,
      ),
    );
  }
  const names = Array.from(y, (_, k) => app.entryName(net.nodes[net.last], k));
  parts.push(
    table(
      [
        "",
        logits ? "logit" : "output",
        ...(squared ? [] : ["p"]),
        "t (truth)",
        "loss",
        logits || squared ? slope : "gradient",
      ],
      names.map((name, k) => ({
        kind: t[k] ? "result" : null,
        cells: [
          name,
          num(y[k]),
          ...(squared ? [] : [num(p[k])]),
          num(t[k]),
          num(shares[k], `loss${k}`),
          num(gradient[k], `slope${k}`),
        ],
      })),
    ),
    el("p", { class: "total" }, "loss ", num(value, "loss", 6)),
  );
  return el("div", { class: "grow" }, el("div", { class: "tools" }, labelChoice(app)), ...parts);
}
