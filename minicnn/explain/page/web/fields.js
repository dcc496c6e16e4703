// How much of the picture a cell sees, and what a layer costs.

import { JOINING } from "./joining.js";
import { extent, product, sum } from "./numbers.js";

const upTo = (count) => Array.from({ length: count }, (_, at) => at);

// Whether a layer's cells are no places of its input any more.
const mixes = ({ kind, shape, from }) => kind === "Reshape" && String(shape) !== String(from[0]);

// Whether all places along an axis of a node read the whole of that axis of its input.
const gathers = ({ kind, settings }, axis) =>
  kind.startsWith("Global") || kind === "GroupNormalization" || Boolean(settings.axes?.includes(axis));

// Which axis of a node comes from an axis of its input: rows 0, columns 1, channels 2.
const becomes = ({ kind, settings }, axis) => (kind === "Permute" ? settings.dims.indexOf(axis + 1) : axis);

// The rows (axis 0) or columns (axis 1) of its input k that place `at` of a node reads, along the axis that comes from
// it; those of a window may lie outside: padding.
function reads(node, k, axis, at) {
  const { kind, settings, from, shape } = node;
  const size = from[k][axis];
  if (settings.size) {
    const start = at * settings.strides[axis] - settings.pads[axis][0];
    return upTo(settings.size[axis]).map((tap) => start + tap * settings.dilation[axis]);
  }
  if (kind === "Conv2DTranspose") {
    return upTo(settings.taps[axis])
      .map((tap) => (at + settings.pads[axis][0] - tap * settings.dilation[axis]) / settings.strides[axis])
      .filter((place) => Number.isInteger(place) && place >= 0 && place < size);
  }
  if (kind === "UpSampling2D" || kind === "Resizing") {
    return (axis ? settings.columns : settings.rows)[at].map(([place]) => place);
  }
  if (kind === "ZeroPadding2D") return [at - settings.padding[axis][0]];
  if (kind === "Cropping2D") return [at + settings.cropping[axis][0]];
  if (gathers(node, axis)) return upTo(size);
  return [JOINING.includes(kind) && size < shape[axis] ? 0 : at];
}

// How much further the next place of a node looks, on average.
function stepOf({ kind, settings, from, shape }, axis) {
  if (settings.size) return settings.strides[axis];
  if (kind === "Conv2DTranspose") return 1 / settings.strides[axis];
  if (kind !== "UpSampling2D" && kind !== "Resizing") return 1;
  return from[0][axis] / shape[axis];
}

// ---- of one cell ----------------------------------------------------------------------------------------------------

// The places of each axis of its input k that some places of a node, rows and columns, read.
function readBy(node, k, own) {
  return [0, 1].map((axis) => {
    const along = becomes(node, axis);
    return along === 2 ? upTo(node.from[k][axis]) : [...own[along]].flatMap((at) => reads(node, k, axis, at));
  });
}

const insideOf = (node, k, places) =>
  places.map((all, axis) => new Set(all.filter((at) => at >= 0 && at < node.from[k][axis])));

function boxOf(places) {
  const [[top, bottom], [left, right]] = places.map(extent);
  return { row: top, column: left, height: bottom - top + 1, width: right - left + 1 };
}

// The part of its input k that a cell of a node reads, as {row, column, height, width}; null where it reads none of it.
export function readBox(node, k, cell) {
  if (mixes(node)) return null;
  const own = cell.map((at) => [at]);
  const inside = insideOf(node, k, readBy(node, k, own));
  return inside.every(({ size }) => size) ? boxOf(inside) : null;
}

// The pixels of the picture that cell (i, j) of a node depends on: {row, column, height, width, padded}. Height is 0
// where these are none; `padded` says whether it reads zeros of a padding, too. null where it depends on all pixels,
// undefined where the cells are no places of the picture any more.
export function seenBy(nodes, index, cell) {
  const seen = new Map([[index, cell.map((at) => new Set([at]))]]);
  let padded = false;
  for (let i = index; i > 0; i--) {
    const own = seen.get(i);
    const node = nodes[i];
    if (!own || !node.inputs.length) continue;
    if (mixes(node)) return isWhole(nodes, node.inputs[0]) ? null : undefined;
    if (node.shape.length !== 3 || node.from.some((shape) => shape.length !== 3)) return null;
    node.inputs.forEach((source, k) => {
      const all = readBy(node, k, own);
      const inside = insideOf(node, k, all);
      padded ||= all.some((places, axis) => inside[axis].size < new Set(places).size);
      if (inside.some(({ size }) => !size)) return;
      const known = seen.get(source) ?? [[], []];
      seen.set(source, inside.map((places, axis) => new Set([...known[axis], ...places])));
    });
  }
  const picture = seen.get(0);
  return { ...(picture ? boxOf(picture) : { row: 0, column: 0, height: 0, width: 0 }), padded };
}

