// The operations of a net, forward and backward, on one example: flat arrays, rows of pixels, channels last.
//
//   forward(node, xs) -> y                 node: {shape, settings, inputs' shapes in `from`, its arrays in `own`}
//   backward(node, xs, y, dy) -> { dxs: [...], grads: {name: array} }
//
// The formulas are those of minicnn/reference; sums are taken in double precision and stored in single.

const zeros = (node) => new Float32Array(node.shape.reduce((a, b) => a * b, 1));
const like = (x) => new Float32Array(x.length);

export const FUNCTIONS = {
  linear: { text: "x", f: (x) => x, slope: () => 1 },
  relu: { text: "max(x, 0)", f: (x) => (x > 0 ? x : x !== x ? x : 0), slope: (x) => (x > 0 ? 1 : 0) },
  relu6: { text: "min(max(x, 0), 6)", f: (x) => Math.min(Math.max(x, 0), 6), slope: (x) => (x > 0 && x < 6 ? 1 : 0) },
  leaky_relu: { text: "x where x > 0, else 0.2 x", f: (x) => (x > 0 ? x : 0.2 * x), slope: (x) => (x > 0 ? 1 : 0.2) },
  elu: { text: "x where x > 0, else exp(x) - 1", f: (x) => (x > 0 ? x : Math.expm1(x)), slope: (x) => (x > 0 ? 1 : Math.exp(x)) },
  sigmoid: { text: "1 / (1 + exp(-x))", f: logistic, slope: (x) => logistic(x) * logistic(-x) },
  hard_sigmoid: { text: "min(max(x + 3, 0), 6) / 6", f: (x) => Math.min(Math.max(x + 3, 0), 6) / 6, slope: (x) => (x > -3 && x < 3 ? 1 / 6 : 0) },
  tanh: { text: "tanh(x)", f: Math.tanh, slope: (x) => 1 - Math.tanh(x) ** 2 },
  softplus: { text: "log(1 + exp(x))", f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), slope: logistic },
  silu: { text: "x / (1 + exp(-x))", f: (x) => x * logistic(x), slope: (x) => logistic(x) * (1 + x * logistic(-x)) },
  gelu: { text: "x (1 + erf(x / sqrt 2)) / 2", f: (x) => x * below(x), slope: (x) => below(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) },
};

