// How much of the picture a cell sees, and what a layer costs: as `minicnn summary` counts both.

import { span } from "./windows.js";

// The rows (axis 0) or columns (axis 1) of each source that cells `low` to `high` of a node read, as [low, high].
function reads({ kind, settings, from }, axis, [low, high]) {
  if (settings.size) {
    const start = low * settings.strides[axis] - settings.pads[axis][0];
    const end = high * settings.strides[axis] - settings.pads[axis][0];
    return [start, end + span(settings.size[axis], settings.dilation[axis]) - 1];
  }
  if (kind === "ZeroPadding2D") return [low - settings.padding[axis][0], high - settings.padding[axis][0]];
  if (kind === "Cropping2D") return [low + settings.cropping[axis][0], high + settings.cropping[axis][0]];
  if (kind.startsWith("Global")) return [0, from[0][axis] - 1];
  return [low, high];
}

const RESAMPLING = ["Conv2DTranspose", "Resizing", "UpSampling2D"];

// The pixels of the picture that cell (i, j) of a node depends on, padding included: {row, column, height, width}; null
// where that is all of them, after a dense layer; undefined after a Reshape, whose cells are no places any more, and
// after what brings maps onto another grid, where cells side by side see different numbers of pixels.
export function seenBy(nodes, index, cell) {
  const ranges = new Map([[index, cell.map((at) => [at, at])]]);
  for (let i = index; i > 0; i--) {
    const own = ranges.get(i);
    const node = nodes[i];
    if (!own || !node.inputs.length) continue;
    if (node.kind === "Reshape" || RESAMPLING.includes(node.kind)) return undefined;
    if (node.shape.length !== 3 || node.from.some((shape) => shape.length !== 3)) return null;
    for (const source of node.inputs) {
      const wide = own.map((range, axis) => {
        const found = nodes[source].shape[axis] === 1 && node.shape[axis] > 1 ? [0, 0] : reads(node, axis, range);
        const known = ranges.get(source)?.[axis] ?? found;
        return [Math.min(known[0], found[0]), Math.max(known[1], found[1])];
      });
      ranges.set(source, wide);
    }
  }
  const [[top, bottom], [left, right]] = ranges.get(0);
  return { row: top, column: left, height: bottom - top + 1, width: right - left + 1 };
}

// Height and width of what a cell in the middle sees, or "all"; undefined as above.
export function fieldOf(nodes, index) {
  const { shape } = nodes[index];
  if (shape.length !== 3) return "all";
  const seen = seenBy(nodes, index, [shape[0] >> 1, shape[1] >> 1]);
  return seen ? [seen.height, seen.width] : seen === null ? "all" : undefined;
}

// Multiply-adds of one picture, and learned or kept numbers, of a node; 0 where it has no kernel.
export function costOf(net, node) {
  const places = node.kind === "Conv2DTranspose" ? node.from[0] : node.shape; // it goes over its input's
  const kernel = node.arrays.find((name) => name === "kernel" || name === "weights");
  const positions = places.length === 3 ? places[0] * places[1] : 1;
  return {
    work: kernel ? positions * net.sizeOf(node, kernel) : 0,
    parameters: node.arrays
      .filter((name) => name !== "factor" && name !== "shift" && net.uses(node, name)[0] === node)
      .reduce((total, name) => total + net.sizeOf(node, name), 0), // a layer that is called twice has them once
  };
}

// 5608780 as "5.6 M".
export function short(count) {
  const [unit, name] = [
    [1e9, "\u202fG"],
    [1e6, "\u202fM"],
    [1e4, "\u202fk"],
  ].find(([least]) => count >= least) ?? [1, ""];
  const scale = unit === 1e4 ? 1e3 : unit;
  return `${unit === 1 ? count : Number((count / scale).toPrecision(3))}${name}`;
}
