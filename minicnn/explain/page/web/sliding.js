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

export const conv2d = {
  forward(node, [x]) {
    const { kernel } = node.own;
    const filters = node.shape[2];
    const channels = node.from[0][2];
    const { groups } = node.settings;
    const inside = channels / groups;
    const share = filters / groups;
    const y = new Float64Array(node.shape[0] * node.shape[1] * filters);
    slide(node, (out, into, tap) => {
      for (let c = 0; c < channels; c++) {
        const value = x[into * channels + c];
        if (value === 0) continue;
        const group = Math.floor(c / inside);
        const start = out * filters + group * share;
        const row = (tap * inside + (c % inside)) * filters + group * share;
        for (let f = 0; f < share; f++) y[start + f] += value * kernel[row + f];
      }
    });
    return addBias(node, y);
  },
  backward(node, [x], y, dy) {
    const { kernel, bias } = node.own;
    const filters = node.shape[2];
    const channels = node.from[0][2];
    const { groups } = node.settings;
    const inside = channels / groups;
    const share = filters / groups;
    const dx = new Float64Array(x.length);
    const dkernel = new Float64Array(kernel.length);
    slide(node, (out, into, tap) => {
      for (let c = 0; c < channels; c++) {
        const value = x[into * channels + c];
        const group = Math.floor(c / inside);
        const start = out * filters + group * share;
        const row = (tap * inside + (c % inside)) * filters + group * share;
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