export function logistic(x) {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

// The share of a normal distribution below x: a series near 0, a continued fraction far out.
function below(x) {
  const z = Math.abs(x);
  if (z < 3) {
    let term = z, total = z;
    for (let n = 1; n < 60; n++) total += (term *= z * z / (2 * n + 1));
    const half = total * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    return x > 0 ? 0.5 + half : 0.5 - half;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / (z + fraction);
  const tail = Math.exp(-z * z / 2) / (Math.sqrt(2 * Math.PI) * (z + fraction));
  return x > 0 ? 1 - tail : tail;
}

export function softmax(x) {
  let most = -Infinity, total = 0;
  for (const value of x) most = Math.max(most, value);
  const terms = Float64Array.from(x, (value) => Math.exp(value - most));
  for (const term of terms) total += term;
  return { terms, total, most, y: Float32Array.from(terms, (term) => term / total) };
}

const same = {
  forward: (node, [x]) => x,
  backward: (node, xs, y, dy) => ({ dxs: [dy] }),
};

// ---- windows --------------------------------------------------------------------------------------------------------

// Call visit(output pixel, input pixel, tap) for every tap of every window that lies on the picture.
function slide(node, visit) {
  const { size, strides, pads, dilation } = node.settings, [height, width] = node.from[0], [rows, columns] = node.shape;
  for (let i = 0; i < rows; i++) {
    for (let a = 0; a < size[0]; a++) {
      const h = i * strides[0] + a * dilation[0] - pads[0][0];
      if (h < 0 || h >= height) continue;
      for (let j = 0; j < columns; j++) {
        for (let b = 0; b < size[1]; b++) {
          const w = j * strides[1] + b * dilation[1] - pads[1][0];
          if (w >= 0 && w < width) visit(i * columns + j, h * width + w, a * size[1] + b);
        }
      }
    }
  }
}

function addBias(node, y) {
  const { bias } = node.own, count = node.shape[node.shape.length - 1];
  if (bias) for (let i = 0; i < y.length; i++) y[i] += bias[i % count];
  return Float32Array.from(y);
}

function biasGradient(node, dy) {
  const total = new Float64Array(node.own.bias.length);
  for (let i = 0; i < dy.length; i++) total[i % total.length] += dy[i];
  return Float32Array.from(total);
}

const conv2d = {
  forward(node, [x]) {
    const { kernel } = node.own, filters = node.shape[2], channels = node.from[0][2];
    const { groups } = node.settings, inside = channels / groups, share = filters / groups;
    const y = new Float64Array(node.shape[0] * node.shape[1] * filters);
    slide(node, (out, into, tap) => {
      for (let c = 0; c < channels; c++) {
        const value = x[into * channels + c];
        if (value === 0) continue;
        const group = Math.floor(c / inside);
        const start = out * filters + group * share, row = (tap * inside + c % inside) * filters + group * share;
        for (let f = 0; f < share; f++) y[start + f] += value * kernel[row + f];
      }
    });
    return addBias(node, y);
  },
  backward(node, [x], y, dy) {
    const { kernel, bias } = node.own, filters = node.shape[2], channels = node.from[0][2];
    const { groups } = node.settings, inside = channels / groups, share = filters / groups;
    const dx = new Float64Array(x.length), dkernel = new Float64Array(kernel.length);
    slide(node, (out, into, tap) => {
      for (let c = 0; c < channels; c++) {
        const value = x[into * channels + c], group = Math.floor(c / inside);
        const start = out * filters + group * share, row = (tap * inside + c % inside) * filters + group * share;
        let total = 0;
        for (let f = 0; f < share; f++) {
          const gradient = dy[start + f];
          total += gradient * kernel[row + f];
          dkernel[row + f] += gradient * value;
        }
        dx[into * channels + c] += total;
      }
    });
    const grads = { kernel: Float32Array.from(dkernel) };
    if (bias) grads.bias = biasGradient(node, dy);
    return { dxs: [Float32Array.from(dx)], grads };
  },
};

const depthwise = {
  forward(node, [x]) {
    const { kernel } = node.own, channels = node.from[0][2], many = node.shape[2] / channels;
    const y = new Float64Array(node.shape[0] * node.shape[1] * node.shape[2]);
    slide(node, (out, into, tap) => {
      for (let k = 0; k < channels * many; k++) {
        y[out * channels * many + k] += x[into * channels + Math.floor(k / many)] * kernel[tap * channels * many + k];
      }
    });
    return addBias(node, y);
  },
  backward(node, [x], y, dy) {
    const { kernel, bias } = node.own, channels = node.from[0][2], count = node.shape[2], many = count / channels;
    const dx = new Float64Array(x.length), dkernel = new Float64Array(kernel.length);
    slide(node, (out, into, tap) => {
      for (let k = 0; k < count; k++) {
        const at = into * channels + Math.floor(k / many), gradient = dy[out * count + k];
        dx[at] += gradient * kernel[tap * count + k];
        dkernel[tap * count + k] += gradient * x[at];
      }
    });
    const grads = { kernel: Float32Array.from(dkernel) };
    if (bias) grads.bias = biasGradient(node, dy);
    return { dxs: [Float32Array.from(dx)], grads };
  },
};

const maxPooling = {
  forward(node, [x]) {
    return maxPooling.run(node, x).y;
  },
  run(node, x) {
    const channels = node.shape[2], y = zeros(node).fill(-Infinity), from = new Int32Array(y.length);
    slide(node, (out, into) => {
      for (let c = 0; c < channels; c++) {
        const value = x[into * channels + c], at = out * channels + c;
        if (value > y[at] || (value !== value && y[at] === y[at])) { y[at] = value; from[at] = into * channels + c; }
      }
    });
    return { y, from };
  },
  backward(node, [x], y, dy) {
    const dx = like(x), { from } = maxPooling.run(node, x);
    for (let i = 0; i < dy.length; i++) dx[from[i]] += dy[i];
    return { dxs: [dx] };
  },
};

const averagePooling = {
  counts(node) {
    const counts = new Float64Array(node.shape[0] * node.shape[1]);
    slide(node, (out) => { counts[out] += 1; });
    return counts;
  },
  forward(node, [x]) {
    const channels = node.shape[2], counts = averagePooling.counts(node), y = new Float64Array(counts.length * channels);
    slide(node, (out, into) => {
      for (let c = 0; c < channels; c++) y[out * channels + c] += x[into * channels + c] / counts[out];
    });
    return Float32Array.from(y);
  },
  backward(node, [x], y, dy) {
    const channels = node.shape[2], counts = averagePooling.counts(node), dx = like(x);
    slide(node, (out, into) => {
      for (let c = 0; c < channels; c++) dx[into * channels + c] += dy[out * channels + c] / counts[out];
    });
    return { dxs: [dx] };
  },
};

const globalAverage = {
  forward(node, [x]) {
    const channels = node.from[0][2], y = new Float64Array(channels), pixels = x.length / channels;
    for (let i = 0; i < x.length; i++) y[i % channels] += x[i];
    return Float32Array.from(y, (total) => total / pixels);
  },
  backward: (node, [x], y, dy) => ({ dxs: [x.map((_, i) => dy[i % dy.length] / (x.length / dy.length))] }),
};

const globalMax = {
  forward(node, [x]) {
    const y = zeros(node).fill(-Infinity);
    for (let i = 0; i < x.length; i++) y[i % y.length] = Math.max(y[i % y.length], x[i]);
    return y;
  },
  backward(node, [x], y, dy) {
    const ties = new Float64Array(y.length);
    for (let i = 0; i < x.length; i++) if (x[i] === y[i % y.length]) ties[i % y.length] += 1;
    return { dxs: [x.map((v, i) => (v === y[i % y.length] ? dy[i % y.length] / ties[i % y.length] : 0))] };
  },
};

// ---- number by number ------------------------------------------------------------------------------------------------

const activation = {
  forward(node, [x]) {
    if (node.settings.function !== "softmax") return x.map(FUNCTIONS[node.settings.function].f);
    return rows(node, x, (row) => softmax(row).y);
  },
  backward(node, [x], y, dy) {
    if (node.settings.function !== "softmax") {
      const { slope } = FUNCTIONS[node.settings.function];
      return { dxs: [dy.map((gradient, i) => (gradient === 0 ? 0 : gradient * slope(x[i])))] };
    }
    const count = node.shape[node.shape.length - 1], dx = like(x);
    for (let start = 0; start < x.length; start += count) {
      let mean = 0;
      for (let k = start; k < start + count; k++) mean += dy[k] * y[k];
      for (let k = start; k < start + count; k++) dx[k] = y[k] * (dy[k] - mean);
    }
    return { dxs: [dx] };
  },
};

function rows(node, x, f) {
  const count = node.shape[node.shape.length - 1], y = like(x);
  for (let start = 0; start < x.length; start += count) y.set(f(x.subarray(start, start + count)), start);
  return y;
}

const scalar = (f, slope) => ({
  forward: (node, [x]) => x.map((value) => f(value, node.settings)),
  backward: (node, [x], y, dy) => ({ dxs: [dy.map((gradient, i) => gradient * slope(x[i], node.settings))] }),
});

// y = x * factor + shift for every channel.
export function normalFactor(node, c) {
  const { gamma, beta, moving_mean: mean, moving_variance: variance } = node.own;
  const factor = (gamma ? gamma[c] : 1) / Math.sqrt(variance[c] + node.settings.epsilon);
  return { factor, shift: (beta ? beta[c] : 0) - mean[c] * factor };
}

const batchNormalization = {
  forward(node, [x]) {
    const count = node.shape[node.shape.length - 1];
    const each = Array.from({ length: count }, (_, c) => normalFactor(node, c));
    return x.map((value, i) => value * each[i % count].factor + each[i % count].shift);
  },
  backward(node, [x], y, dy) {
    const count = node.shape[node.shape.length - 1], grads = {};
    const each = Array.from({ length: count }, (_, c) => normalFactor(node, c));
    for (const name of ["gamma", "beta"]) {
      if (!node.own[name]) continue;
      grads[name] = new Float32Array(count);
      for (let i = 0; i < x.length; i++) {
        const c = i % count, deviation = Math.sqrt(node.own.moving_variance[c] + node.settings.epsilon);
        grads[name][c] += dy[i] * (name === "beta" ? 1 : (x[i] - node.own.moving_mean[c]) / deviation);
      }
    }
    return { dxs: [dy.map((gradient, i) => gradient * each[i % count].factor)], grads };
  },
};

const normalization = {
  forward: (node, [x]) => x.map((value, i) => value * node.own.factor[i] + node.own.shift[i]),
  backward: (node, xs, y, dy) => ({ dxs: [dy.map((gradient, i) => gradient * node.own.factor[i])] }),
};

// ---- rows of numbers, and shapes ------------------------------------------------------------------------------------

const dense = {
  forward(node, [x]) {
    const { kernel } = node.own, units = node.shape[0], y = new Float64Array(units);
    for (let d = 0; d < x.length; d++) {
      if (x[d] !== 0) for (let k = 0; k < units; k++) y[k] += x[d] * kernel[d * units + k];
    }
    return addBias(node, y);
  },
  backward(node, [x], y, dy) {
    const { kernel, bias } = node.own, units = node.shape[0], dx = like(x), dkernel = like(kernel);
    for (let d = 0; d < x.length; d++) {
      let total = 0;
      for (let k = 0; k < units; k++) {
        total += dy[k] * kernel[d * units + k];
        dkernel[d * units + k] = dy[k] * x[d];
      }
      dx[d] = total;
    }
    return { dxs: [dx], grads: bias ? { kernel: dkernel, bias: dy.slice() } : { kernel: dkernel } };
  },
};

// Where a number of a padded or cropped picture lies in the other one, or -1.
function framed(node, index, from, to, sign) {
  const [[top], [left]] = node.settings.padding ?? node.settings.cropping;
  const pixel = Math.floor(index / from[2]);
  const h = Math.floor(pixel / from[1]) + sign * top, w = pixel % from[1] + sign * left;
  return h < 0 || w < 0 || h >= to[0] || w >= to[1] ? -1 : (h * to[1] + w) * to[2] + index % from[2];
}

const frame = (sign) => ({
  forward: (node, [x]) => zeros(node).map((_, i) => x[framed(node, i, node.shape, node.from[0], sign)] ?? 0),
  backward: (node, [x], y, dy) => ({ dxs: [x.map((_, i) => dy[framed(node, i, node.from[0], node.shape, -sign)] ?? 0)] }),
});

const add = {
  forward: (node, xs) => xs[0].map((_, i) => xs.reduce((total, x) => total + x[i], 0)),
  backward: (node, xs, y, dy) => ({ dxs: xs.map(() => dy) }),
};

// Which entry of an input of `shape` goes into entry i of an output of `full`: a size of 1 is stretched.
function stretched(shape, full, i) {
  let at = 0, rest = i, step = 1;
  for (let axis = full.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1) at += (rest % full[axis]) * step;
    step *= shape[axis];
    rest = Math.floor(rest / full[axis]);
  }
  return at;
}

const multiply = {
  forward: (node, xs) => zeros(node).map((_, i) =>
    xs.reduce((total, x, k) => total * x[stretched(node.from[k], node.shape, i)], 1)),
  backward(node, xs, y, dy) {
    return { dxs: xs.map((own, k) => {
      const dx = like(own);
      for (let i = 0; i < dy.length; i++) {
        dx[stretched(node.from[k], node.shape, i)] += dy[i] * xs.reduce((total, x, other) =>
          (other === k ? total : total * x[stretched(node.from[other], node.shape, i)]), 1);
      }
      return dx;
    }) };
  },
};

const concatenate = {
  forward(node, xs) {
    const y = zeros(node), count = node.shape[node.shape.length - 1];
    concatenate.parts(node).forEach(([start, own], k) =>
      xs[k].forEach((value, i) => { y[Math.floor(i / own) * count + start + i % own] = value; }));
    return y;
  },
  backward(node, xs, y, dy) {
    const count = node.shape[node.shape.length - 1];
    return { dxs: concatenate.parts(node).map(([start, own], k) =>
      xs[k].map((_, i) => dy[Math.floor(i / own) * count + start + i % own])) };
  },
  parts(node) {
    let start = 0;
    return node.from.map((shape) => {
      const own = shape[shape.length - 1];
      return [(start += own) - own, own];
    });
  },
};

export const LAYERS = {
  Input: same, Identity: same, Dropout: same, Flatten: same, Reshape: same,
  Conv2D: conv2d, DepthwiseConv2D: depthwise, MaxPooling2D: maxPooling, AveragePooling2D: averagePooling,
  GlobalAveragePooling2D: globalAverage, GlobalMaxPooling2D: globalMax, Activation: activation, Dense: dense,
  Rescaling: scalar((x, { scale, offset }) => x * scale + offset, (x, { scale }) => scale),
  LeakyReLU: scalar((x, s) => (x > 0 ? x : x * s.negative_slope), (x, s) => (x > 0 ? 1 : s.negative_slope)),
  ELU: scalar((x, s) => (x > 0 ? x : s.alpha * Math.expm1(x)), (x, s) => (x > 0 ? 1 : s.alpha * Math.exp(x))),
  BatchNormalization: batchNormalization, Normalization: normalization, Add: add, Multiply: multiply,
  Concatenate: concatenate, ZeroPadding2D: frame(-1), Cropping2D: frame(1),
};
