// The operations of a net, forward and backward, on one example: flat arrays, rows of pixels, channels last.
//
//   forward(node, xs) -> y                 node: {shape, settings, inputs' shapes in `from`, its arrays in `own`}
//   backward(node, xs, y, dy) -> { dxs: [...], grads: {name: array} }
//   slope(x, settings)                     of layers that work elementwise
//
// The formulas are those of minicnn/reference; sums are taken in double precision and stored in single.

import { BENT, FUNCTIONS, softmax } from "./functions.js";
import { extreme, multiply, stretched, weighed } from "./joining.js";
import { normalized } from "./normalizing.js";
import { like, zeros } from "./numbers.js";
import { resampled, transposed } from "./resampling.js";
import { addBias, averagePooling, conv2d, depthwise, maxPooling } from "./sliding.js";

const same = {
  forward: (node, [x]) => x,
  backward: (node, xs, y, dy) => ({ dxs: [dy] }),
};

const globalAverage = {
  forward(node, [x]) {
    const channels = node.from[0][2];
    const y = new Float64Array(channels);
    const pixels = x.length / channels;
    for (let i = 0; i < x.length; i++) y[i % channels] += x[i];
    return Float32Array.from(y, (total) => total / pixels);
  },
  backward: (node, [x], y, dy) => ({ dxs: [x.map((_, i) => dy[i % dy.length] / (x.length / dy.length))] }),
};

const globalMax = {
  forward(node, [x]) {
    const y = zeros(node.shape).fill(-Infinity);
    for (let i = 0; i < x.length; i++) y[i % y.length] = Math.max(y[i % y.length], x[i]);
    return y;
  },
  backward(node, [x], y, dy) {
    const ties = new Float64Array(y.length);
    for (let i = 0; i < x.length; i++) if (x[i] === y[i % y.length]) ties[i % y.length] += 1;
    return { dxs: [x.map((v, i) => (v === y[i % y.length] ? dy[i % y.length] / ties[i % y.length] : 0))] };
  },
};

// ---- elementwise ----------------------------------------------------------------------------------------------------

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
    const count = node.shape[node.shape.length - 1];
    const dx = like(x);
    for (let start = 0; start < x.length; start += count) {
      let mean = 0;
      for (let k = start; k < start + count; k++) mean += dy[k] * y[k];
      for (let k = start; k < start + count; k++) dx[k] = y[k] * (dy[k] - mean);
    }
    return { dxs: [dx] };
  },
};

function rows(node, x, f) {
  const count = node.shape[node.shape.length - 1];
  const y = like(x);
  for (let start = 0; start < x.length; start += count) y.set(f(x.subarray(start, start + count)), start);
  return y;
}

const scalar = (f, slope) => ({
  slope,
  forward: (node, [x]) => x.map((value) => f(value, node.settings)),
  backward: (node, [x], y, dy) => ({ dxs: [dy.map((gradient, i) => gradient * slope(x[i], node.settings))] }),
});

