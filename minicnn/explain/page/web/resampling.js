// Layers that bring maps onto another grid: weighted sums of pixels, and the transposed convolution.

import { like, zeros } from "./numbers.js";
import { addBias } from "./sliding.js";

// ---- UpSampling2D, Resizing: settings.rows[i] and settings.columns[j] list [old pixel, weight] ----------------------

// Call visit(output pixel, input pixel, weight) for whatever weighs something.
function resample(node, visit) {
  const { rows, columns } = node.settings;
  const [, width] = node.from[0];
  rows.forEach((row, i) =>
    columns.forEach((column, j) => {
      for (const [h, down] of row) {
        for (const [w, across] of column) visit(i * columns.length + j, h * width + w, down * across);
      }
    }),
  );
}

export const resampled = {
  forward(node, [x]) {
    const channels = node.shape[2];
    const y = new Float64Array(zeros(node.shape).length);
    resample(node, (out, into, weight) => {
      for (let c = 0; c < channels; c++) y[out * channels + c] += weight * x[into * channels + c];
    });
    return Float32Array.from(y);
  },
  backward(node, [x], y, dy) {
    const channels = node.shape[2];
    const dx = like(x);
    resample(node, (out, into, weight) => {
      for (let c = 0; c < channels; c++) dx[into * channels + c] += weight * dy[out * channels + c];
    });
    return { dxs: [dx] };
  },
};

// Which outputs read pixel (h, w), and with what weight.
export function samplers({ settings: { rows, columns } }, h, w) {
  const along = (taps, at) =>
    taps.flatMap((own, i) => own.filter(([place]) => place === at).map(([, weight]) => [i, weight]));
  return along(rows, h).flatMap(([i, down]) =>
    along(columns, w).map(([j, across]) => ({ i, j, weight: down * across })),
  );
}

// ---- Conv2DTranspose: weights[a, b, filter, channel], the layer's kernel --------------------------------------------

// Which outputs a pixel is written into, and with which tap.
export function written({ settings, shape }, h, w) {
  const { taps, strides, pads, dilation } = settings;
  const found = [];
  for (let a = 0; a < taps[0]; a++) {
    const i = h * strides[0] + a * dilation[0] - pads[0][0];
    if (i < 0 || i >= shape[0]) continue;
    for (let b = 0; b < taps[1]; b++) {
      const j = w * strides[1] + b * dilation[1] - pads[1][0];
      if (j >= 0 && j < shape[1]) found.push({ i, j, tap: a * taps[1] + b });
    }
  }
  return found;
}

// Call visit(output entry, input entry, kernel entry) for every product.
function write(node, visit) {
  const [height, width, channels] = node.from[0];
  const filters = node.shape[2];
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (const { i, j, tap } of written(node, Math.floor(pixel / width), pixel % width)) {
      for (let f = 0; f < filters; f++) {
        const out = (i * node.shape[1] + j) * filters + f;
        for (let c = 0; c < channels; c++) visit(out, pixel * channels + c, (tap * filters + f) * channels + c);
      }
    }
  }
}

export const transposed = {
  forward(node, [x]) {
    const { weights } = node.own;
    const y = new Float64Array(zeros(node.shape).length);
    write(node, (out, into, weight) => (y[out] += x[into] * weights[weight]));
    return addBias(node, y);
  },
  backward(node, [x], y, dy) {
    const { weights, bias } = node.own;
    const dx = new Float64Array(x.length);
    const dweights = new Float64Array(weights.length);
    write(node, (out, into, weight) => {
      dx[into] += dy[out] * weights[weight];
      dweights[weight] += dy[out] * x[into];
    });
    const grads = { weights: Float32Array.from(dweights) };
    if (bias) {
      grads.bias = new Float32Array(bias.length);
      for (let i = 0; i < dy.length; i++) grads.bias[i % bias.length] += dy[i];
    }
    return { dxs: [Float32Array.from(dx)], grads };
  },
};
