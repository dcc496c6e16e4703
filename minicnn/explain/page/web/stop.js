// One stop of a convolution's window in numbers: the products over one input channel, and the sum over all channels.
// `view` is that of convolution.js.

import { el, fill, num, numberField, table } from "./dom.js";
import { grid } from "./maps.js";
import { largest, sum } from "./numbers.js";
import { taps } from "./windows.js";

// The window times the kernel, for the input channel that is in focus.
export function stopNumbers(view, i, j) {
  const { node } = view;
  const c = view.focus;
  const shape = node.from[0];
  const x = view.channelInputs.get(c);
  const kernel = view.kernel(c);
  const found = taps(node.settings, shape, i, j);
  const columns = node.settings.size[1];
  const window = found.map(({ h, w, inside }) => (inside ? x[h * shape[1] + w] : 0));
  const products = window.map((value, k) => value * kernel[k]);
  const notes = found.map(({ inside }) => (inside ? "" : "padding"));
  const part = (title, content) => el("figure", { class: "map" }, el("figcaption", {}, title), content);
  fill(
    view.numbers,
    el("h2", {}, `Input channel ${c} at stop [${i}, ${j}]`),
    el(
      "div",
      { class: "card-row" },
      part("window", grid(window, columns, largest(x), { notes, label: "window", name: "window" })),
      el("span", { class: "sign" }, "\u00d7"),
      part(
        view.app.live ? "kernel: change a weight" : "kernel",
        view.playing || !view.app.live
          ? grid(kernel, columns, view.kernelMost(), { name: "kernel" })
          : grid(kernel, columns, view.kernelMost(), {
              name: "kernel",
              label: `weight of input channel ${c}, output channel ${view.map}`,
              change: (tap, value) => view.app.editWeight(node, "kernel", view.at(c, tap), value),
            }),
      ),
      el("span", { class: "sign" }, "="),
      part("products", grid(products, columns, largest(products), { label: "products", name: "products" })),
    ),
    el("p", { class: "total" }, "sum of the products ", num(sum(products), "channel-sum", 6)),
    el(
      "p",
      { class: "hint" },
      found.every(({ inside }) => inside) ? "" : "Hatched cells are zeros of the padding. ",
      "Click any pixel of an input to see every stop that reads it (dashed), any pixel of an output to go there.",
    ),
  );
}

// What the input channels give and the bias, one below the other, and the output that they add up to.
export function stopSums(view, i, j) {
  const { node } = view;
  const at = i * node.shape[1] + j;
  const own = view.app.map(node.index, view.map)[at];
  const bias = node.arrays.includes("bias") ? view.app.weight(node, "bias", view.map) : 0;
  const parts = view.channels.map((c) => [c, view.parts.get(c)[at]]);
  const shown = parts.reduce((total, [, value]) => total + value, 0);
  const all = node.kind === "DepthwiseConv2D" ? 1 : node.from[0][2] / node.settings.groups;
  const missing = all - parts.length;
  const listed = view.shown.map((c) => [c, view.parts.get(c)[at]]);
  const rest = shown - listed.reduce((total, [, value]) => total + value, 0);
  const rows = listed.map(([c, value]) => [`input channel ${c}`, num(value)]);
  if (parts.length > listed.length) rows.push([`${parts.length - listed.length} channels on other pages`, num(rest)]);
  const lost = `${missing} channel${missing > 1 ? "s" : ""} that this page does not carry`;
  if (missing > 0) rows.push([lost, num(own - bias - shown)]);
  rows.push(["bias", num(bias, "bias")], {
    kind: "result",
    cells: [`output [${i}, ${j}, channel ${view.map}]`, num(own, "output", 6)],
  });
  const changes =
    view.app.live && !view.playing
      ? [
          numberField("bias", Number(bias.toPrecision(4)), (value) =>
            view.app.editWeight(node, "bias", view.map, value),
          ),
        ]
      : [];
  fill(
    view.sums,
    el(
      "div",
      { class: "tools" },
      numberField("row", i, (value) => view.choose(view.clamp(value, 0), j), {
        min: 0,
        max: node.shape[0] - 1,
        step: 1,
        class: "short",
      }),
      numberField("column", j, (value) => view.choose(i, view.clamp(value, 1)), {
        min: 0,
        max: node.shape[1] - 1,
        step: 1,
        class: "short",
      }),
      ...(node.arrays.includes("bias") ? changes : []),
    ),
    table(["what adds up", ""], rows),
  );
}
