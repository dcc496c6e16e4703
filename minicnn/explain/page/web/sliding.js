// The layers whose window slides over maps: convolution and pooling, forward and backward. What a layer is: layers.js.

import { like, zeros } from "./numbers.js";

// Call visit(output pixel, input pixel, tap) for every tap of every window that lies on the picture.
function slide(node, visit) {
  const { size, strides, pads, dilation } = node.settings;
  const [height, width] = node.from[0];
  const [rows, columns] = node.shape;
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

export function addBias(node, y) {
  const { bias } = node.own;
  const count = node.shape[node.shape.length - 1];
  if (bias) for (let i = 0; i < y.length; i++) y[i] += bias[i % count];
  return Float32Array.from(y);
}

function biasGradient(node, dy) {
  const total = new Float64Array(node.own.bias.length);
  for (let i = 0; i < dy.length; i++) total[i % total.length] += dy[i];
  return Float32Array.from(total);
}

// What a convolution's windows are made of: each is laid out as a row of numbers, group by group, tap by tap, as the
// filters are. So forward and backward are products of rows, in loops that a browser runs fastest.
function rowsOf(node) {
  const { size, groups } = node.settings;
  const taps = size[0] * size[1];
  const channels = node.from[0][2];
  const inside = channels / groups;
  const filters = node.shape[2];
  return { taps, channels, inside, groups, filters, length: taps * inside, share: filters / groups };
}

// Which input pixel each tap of the window at (i, j) lies on; -1: on the padding.
function cover(node, i, j, found) {
  const { size, strides, pads, dilation } = node.settings;
  const [height, width] = node.from[0];
  for (let a = 0; a < size[0]; a++) {
    const h = i * strides[0] + a * dilation[0] - pads[0][0];
    for (let b = 0; b < size[1]; b++) {
      const w = j * strides[1] + b * dilation[1] - pads[1][0];
      found[a * size[1] + b] = h < 0 || h >= height || w < 0 || w >= width ? -1 : h * width + w;
    }
  }
}

// kernel[tap, channel, filter] with the filters first, and back.
function byFilter(kernel, { length, filters }) {
  const rows = new Float64Array(kernel.length);
  for (let n = 0; n < length; n++) for (let f = 0; f < filters; f++) rows[f * length + n] = kernel[n * filters + f];
  return rows;
}

function byTap(rows, { length, filters }) {
  const kernel = new Float32Array(rows.length);
  for (let n = 0; n < length; n++) for (let f = 0; f < filters; f++) kernel[n * filters + f] = rows[f * length + n];
  return kernel;
}

// Read the window whose taps lie on `pixels` into a row, or add a row to what the window covers.
function readWindow(x, pixels, row, { taps, channels, inside, groups }) {
  for (let group = 0; group < groups; group++) {
    for (let tap = 0; tap < taps; tap++) {
      const to = (group * taps + tap) * inside;
      const from = pixels[tap] * channels + group * inside;
      for (let c = 0; c < inside; c++) row[to + c] = from < 0 ? 0 : x[from + c];
    }
  }
}

function addToWindow(x, pixels, row, { taps, channels, inside, groups }) {
  for (let group = 0; group < groups; group++) {
    for (let tap = 0; tap < taps; tap++) {
      if (pixels[tap] < 0) continue;
      const from = (group * taps + tap) * inside;
      const to = pixels[tap] * channels + group * inside;
      for (let c = 0; c < inside; c++) x[to + c] += row[from + c];
    }
  }
}

export const conv2d = {
  forward(node, [x]) {
    const sizes = rowsOf(node);
    const { taps, channels, filters, length, share } = sizes;
    const kernel = byFilter(node.own.kernel, sizes);
    const [rows, columns] = node.shape;
    const pixels = new Int32Array(taps);
    const row = new Float64Array(taps * channels);
    const y = new Float64Array(rows * columns * filters);
    for (let pixel = 0; pixel < rows * columns; pixel++) {
      cover(node, Math.floor(pixel / columns), pixel % columns, pixels);
      readWindow(x, pixels, row, sizes);
      for (let f = 0; f < filters; f++) {
        const start = Math.floor(f / share) * length;
        let total = 0;
        for (let n = 0; n < length; n++) total += row[start + n] * kernel[f * length + n];
        y[pixel * filters + f] = total;
      }
    }
    return addBias(node, y);
  },
  backward(node, [x], y, dy) {
    const sizes = rowsOf(node);
    const { taps, channels, filters, length, share } = sizes;
    const kernel = byFilter(node.own.kernel, sizes);
    const [rows, columns] = node.shape;
    const pixels = new Int32Array(taps);
    const row = new Float64Array(taps * channels);
    const drow = new Float64Array(taps * channels);
    const dx = new Float64Array(x.length);
    const dkernel = new Float64Array(kernel.length);
    for (let pixel = 0; pixel < rows * columns; pixel++) {
      cover(node, Math.floor(pixel / columns), pixel % columns, pixels);
      readWindow(x, pixels, row, sizes);
      drow.fill(0);
      for (let f = 0; f < filters; f++) {
        const gradient = dy[pixel * filters + f];
        if (gradient === 0) continue; // behind closed ReLUs and pools most are
        const start = Math.floor(f / share) * length;
        for (let n = 0; n < length; n++) {
          drow[start + n] += gradient * kernel[f * length + n];
          dkernel[f * length + n] += gradient * row[start + n];
        }
      }
      addToWindow(dx, pixels, drow, sizes);
    }
    const grads = { kernel: byTap(dkernel, sizes) };
    if (node.own.bias) grads.bias = biasGradient(node, dy);
    return { dxs: [Float32Array.from(dx)], grads };
  },
};

export const depthwise = {
  forward(node, [x]) {
    const { kernel } = node.own;
    const channels = node.from[0][2];
    const many = node.shape[2] / channels;
    const y = new Float64Array(node.shape[0] * node.shape[1] * node.shape[2]);
    slide(node, (out, into, tap) => {
      for (let k = 0; k < channels * many; k++) {
        y[out * channels * many + k] += x[into * channels + Math.floor(k / many)] * kernel[tap * channels * many + k];
      }
    });
    return addBias(node, y);
  },
  backward(node, [x], y, dy) {
    const { kernel, bias } = node.own;
    const channels = node.from[0][2];
    const count = node.shape[2];
    const many = count / channels;
    const dx = new Float64Array(x.length);
    const dkernel = new Float64Array(kernel.length);
    slide(node, (out, into, tap) => {
      for (let k = 0; k < count; k++) {
        const at = into * channels + Math.floor(k / many);
        const gradient = dy[out * count + k];
        dx[at] += gradient * kernel[tap * count + k];
        dkernel[tap * count + k] += gradient * x[at];
      }
    });
    const grads = { kernel: Float32Array.from(dkernel) };
    if (bias) grads.bias = biasGradient(node, dy);
    return { dxs: [Float32Array.from(dx)], grads };
  },
};

export const maxPooling = {
  forward(node, [x]) {
    return maxPooling.run(node, x).y;
  },
  run(node, x) {
    const channels = node.shape[2];
    const y = zeros(node.shape).fill(-Infinity);
    const from = new Int32Array(y.length);
    slide(node, (out, into) => {
      for (let c = 0; c < channels; c++) {
        const value = x[into * channels + c];
        const at = out * channels + c;
        if (value > y[at] || (value !== value && y[at] === y[at])) {
          y[at] = value;
          from[at] = into * channels + c;
        }
      }
    });
    return { y, from };
  },
  backward(node, [x], y, dy) {
    const dx = new Float32Array(x.length);
    const { from } = maxPooling.run(node, x);
    for (let i = 0; i < dy.length; i++) dx[from[i]] += dy[i];
    return { dxs: [dx] };
  },
};

export const averagePooling = {
  counts(node) {
    const counts = new Float64Array(node.shape[0] * node.shape[1]);
    slide(node, (out) => {
      counts[out] += 1;
    });
    return counts;
  },
  forward(node, [x]) {
    const channels = node.shape[2];
    const counts = averagePooling.counts(node);
    const y = new Float64Array(counts.length * channels);
    slide(node, (out, into) => {
      for (let c = 0; c < channels; c++) y[out * channels + c] += x[into * channels + c] / counts[out];
    });
    return Float32Array.from(y);
  },
  backward(node, [x], y, dy) {
    const channels = node.shape[2];
    const counts = averagePooling.counts(node);
    const dx = like(x);
    slide(node, (out, into) => {
      for (let c = 0; c < channels; c++) dx[into * channels + c] += dy[out * channels + c] / counts[out];
    });
    return { dxs: [dx] };
  },
};
