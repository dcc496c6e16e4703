// What each kind of layer sends back to one number that it read: a term for each output, its gradient times a factor.

// A number is given as {net, reader, k, node, at, channels, c, h, w, x, term, spot}: x, number `at` of what `node` put
// out, is in channel c of pixel h, w, and input k of `reader`; term(out, factor, note) makes the term of an output,
// spot(i, j, f) is an output's number. Of a net that is carried in part a factor may be undefined.

import { BENT, FUNCTIONS } from "./functions.js";
import { JOINING, stretched, taken } from "./joining.js";
import { framed, LAYERS, normalFactor, slopeAt, turned } from "./layers.js";
import { groupOf, moments } from "./normalizing.js";
import { extent, product } from "./numbers.js";
import { samplers, written } from "./resampling.js";
import { readers, taps, winners } from "./windows.js";

export const last = (shape) => shape[shape.length - 1];
export const every = (count, f) => Array.from({ length: count }, (_, n) => f(n));
export const reading = (net, node, c) => (h, w) => net.valueAt(node.index, (h * node.shape[1] + w) * node.shape[2] + c);

// Terms of what `reader` sends back to number `at` of `node`, its input k; `make(reader, out, factor, note)` makes one.
export function sent(net, reader, k, node, at, make) {
  const channels = last(node.shape);
  const pixel = Math.floor(at / channels);
  const number = {
    net,
    reader,
    k,
    node,
    at,
    channels,
    c: at % channels,
    h: Math.floor(pixel / node.shape[1]),
    w: pixel % node.shape[1],
    x: net.valueAt(node.index, at),
    term: (out, factor, note = "") => make(reader, out, factor, note),
    spot: (i, j, f) => (i * reader.shape[1] + j) * reader.shape[2] + f,
  };
  return (SENDS[reader.kind] ?? sentOn)(number);
}

// A layer that works elementwise: FACTORS[kind](reader, x, channel, place) is what it multiplies a gradient with.
const sentOn = ({ reader, x, c, at, term }) => [term(at, FACTORS[reader.kind](reader, x, c, at))];
const one = () => 1;
const sloped =
  (kind) =>
  ({ settings }, x) =>
    LAYERS[kind].slope(x, settings);
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

