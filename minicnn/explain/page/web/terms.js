// One gradient taken apart, as minicnn.explain.trace_gradient does it: what each output that read a number sends back,
// and what each stop of a window adds to a weight; with a remark on the ReLU masks and pool winners it came through.

// Of a net that is carried in part (carried.js) a term's dz or factor may be undefined: it is then not known.

import { FUNCTIONS, softmax } from "./functions.js";
import { JOINING, stretched, taken } from "./joining.js";
import { framed, LAYERS, normalFactor, slopeAt, turned } from "./layers.js";
import { groupOf, moments } from "./normalizing.js";
import { extent, product, where } from "./numbers.js";
import { samplers, written } from "./resampling.js";
import { reasonOf } from "./verdict.js";
import { readers, taps, winners } from "./windows.js";

// What a layer that works elementwise multiplies a gradient with: factor(node, x, channel, place).
const one = () => 1;
const sloped =
  (kind) =>
  ({ settings }, x) =>
    LAYERS[kind].slope(x, settings);
const NORMALIZING = ["GroupNormalization", "LayerNormalization"];
const FACTORS = {
  Identity: one,
  Dropout: one,
  Flatten: one,
  Reshape: one,
  Rescaling: ({ settings }, x, c) => settings.scale[c],
  LeakyReLU: sloped("LeakyReLU"),
  ELU: sloped("ELU"),
  PReLU: (node, x, c, at) => (x > 0 ? 1 : x < 0 ? slopeAt(node, at) : 0),
  BatchNormalization: (node, x, c) => normalFactor(node, c).factor,
  Normalization: (node, x, c, at) => node.own.factor?.[at],
};

const last = (shape) => shape[shape.length - 1];
export const known = ({ dz, factor }) => dz !== undefined && factor !== undefined;
const reading = (net, node, c) => (h, w) => net.valueAt(node.index, (h * node.shape[1] + w) * node.shape[2] + c);

// Terms of the loss's gradient at one output: {where, dz, factor, note, reason}.
export function outputTerms(net, index, at) {
  const node = net.nodes[index];
  const found = [];
  if (index === net.start) return lossTerms(net, index, at);
  for (const reader of net.nodes) {
    if (!net.gradients[reader.index]) continue;
    reader.inputs.forEach((source, k) => {
      if (source === index) found.push(...sent(net, reader, k, node, at));
    });
  }
  return found;
}

// What an output of a node sends back: its gradient times a factor, a remark, and what became of it further on.
function termOf(net, node, out, factor, note) {
  const term = { where: `${node.name}${where(node.shape, out)}`, dz: net.gradientAt(node.index, out), factor };
  const remarks = [note, ...(known(term) ? passage(net, node, out) : [])].filter(Boolean);
  return { ...term, note: remarks.join(", "), reason: reasonOf(remarks) };
}

function lossTerms(net, index, at) {
  const { kind, logits } = net.loss;
  const t = net.target(net.label)[at];
  const gradient = net.gradientAt(index, at);
  if (kind === "squared" || !logits) {
    return [{ where: "the loss", dz: gradient, factor: 1, note: "its own derivative" }];
  }
  const y = net.scores;
  const p = kind === "binary" ? FUNCTIONS.sigmoid.f(y[at]) : softmax(y).y[at];
  const share = kind === "binary" ? 1 / y.length : 1;
  return [
    { where: "p", dz: p, factor: share, note: "what the net says" },
    { where: "-t", dz: -t, factor: share, note: "the truth" },
  ];
}

