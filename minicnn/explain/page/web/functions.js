// Functions of one number, with their slopes, and softmax over several.

import { format } from "./numbers.js";

export const FUNCTIONS = {
  linear: { text: "x", f: (x) => x, slope: () => 1 },
  relu: { text: "max(x, 0)", f: (x) => (x > 0 ? x : x !== x ? x : 0), slope: (x) => (x > 0 ? 1 : 0) },
  relu6: { text: "min(max(x, 0), 6)", f: (x) => Math.min(Math.max(x, 0), 6), slope: (x) => (x > 0 && x < 6 ? 1 : 0) },
  leaky_relu: { text: "x where x > 0, else 0.2 x", f: (x) => (x > 0 ? x : 0.2 * x), slope: (x) => (x > 0 ? 1 : 0.2) },
  elu: {
    text: "x where x > 0, else exp(x) - 1",
    f: (x) => (x > 0 ? x : Math.expm1(x)),
    slope: (x) => (x > 0 ? 1 : Math.exp(x)),
  },
  sigmoid: { text: "1 / (1 + exp(-x))", f: logistic, slope: (x) => logistic(x) * logistic(-x) },
  hard_sigmoid: {
    text: "min(max(x + 3, 0), 6) / 6",
    f: (x) => Math.min(Math.max(x + 3, 0), 6) / 6,
    slope: (x) => (x > -3 && x < 3 ? 1 / 6 : 0),
  },
  tanh: { text: "(exp(x) - exp(-x)) / (exp(x) + exp(-x))", f: Math.tanh, slope: (x) => 1 - Math.tanh(x) ** 2 },
  softplus: { text: "log(1 + exp(x))", f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), slope: logistic },
  silu: { text: "x / (1 + exp(-x))", f: (x) => x * logistic(x), slope: (x) => logistic(x) * (1 + x * logistic(-x)) },
  hard_silu: {
    text: "x * min(max(x + 3, 0), 6) / 6",
    f: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
    slope: (x) => (x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6),
  },
  gelu: {
    text: "x * (1 + erf(x / sqrt(2))) / 2",
    f: (x) => x * below(x),
    slope: (x) => below(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  },
};

// A ReLU of any settings: min(x, max_value) where x > threshold, else negative_slope (x - threshold). At the kinks the
// slope is the engine's, as minicnn/explain/terms/bends.py has it.
export const BENT = {
  text({ max_value: top, negative_slope: slope, threshold }) {
    const shifted = threshold ? `(x - ${format(threshold)})` : "x";
    return (
      `${top === null ? "x" : `min(x, ${format(top)})`} where x > ${format(threshold)}, ` +
      `else ${slope ? `${format(slope)} ${shifted}` : "0"}`
    );
  },
  f(x, { max_value: top, negative_slope: slope, threshold }) {
    return x <= threshold ? slope * (x - threshold) : Math.min(x, top ?? Infinity);
  },
  slope(x, { max_value: top, negative_slope: slope, threshold }) {
    const mixed = threshold || (slope && top !== null);
    if (x <= threshold) return mixed && x === threshold ? 0 : slope;
    return top === null || x < top || (x === top && mixed && (top !== 6 || threshold)) ? 1 : 0;
  },
};

export function logistic(x) {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

// The share of a normal distribution below x: a series near 0, a continued fraction far out.
function below(x) {
  const z = Math.abs(x);
  if (z < 3) {
    let term = z;
    let total = z;
    for (let n = 1; n < 60; n++) total += term *= (z * z) / (2 * n + 1);
    const half = (total * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
    return x > 0 ? 0.5 + half : 0.5 - half;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / (z + fraction);
  const tail = Math.exp((-z * z) / 2) / (Math.sqrt(2 * Math.PI) * (z + fraction));
  return x > 0 ? 1 - tail : tail;
}

export function softmax(x) {
  let most = -Infinity;
  let total = 0;
  for (const value of x) most = Math.max(most, value);
  const terms = Float64Array.from(x, (value) => Math.exp(value - most));
  for (const term of terms) total += term;
  return { terms, total, most, y: Float32Array.from(terms, (term) => term / total) };
}