function fromWindows({ net, reader, channels, c, h, w, term, spot }) {
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

const fromUnits = ({ net, reader, at, term }) =>
  every(reader.shape[0], (unit) => term(unit, net.weight(reader, "kernel", at * reader.shape[0] + unit)));

const fromMaxima = ({ net, reader, node, c, h, w, term, spot }) =>
  readers(reader.settings, reader.shape, h, w).map(({ i, j }) => {
    const won = winners(reader.settings, node.shape, i, j, reading(net, node, c));
    const own = won[0].h === h && won[0].w === w;
    const tie = won.some((cell) => cell.h === h && cell.w === w);
    return term(
      spot(i, j, c),
      own ? 1 : 0,
      own ? "winner" : tie ? "tie: the first one takes it" : `won by [${won[0].h}, ${won[0].w}, channel ${c}]`,
    );
  });

function fromMeans({ reader, node, c, h, w, term, spot }) {
  const inside = (i, j) => taps(reader.settings, node.shape, i, j).filter((tap) => tap.inside).length;
  return readers(reader.settings, reader.shape, h, w).map(({ i, j }) => term(spot(i, j, c), 1 / inside(i, j)));
}

function fromGlobalMaximum({ net, node, c, x, term }) {
  if (x === undefined) return [term(c, undefined)];
  const map = net.mapOf(node.index, c);
  const most = map.some(Number.isNaN) ? NaN : extent(map)[1];
  const ties = map.filter((v) => v === most).length;
  return [term(c, x === most ? 1 / ties : 0, x === most ? "winner" : "no winner")];
}

function fromActivation({ net, reader, channels, at, c, x, term }) {
  if (reader.settings.function !== "softmax") {
    return [term(at, FUNCTIONS[reader.settings.function].slope(x), gate(reader, x))];
  }
  const y = (j) => net.valueAt(reader.index, at - c + j);
  return every(channels, (j) => term(at - c + j, y(j) * ((j === c) - y(c))));
}

// Whether a ReLU lets a gradient through; "" where a part of it passes.
export function gate({ kind, settings }, x) {
  if (kind !== "ReLU" && !["relu", "relu6"].includes(settings.function)) return "";
  const slope = kind === "ReLU" ? BENT.slope(x, settings) : FUNCTIONS[settings.function].slope(x);
  return slope === 1 ? "ReLU open" : slope === 0 ? "ReLU closed" : "";
}

// An input may be stretched: then it is read several times.
function fromJoined({ net, reader, k, at, term }) {
  const from = (i, input) => stretched(reader.from[input], reader.shape, i);
  const value = (input, i) => net.valueAt(reader.inputs[input], from(i, input));
  const others = (i) => reader.inputs.reduce((all, _, input) => (input === k ? all : all * value(input, i)), 1);
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

const fromSamples = ({ reader, c, h, w, term, spot }) =>
  samplers(reader, h, w).map(({ i, j, weight }) => term(spot(i, j, c), weight));

const fromWritten = ({ net, reader, channels, c, h, w, term, spot }) =>
  written(reader, h, w).flatMap(({ i, j, tap }) =>
    every(reader.shape[2], (f) =>
      term(spot(i, j, f), net.weight(reader, "weights", (tap * reader.shape[2] + f) * channels + c)),
    ),
  );

function fromNormalized({ net, reader, node, at, term }) {
  const { members, own } = groupOf(reader, at);
  const { mean, inverse } = momentsIn(net, node.index, members, reader);
  const xhat = (i) => (net.valueAt(node.index, i) - mean) * inverse;
  return members.map((i) => {
    if (mean === undefined) return term(i, undefined);
    const scale = (reader.own.gamma?.[own[i]] ?? 1) * inverse;
    return term(i, scale * ((i === at) - 1 / members.length - (xhat(i) * xhat(at)) / members.length));
  });
}

// Mean and 1 / deviation of the numbers of a group; undefined where some are not carried.
export function momentsIn(net, source, members, { settings }) {
  const read = (i) => net.valueAt(source, i);
  return members.some((i) => read(i) === undefined) ? {} : moments(members, read, settings.epsilon);
}

function fromTurned({ reader, at, term }) {
  const { from, settings, shape } = reader;
  return [term(every(product(shape), (i) => i).find((i) => turned(from[0], settings.dims, i) === at), 1)];
}

function fromBeside({ reader, k, at, term }) {
  const [start, own] = LAYERS.Concatenate.parts(reader)[k];
  return [term(Math.floor(at / own) * last(reader.shape) + start + (at % own), 1)];
}

function fromFramed({ reader, node, at, term }) {
  const out = framed(reader, at, node.shape, reader.shape, reader.kind === "ZeroPadding2D" ? 1 : -1);
  return out < 0 ? [] : [term(out, 1)];
}

const SENDS = {
  Activation: fromActivation,
  ReLU: ({ reader, x, at, term }) => [term(at, BENT.slope(x, reader.settings), gate(reader, x))],
  AveragePooling2D: fromMeans,
  Concatenate: fromBeside,
  Conv2D: fromWindows,
  Conv2DTranspose: fromWritten,
  Cropping2D: fromFramed,
  Dense: fromUnits,
  DepthwiseConv2D: fromWindows,
  GlobalAveragePooling2D: ({ node, c, term }) => [term(c, 1 / (node.shape[0] * node.shape[1]))],
  GlobalMaxPooling2D: fromGlobalMaximum,
  GroupNormalization: fromNormalized,
  LayerNormalization: fromNormalized,
  MaxPooling2D: fromMaxima,
  Permute: fromTurned,
  Resizing: fromSamples,
  UpSampling2D: fromSamples,
  ZeroPadding2D: fromFramed,
  ...Object.fromEntries(JOINING.map((kind) => [kind, fromJoined])),
};
