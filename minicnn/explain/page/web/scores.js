// What speaks for a class, as maps: of the gradients of its score. The twins of minicnn/explain/scores.

import { furthest } from "./numbers.js";

export const ALONE = -1; // in the place of the other class: none, so that the score is the first one's own logit

// max over the channels of |gradient|, one number a pixel.
export function saliencyMap(gradient, [height, width, channels]) {
  return Float32Array.from({ length: height * width }, (_, pixel) => {
    let most = 0;
    for (let c = 0; c < channels; c++) most = Math.max(most, Math.abs(gradient[pixel * channels + c]));
    return most;
  });
}

// The one number of the picture that moves a score most, alone: where it lies, and the score's slope there.
export function strongestNumber(gradient, [, width, channels]) {
  const at = furthest(gradient);
  const pixel = Math.floor(at / channels);
  return { row: Math.floor(pixel / width), column: pixel % width, channel: at % channels, slope: gradient[at] };
}

// Grad-CAM: the maps, each weighed by its mean gradient; what is below 0 counts as 0.
export function gradCam(values, gradient, [height, width, channels]) {
  const weights = new Float64Array(channels);
  for (let i = 0; i < gradient.length; i++) weights[i % channels] += gradient[i] / (height * width);
  return Float32Array.from({ length: height * width }, (_, pixel) => {
    let total = 0;
    for (let c = 0; c < channels; c++) total += weights[c] * values[pixel * channels + c];
    return Math.max(total, 0);
  });
}

// Gradient times value, summed over the channels: what each cell adds to the score, where all after it is linear.
export function cellsMap(values, gradient, [height, width, channels]) {
  return Float32Array.from({ length: height * width }, (_, pixel) => {
    let total = 0;
    for (let c = 0; c < channels; c++) total += gradient[pixel * channels + c] * values[pixel * channels + c];
    return total;
  });
}

// The kernel of a filter over red, green and blue as a picture: grey is 0, +-most are 255 and 0.
export function kernelPicture(kernel, filters, f, most) {
  const colour = (weight) => Math.min(255, Math.floor(128 + (127.5 * weight) / (most || 1)));
  return Float32Array.from({ length: kernel.length / filters }, (_, at) => colour(kernel[at * filters + f]));
}

// Whether the channels that a layer reads are the picture's own red, green and blue.
export function readsColours(nodes, node) {
  let source = nodes[node.inputs[0]];
  while (["Identity", "Rescaling", "Normalization"].includes(source.kind)) source = nodes[source.inputs[0]];
  return node.kind === "Conv2D" && source.kind === "Input" && source.shape[2] === 3 && node.settings.groups === 1;
}

// The last node whose output are maps of more than one pixel.
export function lastMaps(nodes) {
  return nodes.findLast(({ shape, inputs }) => inputs.length && shape.length === 3 && shape[0] * shape[1] > 1) ?? null;
}

// The squares that cover a picture one after the other: an eighth of its shorter side, half of that apart.
export function covers([height, width]) {
  const size = Math.max(1, Math.floor(Math.min(height, width) / 8));
  const stride = Math.max(1, size >> 1);
  const starts = (length) => {
    const found = [];
    for (let at = 0; at + size <= length; at += stride) found.push(at);
    if (found[found.length - 1] + size < length) found.push(length - size);
    return found;
  };
  return { size, places: starts(height).flatMap((top) => starts(width).map((left) => [top, left])) };
}

// Pixels with a square covered by the picture's mean colour.
export function covered(pixels, [, width, channels], [top, left], size) {
  const mean = Array.from({ length: channels }, (_, c) => {
    let total = 0;
    for (let i = c; i < pixels.length; i += channels) total += pixels[i];
    return total / (pixels.length / channels);
  });
  const changed = Float32Array.from(pixels);
  for (let h = top; h < top + size; h++) {
    for (let w = left; w < left + size; w++) {
      for (let c = 0; c < channels; c++) changed[(h * width + w) * channels + c] = mean[c];
    }
  }
  return changed;
}