// What one reader sends back to a number of a node.
function sent(net, reader, k, node, at) {
  const channels = last(node.shape);
  const pixel = Math.floor(at / channels);
  const c = at % channels;
  const x = net.valueAt(node.index, at);
  const h = Math.floor(pixel / node.shape[1]);
  const w = pixel % node.shape[1];
  const term = (out, factor, note = "") => termOf(net, reader, out, factor, note);
  const spot = (i, j, f) => (i * reader.shape[1] + j) * reader.shape[2] + f;
  if (reader.kind === "Conv2D" || reader.kind === "DepthwiseConv2D") {
    const { settings, shape } = reader;
    const deep = reader.kind === "DepthwiseConv2D";
    const share = deep ? shape[2] / channels : shape[2] / settings.groups;
    const inside = deep ? 1 : channels / settings.groups;
    const first = Math.floor(c / inside) * share;
    return readers(settings, shape, h, w).flatMap(({ i, j, a, b }) =>
      every(share, (n) => {
        const f = first + n;
        const tap = a * settings.size[1] + b;
        return term(
          spot(i, j, f),
          net.weight(reader, "kernel", deep ? tap * shape[2] + f : (tap * inside + (c % inside)) * shape[2] + f),
        );
      }),
    );
  }
  if (reader.kind === "Dense") {
    return every(reader.shape[0], (unit) => term(unit, net.weight(reader, "kernel", at * reader.shape[0] + unit)));
  }
  if (reader.kind === "MaxPooling2D") {
    return readers(reader.settings, reader.shape, h, w).map(({ i, j }) => {
      const won = winners(reader.settings, node.shape, i, j, reading(net, node, c));
      const own = won[0].h === h && won[0].w === w;
      const tie = won.some((cell) => cell.h === h && cell.w === w);
      return term(
        spot(i, j, c),
        own ? 1 : 0,
        own ? "winner" : tie ? "tie: the first one takes it" : `won by [${won[0].h}, ${won[0].w}, channel ${c}]`,
      );
    });
  }
  if (reader.kind === "AveragePooling2D") {
    const inside = (i, j) => taps(reader.settings, node.shape, i, j).filter((tap) => tap.inside).length;
    return readers(reader.settings, reader.shape, h, w).map(({ i, j }) => term(spot(i, j, c), 1 / inside(i, j)));
  }
  if (reader.kind === "GlobalAveragePooling2D") return [term(c, 1 / (node.shape[0] * node.shape[1]))];
  if (reader.kind === "GlobalMaxPooling2D") {
    if (x === undefined) return [term(c, undefined)];
    const map = net.mapOf(node.index, c);
    const most = map.some(Number.isNaN) ? NaN : extent(map)[1];
    const ties = map.filter((v) => v === most).length;
    return [term(c, x === most ? 1 / ties : 0, x === most ? "winner" : "no winner")];
  }
  if (reader.kind === "Activation") {
    if (reader.settings.function !== "softmax") {
      return [term(at, FUNCTIONS[reader.settings.function].slope(x), gate(reader, x))];
    }
    const y = (j) => net.valueAt(reader.index, at - c + j);
    return every(channels, (j) => term(at - c + j, y(j) * ((j === c) - y(c))));
  }
  if (JOINING.includes(reader.kind)) {
    // an input may be stretched: then it is read several times
    const from = (i, input) => stretched(reader.from[input], reader.shape, i);
    const value = (input, i) => net.valueAt(reader.inputs[input], from(i, input));
    const others = (i) =>
      reader.inputs.reduce((all, _, input) => (input === k ? all : all * value(input, i)), 1);
    const share = (i) => {
      if (reader.settings.factors) return reader.settings.factors[k];
      if (reader.inputs.some((_, input) => value(input, i) === undefined)) return undefined;
      return reader.kind === "Multiply" ? others(i) : Number(taken(reader, value, i) === k);
    };
    const reads =
      product(reader.from[k]) === product(reader.shape)
        ? [at]
        : every(product(reader.shape), (i) => i).filter((i) => from(i, k) === at);
    const extreme = reader.kind === "Maximum" || reader.kind === "Minimum";
    const remark = (i) => {
      if (!extreme || share(i) === undefined) return "";
      const won = taken(reader, value, i);
      return won === k ? "winner" : `won by input ${won}`;
    };
    return reads.map((i) => term(i, share(i), remark(i)));
  }
  if (reader.kind === "UpSampling2D" || reader.kind === "Resizing") {
    return samplers(reader, h, w).map(({ i, j, weight }) => term(spot(i, j, c), weight));
  }
  if (reader.kind === "Conv2DTranspose") {
    return written(reader, h, w).flatMap(({ i, j, tap }) =>
      every(reader.shape[2], (f) =>
        term(spot(i, j, f), net.weight(reader, "weights", (tap * reader.shape[2] + f) * channels + c)),
      ),
    );
  }
  if (NORMALIZING.includes(reader.kind)) {
    const { members, own } = groupOf(reader, at);
    const { mean, inverse } = momentsIn(net, node.index, members, reader);
    const xhat = (i) => (net.valueAt(node.index, i) - mean) * inverse;
    return members.map((i) => {
      if (mean === undefined) return term(i, undefined);
      const scale = (reader.own.gamma?.[own[i]] ?? 1) * inverse;
      return term(i, scale * ((i === at) - 1 / members.length - (xhat(i) * xhat(at)) / members.length));
    });
  }
  if (reader.kind === "Permute") {
    const { from, settings, shape } = reader;
    return [term(every(product(shape), (i) => i).find((i) => turned(from[0], settings.dims, i) === at), 1)];
  }
  if (reader.kind === "Concatenate") {
    const [start, own] = LAYERS.Concatenate.parts(reader)[k];
    return [term(Math.floor(at / own) * last(reader.shape) + start + (at % own), 1)];
  }
  if (reader.kind === "ZeroPadding2D" || reader.kind === "Cropping2D") {
    const out = framed(reader, at, node.shape, reader.shape, reader.kind === "ZeroPadding2D" ? 1 : -1);
    return out < 0 ? [] : [term(out, 1)];
  }
  return [term(at, FACTORS[reader.kind](reader, x, c, at))];
}

