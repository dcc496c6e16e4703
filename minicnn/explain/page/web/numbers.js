// How numbers are written, and small helpers for arrays of them.

export function format(value, digits = 4) {
  if (value === null || value === undefined) return "";
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value).replace("-", "\u2212");
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) {
    return value
      .toExponential(Math.max(digits - 2, 1))
      .replace("e+", "e")
      .replaceAll("-", "\u2212");
  }
  return String(Number(value.toPrecision(digits))).replace("-", "\u2212");
}

export function percent(value) {
  return `${(100 * value).toFixed(1)}\u00a0%`;
}

// The smallest and the largest number; NaN is none.
export function extent(array) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of array) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 0];
}

export function largest(array) {
  const [low, high] = extent(array);
  return Math.max(Math.abs(low), Math.abs(high)) || 0;
}

export function argmax(array) {
  let best = 0;
  for (let i = 1; i < array.length; i++) if (array[i] > array[best]) best = i;
  return best;
}

export function furthest(array) {
  let best = 0;
  for (let i = 1; i < array.length; i++) if (Math.abs(array[i]) > Math.abs(array[best])) best = i;
  return best;
}

export function sum(array) {
  let total = 0;
  for (const value of array) total += value;
  return total;
}

export function product(array) {
  return array.reduce((a, b) => a * b, 1);
}

// Where a number of a node lies, as the terminal writes it: "[row, column, channel 3]", or "[17]" in a row of numbers.
export function where(shape, index) {
  if (shape.length === 1) return `[${index}]`;
  const channels = shape[2];
  const pixel = Math.floor(index / channels);
  return `[${Math.floor(pixel / shape[1])}, ${pixel % shape[1]}, channel ${index % channels}]`;
}

// Where a number of an array lies along each of its axes.
export function placeIn(shape, index) {
  const place = shape.slice();
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return place;
}

// One channel of an array (height, width, channels).
export function channel(data, [height, width, channels], c) {
  const map = new Float32Array(height * width);
  for (let i = 0; i < map.length; i++) map[i] = data[i * channels + c];
  return map;
}

// Zeros for an output of a shape, or as many as an array has.
export const zeros = (shape) => new Float32Array(product(shape));
export const like = (array) => new Float32Array(array.length);