const rescaling = {
  forward: ({ settings: { scale, offset } }, [x]) =>
    x.map((value, i) => value * scale[i % scale.length] + offset[i % scale.length]),
  backward: ({ settings: { scale } }, xs, y, dy) => ({
    dxs: [dy.map((gradient, i) => gradient * scale[i % scale.length])],
  }),
};

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
    const count = node.shape[node.shape.length - 1];
    const grads = {};
    const each = Array.from({ length: count }, (_, c) => normalFactor(node, c));
    for (const name of ["gamma", "beta"]) {
      if (!node.own[name]) continue;
      grads[name] = new Float32Array(count);
      for (let i = 0; i < x.length; i++) {
        const c = i % count;
        const deviation = Math.sqrt(node.own.moving_variance[c] + node.settings.epsilon);
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
    const { kernel } = node.own;
    const units = node.shape[0];
    const y = new Float64Array(units);
    for (let d = 0; d < x.length; d++) {
      if (x[d] !== 0) for (let k = 0; k < units; k++) y[k] += x[d] * kernel[d * units + k];
    }
    return addBias(node, y);
  },
  backward(node, [x], y, dy) {
    const { kernel, bias } = node.own;
    const units = node.shape[0];
    const dx = like(x);
    const dkernel = like(kernel);
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
export function framed(node, index, from, to, sign) {
  const [[top], [left]] = node.settings.padding ?? node.settings.cropping;
  const pixel = Math.floor(index / from[2]);
  const h = Math.floor(pixel / from[1]) + sign * top;
  const w = (pixel % from[1]) + sign * left;
  return h < 0 || w < 0 || h >= to[0] || w >= to[1] ? -1 : (h * to[1] + w) * to[2] + (index % from[2]);
}

const frame = (sign) => ({
  forward: (node, [x]) => zeros(node.shape).map((_, i) => x[framed(node, i, node.shape, node.from[0], sign)] ?? 0),
  backward: (node, [x], y, dy) => ({
    dxs: [x.map((_, i) => dy[framed(node, i, node.from[0], node.shape, -sign)] ?? 0)],
  }),
});

// x with its axes in another order: dims says which, counted from 1, becomes the first, the second, ...
export function turned(from, dims, i) {
  const place = new Array(from.length);
  let rest = i;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const size = from[dims[axis] - 1];
    place[dims[axis] - 1] = rest % size;
    rest = Math.floor(rest / size);
  }
  return place.reduce((at, index, axis) => at * from[axis] + index, 0);
}

const permute = {
  forward: ({ from, settings }, [x]) => x.map((_, i) => x[turned(from[0], settings.dims, i)]),
  backward({ from, settings }, [x], y, dy) {
    const dx = like(x);
    for (let i = 0; i < dy.length; i++) dx[turned(from[0], settings.dims, i)] = dy[i];
    return { dxs: [dx] };
  },
};

// The slope of a number that is not positive: alpha may be shared along axes.
export const slopeAt = (node, i) => node.own.alpha[stretched(node.settings.slopes, node.shape, i)];

const prelu = {
  forward: (node, [x]) => x.map((value, i) => (value > 0 ? value : value * slopeAt(node, i))),
  backward(node, [x], y, dy) {
    const dx = like(x);
    const alpha = like(node.own.alpha);
    for (let i = 0; i < x.length; i++) {
      dx[i] = x[i] > 0 ? dy[i] : x[i] < 0 ? dy[i] * slopeAt(node, i) : 0;
      if (x[i] < 0) alpha[stretched(node.settings.slopes, node.shape, i)] += dy[i] * x[i];
    }
    return { dxs: [dx], grads: { alpha } };
  },
};

const concatenate = {
  forward(node, xs) {
    const y = zeros(node.shape);
    const count = node.shape[node.shape.length - 1];
    concatenate.parts(node).forEach(([start, own], k) =>
      xs[k].forEach((value, i) => {
        y[Math.floor(i / own) * count + start + (i % own)] = value;
      }),
    );
    return y;
  },
  backward(node, xs, y, dy) {
    const count = node.shape[node.shape.length - 1];
    return {
      dxs: concatenate
        .parts(node)
        .map(([start, own], k) => xs[k].map((_, i) => dy[Math.floor(i / own) * count + start + (i % own)])),
    };
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
  Input: same,
  Identity: same,
  Dropout: same,
  Flatten: same,
  Reshape: same,
  Conv2D: conv2d,
  DepthwiseConv2D: depthwise,
  MaxPooling2D: maxPooling,
  AveragePooling2D: averagePooling,
  GlobalAveragePooling2D: globalAverage,
  GlobalMaxPooling2D: globalMax,
  Activation: activation,
  Dense: dense,
  LeakyReLU: scalar(
    (x, s) => (x > 0 ? x : x * s.negative_slope),
    (x, s) => (x > 0 ? 1 : s.negative_slope),
  ),
  ELU: scalar(
    (x, s) => (x > 0 ? x : s.alpha * Math.expm1(x)),
    (x, s) => (x > 0 ? 1 : s.alpha * Math.exp(x)),
  ),
  ReLU: scalar(BENT.f, BENT.slope),
  Rescaling: rescaling,
  BatchNormalization: batchNormalization,
  Normalization: normalization,
  Add: weighed,
  Subtract: weighed,
  Average: weighed,
  Multiply: multiply,
  Maximum: extreme,
  Minimum: extreme,
  Concatenate: concatenate,
  Permute: permute,
  PReLU: prelu,
  UpSampling2D: resampled,
  Resizing: resampled,
  Conv2DTranspose: transposed,
  LayerNormalization: normalized,
  GroupNormalization: normalized,
  ZeroPadding2D: frame(-1),
  Cropping2D: frame(1),
};
