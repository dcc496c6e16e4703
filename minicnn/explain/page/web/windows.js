// Where a window may stand and what it covers: the formulas of reference/padding.py, for convolution and pooling alike.

export const span = (k, d) => (k - 1) * d + 1;

export function samePads(size, k, s, d = 1) {
  const total = Math.max((Math.ceil(size / s) - 1) * s + span(k, d) - size, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)]; // the odd pixel goes after
}

export function outputSize(size, k, s, pads, d = 1) {
  return Math.floor((size + pads[0] + pads[1] - span(k, d)) / s) + 1;
}

// All taps of one output's window, row by row: {a, b, h, w, inside}; outside lies the padding.
export function taps(settings, shape, i, j) {
  const { size, strides, pads, dilation } = settings;
  const found = [];
  for (let a = 0; a < size[0]; a++) {
    const h = i * strides[0] + a * dilation[0] - pads[0][0];
    for (let b = 0; b < size[1]; b++) {
      const w = j * strides[1] + b * dilation[1] - pads[1][0];
      found.push({ a, b, h, w, inside: h >= 0 && h < shape[0] && w >= 0 && w < shape[1] });
    }
  }
  return found;
}

// All windows that cover pixel (h, w): {i, j, a, b}, with the tap that does.
export function readers(settings, outputs, h, w) {
  const along = (axis, at) => {
    const found = [];
    for (let tap = 0; tap < settings.size[axis]; tap++) {
      const start = at + settings.pads[axis][0] - tap * settings.dilation[axis];
      const stop = start / settings.strides[axis];
      if (start >= 0 && Number.isInteger(stop) && stop < outputs[axis]) found.push([stop, tap]);
    }
    return found;
  };
  return along(0, h).flatMap(([i, a]) => along(1, w).map(([j, b]) => ({ i, j, a, b })));
}

// The rows (axis 0) or columns (axis 1) of the picture that no window reads: those that the floor drops, and the gaps
// of a stride larger than the window.
export function unread({ size, strides, pads, dilation }, shape, outputs, axis) {
  const read = new Set(
    Array.from(
      { length: outputs[axis] * size[axis] },
      (_, k) => Math.floor(k / size[axis]) * strides[axis] + (k % size[axis]) * dilation[axis] - pads[axis][0],
    ),
  );
  return Array.from({ length: shape[axis] }, (_, at) => at).filter((at) => !read.has(at));
}

// The cells of a pooling window that hold its maximum, as read(h, w) gives them; the first in row order is the winner.
export function winners(settings, shape, i, j, read) {
  let best = -Infinity;
  let found = [];
  for (const tap of taps(settings, shape, i, j)) {
    if (!tap.inside) continue;
    const value = read(tap.h, tap.w);
    if (value > best || Number.isNaN(value)) {
      best = value;
      found = [tap];
    } else if (value === best) found.push(tap);
    if (Number.isNaN(value)) break;
  }
  return found;
}