// Mean and 1 / deviation of the numbers of a group; undefined where some are not carried.
function momentsIn(net, source, members, { settings }) {
  const read = (i) => net.valueAt(source, i);
  return members.some((i) => read(i) === undefined) ? {} : moments(members, read, settings.epsilon);
}

// Terms of the loss's gradient at one weight: of every call of its layer.
export function weightTerms(net, node, name, at) {
  return net.uses(node, name).flatMap((use) => ownTerms(net, use, name, at));
}

function ownTerms(net, node, name, at) {
  const count = last(node.shape);
  const stops = node.shape.reduce((a, b) => a * b, 1) / count;
  const source = node.inputs[0];
  const term = (out, factor, note = "") => termOf(net, node, out, factor, note);
  if (NORMALIZING.includes(node.kind)) {
    const found = new Map(); // of each group, whose numbers are many
    return every(product(node.shape), (i) => i)
      .filter((i) => groupOf(node, i).own[i] === at)
      .map((i) => {
        if (name === "beta") return term(i, 1);
        const { members } = groupOf(node, i);
        if (!found.has(members)) found.set(members, momentsIn(net, source, members, node));
        const { mean, inverse } = found.get(members);
        if (mean === undefined) return term(i, undefined);
        return term(i, (net.valueAt(source, i) - mean) * inverse);
      });
  }
  if (node.kind === "PReLU") {
    return every(product(node.shape), (i) => i)
      .filter((i) => stretched(node.settings.slopes, node.shape, i) === at)
      .map((i) => term(i, Math.min(net.valueAt(source, i), 0)));
  }
  if (name === "bias" || name === "beta") return every(stops, (n) => term(n * count + at, 1));
  if (node.kind === "Dense") return [term(at % count, net.valueAt(source, Math.floor(at / count)))];
  if (node.kind === "BatchNormalization") {
    const deviation = Math.sqrt(node.own.moving_variance[at] + node.settings.epsilon);
    return every(stops, (n) =>
      term(n * count + at, (net.valueAt(source, n * count + at) - node.own.moving_mean[at]) / deviation),
    );
  }
  if (node.kind === "Conv2DTranspose") {
    const [rows, columns, channels] = node.from[0];
    const c = at % channels;
    const filter = Math.floor(at / channels) % count;
    const wanted = Math.floor(at / channels / count);
    return every(rows * columns, (pixel) =>
      written(node, Math.floor(pixel / columns), pixel % columns)
        .filter(({ tap }) => tap === wanted)
        .map(({ i, j }) =>
          term((i * node.shape[1] + j) * count + filter, net.valueAt(source, pixel * channels + c)),
        ),
    ).flat();
  }
  const f = at % count;
  const deep = node.kind === "DepthwiseConv2D";
  const [height, width, channels] = node.from[0];
  const inside = deep ? 1 : channels / node.settings.groups;
  const rest = Math.floor(at / count);
  const tap = Math.floor(rest / inside);
  const c = deep
    ? Math.floor(f / (count / channels))
    : Math.floor(f / (count / node.settings.groups)) * inside + (rest % inside);
  return every(stops, (n) => {
    const cell = taps(node.settings, [height, width], Math.floor(n / node.shape[1]), n % node.shape[1])[tap];
    return term(
      n * count + f,
      cell.inside ? net.valueAt(source, (cell.h * width + cell.w) * channels + c) : 0,
      cell.inside ? "" : "padding",
    );
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
    if (next.length !== 1) return notes;
    const [reader] = next;
    const x = net.valueAt(here.index, at);
    if (reader.kind === "Activation" && gate(reader, x)) {
      notes.push(gate(reader, x));
      if (notes[notes.length - 1] === "ReLU closed") return notes;
    } else if (reader.kind === "MaxPooling2D") {
      const [, width, channels] = here.shape;
      const pixel = Math.floor(at / channels);
      const c = at % channels;
      const h = Math.floor(pixel / width);
      const w = pixel % width;
      const won = readers(reader.settings, reader.shape, h, w).filter(({ i, j }) => {
        const [first] = winners(reader.settings, here.shape, i, j, reading(net, here, c));
        return first.h === h && first.w === w;
      });
      notes.push(
        won.length
          ? `wins ${won.map(({ i, j }) => `[${i}, ${j}]`).join(", ")} of ${reader.name}`
          : `wins no window of ${reader.name}`,
      );
      if (won.length !== 1) return notes;
      at = (won[0].i * reader.shape[1] + won[0].j) * channels + c;
    } else if (reader.kind !== "Dropout") return notes;
    here = reader;
  }
}
