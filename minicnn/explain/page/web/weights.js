// What each stop of a window, each example of a mean, each use of a weight adds to its gradient: a term each.

// A weight is given as {net, node, name, at, count, stops, source, term}: number `at` of array `name` of a node with
// `count` channels and so many stops; `source` is the node that it reads, term(out, factor, note) makes the term of an
// output.

import { stretched } from "./joining.js";
import { groupOf } from "./normalizing.js";
import { product } from "./numbers.js";
import { written } from "./resampling.js";
import { every, last, momentsIn } from "./sending.js";
import { taps } from "./windows.js";

// Terms of one weight in one call of its layer; `make(node, out, factor, note)` makes one.
export function learned(net, node, name, at, make) {
  const count = last(node.shape);
  const stops = product(node.shape) / count;
  const term = (out, factor, note = "") => make(node, out, factor, note);
  const own = LEARNS[node.kind];
  const shifts = (name === "bias" || name === "beta") && own !== ofNormalized;
  if (shifts) return every(stops, (n) => term(n * count + at, 1));
  return own({ net, node, name, at, count, stops, source: node.inputs[0], term });
}

function ofNormalized({ net, node, name, at, source, term }) {
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

const ofSlope = ({ net, node, at, source, term }) =>
  every(product(node.shape), (i) => i)
    .filter((i) => stretched(node.settings.slopes, node.shape, i) === at)
    .map((i) => term(i, Math.min(net.valueAt(source, i), 0)));

const ofUnit = ({ net, at, count, source, term }) => [term(at % count, net.valueAt(source, Math.floor(at / count)))];

function ofBatch({ net, node, at, count, stops, source, term }) {
  const deviation = Math.sqrt(node.own.moving_variance[at] + node.settings.epsilon);
  return every(stops, (n) =>
    term(n * count + at, (net.valueAt(source, n * count + at) - node.own.moving_mean[at]) / deviation),
  );
}

function ofWritten({ net, node, at, count, source, term }) {
  const [rows, columns, channels] = node.from[0];
  const c = at % channels;
  const filter = Math.floor(at / channels) % count;
  const wanted = Math.floor(at / channels / count);
  return every(rows * columns, (pixel) =>
    written(node, Math.floor(pixel / columns), pixel % columns)
      .filter(({ tap }) => tap === wanted)
      .map(({ i, j }) => term((i * node.shape[1] + j) * count + filter, net.valueAt(source, pixel * channels + c))),
  ).flat();
}

function ofWindows({ net, node, at, count, stops, source, term }) {
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

const LEARNS = {
  BatchNormalization: ofBatch,
  Conv2D: ofWindows,
  Conv2DTranspose: ofWritten,
  Dense: ofUnit,
  DepthwiseConv2D: ofWindows,
  GroupNormalization: ofNormalized,
  LayerNormalization: ofNormalized,
  PReLU: ofSlope,
};
