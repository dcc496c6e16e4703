// Layers of several inputs, elementwise; a size of 1 is stretched. What a layer is: layers.js.

import { like, zeros } from "./numbers.js";

export const JOINING = ["Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"]; // elementwise

// Which entry of an input of `shape` goes into entry i of an output of `full`: a size of 1 is stretched.
export function stretched(shape, full, i) {
  let at = 0;
  let rest = i;
  let step = 1;
  for (let axis = full.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1) at += (rest % full[axis]) * step;
    step *= shape[axis];
    rest = Math.floor(rest / full[axis]);
  }
  return at;
}

const spot = (node, k, i) => stretched(node.from[k], node.shape, i);

// Hand dy on to every input: times share(k, i), which says how much of output i comes from input k.
const shared = (node, xs, dy, share) => ({
  dxs: xs.map((own, k) => {
    const dx = like(own);
    for (let i = 0; i < dy.length; i++) dx[spot(node, k, i)] += dy[i] * share(k, i);
    return dx;
  }),
});

// A sum of the inputs, each times a factor of its own: Add, Subtract, Average.
export const weighed = {
  forward: (node, xs) =>
    zeros(node.shape).map((_, i) =>
      xs.reduce((total, x, k) => total + x[spot(node, k, i)] * node.settings.factors[k], 0),
    ),
  backward: (node, xs, y, dy) => shared(node, xs, dy, (k) => node.settings.factors[k]),
};

export const multiply = {
  forward: (node, xs) =>
    zeros(node.shape).map((_, i) => xs.reduce((total, x, k) => total * x[spot(node, k, i)], 1)),
  backward: (node, xs, y, dy) =>
    shared(node, xs, dy, (k, i) =>
      xs.reduce((total, x, other) => (other === k ? total : total * x[spot(node, other, i)]), 1),
    ),
};

// Which input of a Maximum or Minimum output i takes: of equal ones the first, and the first NaN before all others.
// value(k, i) reads input k.
export function taken(node, value, i) {
  const sign = node.kind === "Maximum" ? 1 : -1;
  let best = 0;
  for (let k = 1; k < node.inputs.length && !Number.isNaN(value(best, i)); k++) {
    if (Number.isNaN(value(k, i)) || sign * value(k, i) > sign * value(best, i)) best = k;
  }
  return best;
}

export const extreme = {
  forward(node, xs) {
    const value = (k, i) => xs[k][spot(node, k, i)];
    return zeros(node.shape).map((_, i) => value(taken(node, value, i), i));
  },
  backward(node, xs, y, dy) {
    const value = (k, i) => xs[k][spot(node, k, i)];
    return shared(node, xs, dy, (k, i) => (taken(node, value, i) === k ? 1 : 0));
  },
};
