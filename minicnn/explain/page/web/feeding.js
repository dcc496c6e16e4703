// Which maps a map is made of.

import { JOINING } from "./joining.js";
import { LAYERS } from "./layers.js";
import { largest } from "./numbers.js";

// How strongly map `from` of the node `source` weighs in map `c` of a node that reads it, 0 to 1; null stands for all.
export function feeds(net, node, source, c, from) {
  if (node.shape.length === 1 || c === null || from === null) return 0.4;
  const shares = node.inputs.map((input, k) => (input === source ? share(net, node, k, c, from) : 0));
  return Math.max(...shares);
}

function share(net, node, k, c, from) {
  const { kind, settings, shape } = node;
  const count = node.from[k][2];
  if (kind === "Conv2D") {
    const inside = count / settings.groups;
    if (Math.floor(from / inside) !== Math.floor(c / (shape[2] / settings.groups))) return 0;
    const weights = Array.from({ length: settings.size[0] * settings.size[1] }, (_, tap) =>
      net.weight(node, "kernel", (tap * inside + (from % inside)) * shape[2] + c),
    );
    return 0.1 + 0.9 * Math.min(1, largest(weights) / (largest(net.kernelOf(node)) || 1));
  }
  if (kind === "Concatenate") return c - LAYERS.Concatenate.parts(node)[k][0] === from ? 0.6 : 0;
  if (kind === "Reshape") {
    const own = node.from[k].length === 1 ? from % shape[2] === c : (c - from) % gcd(count, shape[2]) === 0;
    return own ? 0.6 : 0;
  }
  if (allOf(node, k)) return 0.4;
  if (kind === "DepthwiseConv2D") return Math.floor(c / (shape[2] / count)) === from ? 0.6 : 0;
  const wide = kind === "GroupNormalization" ? count / settings.groups : 1; // of a group, channels
  const group = (channel) => Math.floor(channel / wide);
  return group(c) === group(from) ? 0.6 : 0;
}

// The same numbers in a row have other channels: of i, i modulo how many there are.
const gcd = (a, b) => (b ? gcd(b, a % b) : a);

// Whether every map reads all maps of input k.
function allOf({ kind, settings, from, shape }, k) {
  if (kind === "Activation") return settings.function === "softmax";
  if (kind === "LayerNormalization") return settings.axes.includes(2);
  if (kind === "Permute") return settings.dims[2] !== 3;
  return kind === "Conv2DTranspose" || (JOINING.includes(kind) && from[k][2] < shape[2]);
}