// Whether each number of a row was made of a whole picture.
function isWhole(nodes, index) {
  const { kind, shape, inputs } = nodes[index];
  if (kind === "Dense" || kind.startsWith("Global")) return true;
  return shape.length === 1 && inputs.every((source) => isWhole(nodes, source));
}

// ---- of a whole layer: as `minicnn summary` counts ------------------------------------------------------------------

const sights = new WeakMap(); // of nodes

// Height and width of what those cells of a node see that see most, or "all"; undefined where that is not told. Padding
// counts where no cell sees the picture alone.
export function fieldOf(nodes, index) {
  if (!sights.has(nodes)) sights.set(nodes, lookAround(nodes));
  const found = sights.get(nodes)[index];
  if (found === null || found === undefined) return found === null ? "all" : undefined;
  return found.map(({ low, high }, axis) => {
    const size = nodes[0].shape[axis];
    const alone = low.some((first, at) => first >= 0 && first <= high[at] && high[at] < size);
    const kept = (first, last) => (alone ? Math.min(last, size - 1) - Math.max(first, 0) : last - first);
    return Math.max(0, ...low.map((first, at) => kept(first, high[at]) + 1));
  });
}

// For every node and both axes of the picture {low, high, along, jump}: the first and the last pixel that each place
// sees along its own axis `along` (null: all see the same), and the pixels from place to place.
function lookAround(nodes) {
  const found = [];
  nodes.forEach((node, index) => {
    const { inputs } = node;
    if (!index) found.push([0, 1].map((along) => itself(node, along)));
    else if (mixes(node)) found.push(isWhole(nodes, inputs[0]) ? null : undefined);
    else if (node.shape.length !== 3 || inputs.some((source) => found[source] === null)) found.push(null);
    else if (inputs.some((source) => found[source] === undefined)) found.push(undefined);
    else {
      const both = [0, 1].map((axis) => joined(inputs.map((source, k) => through(node, k, found[source][axis]))));
      found.push(both.every(Boolean) ? both : undefined);
    }
  });
  return found;
}

function itself({ shape }, along) {
  return { low: upTo(shape[along]), high: upTo(shape[along]), along, jump: 1 };
}

// What a place sees; those of the padding go on as the map does.
function sightAt({ low, high, jump }, at) {
  const own = Math.max(0, Math.min(low.length - 1, at));
  const further = Math.floor((at - own) * jump + 1e-9);
  return [low[own] + further, high[own] + further];
}

// The first and the last pixel of each of several places, of what each of them reads.
const spansOf = (places) => ({
  low: places.map((own) => Math.min(...own.map(([first]) => first))),
  high: places.map((own) => Math.max(...own.map(([, last]) => last))),
});

// What the places of a node see through its input k; the first pixel of one that sees nothing is Infinity.
function through(node, k, sight) {
  const axis = sight.along;
  if (axis === null) return sight;
  const along = becomes(node, axis);
  const size = node.from[k][axis];
  const seen = (places) => spansOf(places.map((own) => own.map((at) => sightAt(sight, at))));
  if (along === 2 || gathers(node, axis)) return { ...seen([upTo(size)]), along: null, jump: 0 };
  if (JOINING.includes(node.kind) && size < node.shape[along]) return { ...seen([[0]]), along: null, jump: 0 };
  const places = upTo(node.shape[along]).map((at) => reads(node, k, axis, at));
  return { ...seen(places), along, jump: sight.jump * stepOf(node, axis) };
}

// What several inputs show together; undefined where one shows along the rows what another shows along the columns.
function joined(all) {
  const alongs = new Set(all.map(({ along }) => along).filter((along) => along !== null));
  if (alongs.size > 1) return undefined;
  const [along = null] = alongs;
  const jump = Math.max(...all.map((sight) => sight.jump));
  const places = upTo(Math.max(...all.map(({ low }) => low.length)));
  return { ...spansOf(places.map((at) => all.map((sight) => sightAt(sight, at)))), along, jump };
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

// The same of the whole net; and the bytes of all that its layers return for one picture.
export function totalOf(net) {
  const costs = net.nodes.map((node) => costOf(net, node));
  return {
    work: sum(costs.map(({ work }) => work)),
    parameters: sum(costs.map(({ parameters }) => parameters)),
    bytes: 4 * sum(net.nodes.map(({ engine, shape }) => (engine === null ? 0 : product(shape)))),
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
