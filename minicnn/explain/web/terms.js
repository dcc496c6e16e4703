// One gradient taken apart, as minicnn.explain.trace_gradient does it: what each output that read a number sends back,
// and what each stop of a window adds to a weight; with a remark on the ReLU masks and pool winners it came through.

import { LAYERS, FUNCTIONS, softmax } from "./layers.js";
import { where } from "./numbers.js";
import { readers, taps, winners } from "./windows.js";

const ELEMENTWISE = ["Identity", "Dropout", "Flatten", "Reshape", "Rescaling", "LeakyReLU", "ELU", "BatchNormalization", "Normalization", "Add"];

// Terms of the loss's gradient at one output: {where, dz, factor, note}.
export function outputTerms(net, index, at) {
  const node = net.nodes[index], found = [];
  const start = net.loss.fused ? net.nodes[net.last].inputs[0] : net.last;
  if (index === start) return lossTerms(net, index, at);
  for (const reader of net.nodes) {
    if (!net.gradients[reader.index]) continue;
    reader.inputs.forEach((source, k) => { if (source === index) found.push(...sent(net, reader, k, node, at)); });
  }
  return found;
}

function lossTerms(net, index, at) {
  const { kind, logits } = net.loss, t = net.target(net.label)[at], gradient = net.gradients[index][at];
  if (kind === "squared" || !logits) return [{ where: "the loss", dz: gradient, factor: 1, note: "its own derivative" }];
  const y = net.scores, p = kind === "binary" ? FUNCTIONS.sigmoid.f(y[at]) : softmax(y).y[at], share = kind === "binary" ? 1 / y.length : 1;
  return [{ where: "p", dz: p, factor: share, note: "what the net says" }, { where: "\u2212t", dz: -t, factor: share, note: "the truth" }];
}

function sent(net, reader, k, node, at) {
  const dy = net.gradients[reader.index], channels = node.shape[2], pixel = Math.floor(at / channels), c = at % channels;
  const h = Math.floor(pixel / node.shape[1]), w = pixel % node.shape[1];
  const term = (out, factor, note = "") => ({ where: `${reader.name} ${where(reader.shape, out)}`, dz: dy[out], factor, note: [note, passage(net, reader, out)].filter(Boolean).join(", ") });
  const spot = (i, j, f) => (i * reader.shape[1] + j) * reader.shape[2] + f;
  if (reader.kind === "Conv2D" || reader.kind === "DepthwiseConv2D") {
    const { settings, shape } = reader, deep = reader.kind === "DepthwiseConv2D";
    const share = deep ? shape[2] / channels : shape[2] / settings.groups, inside = deep ? 1 : channels / settings.groups;
    const first = Math.floor(c / inside) * share;
    return readers(settings, shape, h, w).flatMap(({ i, j, a, b }) => Array.from({ length: share }, (_, n) => {
      const f = first + n, tap = a * settings.size[1] + b;
      return term(spot(i, j, f), reader.own.kernel[deep ? tap * shape[2] + f : (tap * inside + (c % inside)) * shape[2] + f]);
    }));
  }
  if (reader.kind === "Dense") return Array.from(dy, (_, unit) => term(unit, reader.own.kernel[at * dy.length + unit]));
  if (reader.kind === "MaxPooling2D") {
    const x = net.values[node.index];
    return readers(reader.settings, reader.shape, h, w).map(({ i, j }) => {
      const won = winners(reader.settings, node.shape, x, i, j, c), own = won[0].h === h && won[0].w === w;
      const tie = won.some((cell) => cell.h === h && cell.w === w);
      return term(spot(i, j, c), own ? 1 : 0, own ? "winner" : tie ? "tie: the first one takes it" : `won by [${won[0].h}, ${won[0].w}]`);
    });
  }
  if (reader.kind === "Activation" && reader.settings.function !== "softmax") {
    const x = net.values[node.index][at];
    return [term(at, FUNCTIONS[reader.settings.function].slope(x), gate(reader, x))];
  }
  const { dxs } = LAYERS[reader.kind].backward(reader, net.inputs(reader), net.values[reader.index], ELEMENTWISE.includes(reader.kind) ? dy.map(() => 1) : dy);
  if (ELEMENTWISE.includes(reader.kind)) return [term(at, dxs[k][at])];
  return [{ where: `all of ${reader.name}`, dz: dxs[k][at], factor: 1, note: "summed" }];
}

// Terms of the loss's gradient at one weight.
export function weightTerms(net, node, name, at) {
  const dy = net.gradients[node.index], x = net.values[node.inputs[0]], count = node.shape[node.shape.length - 1];
  const term = (out, factor, note = "") => ({ where: where(node.shape, out), dz: dy[out], factor, note: [note, passage(net, node, out)].filter(Boolean).join(", ") });
  if (name === "bias" || name === "beta") return every(dy.length / count, (n) => term(n * count + at, 1));
  if (node.kind === "Dense") return [term(at % count, x[Math.floor(at / count)])];
  if (node.kind === "BatchNormalization") {
    const deviation = Math.sqrt(node.own.moving_variance[at] + node.settings.epsilon);
    return every(dy.length / count, (n) => term(n * count + at, (x[n * count + at] - node.own.moving_mean[at]) / deviation));
  }
  const f = at % count, deep = node.kind === "DepthwiseConv2D", [height, width, channels] = node.from[0];
  const inside = deep ? 1 : channels / node.settings.groups, rest = Math.floor(at / count), tap = Math.floor(rest / inside);
  const c = deep ? Math.floor(f / (count / channels)) : Math.floor(f / (count / node.settings.groups)) * inside + (rest % inside);
  return every(node.shape[0] * node.shape[1], (n) => {
    const cell = taps(node.settings, [height, width], Math.floor(n / node.shape[1]), n % node.shape[1])[tap];
    return term(n * count + f, cell.inside ? x[(cell.h * width + cell.w) * channels + c] : 0, cell.inside ? "" : "padding");
  });
}

const every = (count, f) => Array.from({ length: count }, (_, n) => f(n));

function gate(reader, x) {
  if (!["relu", "relu6"].includes(reader.settings.function)) return "";
  return FUNCTIONS[reader.settings.function].slope(x) ? "ReLU open" : "ReLU closed";
}

// Follow an output on through ReLU masks and pools, and say what became of it there.
function passage(net, node, at) {
  const notes = [];
  for (let here = node; ;) {
    const next = net.nodes.filter((reader) => reader.inputs.includes(here.index) && net.gradients[reader.index]);
    if (next.length !== 1) return notes.join(", ");
    const [reader] = next, x = net.values[here.index];
    if (reader.kind === "Activation" && gate(reader, x[at])) {
      notes.push(gate(reader, x[at]));
      if (notes[notes.length - 1] === "ReLU closed") return notes.join(", ");
    } else if (reader.kind === "MaxPooling2D") {
      const [, width, channels] = here.shape, pixel = Math.floor(at / channels), c = at % channels, h = Math.floor(pixel / width), w = pixel % width;
      const won = readers(reader.settings, reader.shape, h, w).filter(({ i, j }) => {
        const [first] = winners(reader.settings, here.shape, x, i, j, c);
        return first.h === h && first.w === w;
      });
      notes.push(won.length ? `wins ${won.map(({ i, j }) => `[${i}, ${j}]`).join(", ")} of ${reader.name}` : `wins no window of ${reader.name}`);
      if (won.length !== 1) return notes.join(", ");
      at = (won[0].i * reader.shape[1] + won[0].j) * channels + c;
    } else if (reader.kind !== "Dropout") return notes.join(", ");
    here = reader;
  }
}
