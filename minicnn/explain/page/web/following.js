// Of a net that is carried in part: what the page computes itself from the maps that are there. Layers that work
// channel by channel take any number of them (layers.js), so they run on the carried ones alone. Carried maps lie one
// after the other; the layers take pixels with their channels last.

import { LAYERS } from "./layers.js";
import { channel, zeros } from "./numbers.js";

// Maps one after the other, as pixels with `count` channels; and back.
const interleaved = (maps, count) => {
  const area = maps.length / count;
  return new Float32Array(maps.length).map((_, i) => maps[(i % count) * area + Math.floor(i / count)]);
};
const apart = (pixels, count) => {
  const area = pixels.length / count;
  return new Float32Array(pixels.length).map((_, i) => pixels[(i % area) * count + Math.floor(i / area)]);
};

// Of an array of one number a channel, or one an entry, what belongs to the carried channels.
function picked(array, channels, shape) {
  if (array.length === shape[2]) return channels.map((c) => array[c]);
  if (array.length !== shape[0] * shape[1] * shape[2]) return array;
  return interleaved(Float32Array.from(channels.flatMap((c) => [...channel(array, shape, c)])), channels.length);
}

export class Following {
  // channels: a node each, those that are carried, null for all.
  constructor(nodes, channels) {
    this.nodes = nodes;
    this.channels = channels;
    this.cut = nodes.map((node) => this.cutDown(node));
  }

  // A node as if it had the carried channels alone.
  cutDown(node) {
    const channels = this.channels[node.index];
    const count = (index, shape) => (shape.length === 3 ? (this.channels[index]?.length ?? shape[2]) : null);
    const cut = (index, shape) => (shape.length === 3 ? [shape[0], shape[1], count(index, shape)] : shape);
    const from = node.from.map((shape, k) => cut(node.inputs[k], shape));
    const own = Object.fromEntries(
      Object.entries(node.own).map(([name, array]) => [
        name,
        channels && name !== "kernel" ? picked(array, channels, node.shape) : array,
      ]),
    );
    const { scale, offset } = node.settings;
    const settings =
      channels && scale
        ? { ...node.settings, scale: channels.map((c) => scale[c]), offset: channels.map((c) => offset[c]) }
        : node.settings;
    const shape = node.shape.length === 1 && from.length ? [from[0].at(-1)] : cut(node.index, node.shape);
    return { ...node, shape, from, own, settings };
  }

  pixelsOf(index, maps) {
    const channels = this.channels[index];
    return channels && maps ? interleaved(maps, channels.length) : maps;
  }

  mapsOf(index, pixels) {
    const channels = this.channels[index];
    return channels ? apart(pixels, channels.length) : pixels;
  }

  // The output of a node, from those of the nodes that it reads.
  forward(index, values) {
    const node = this.cut[index];
    const xs = node.inputs.map((i) => this.pixelsOf(i, values[i]));
    return this.mapsOf(index, LAYERS[node.kind].forward(node, xs));
  }

  // The gradient at a node's output, from those of the nodes that read it; null where none has one.
  backward(index, values, gradients) {
    const dx = zeros(this.cut[index].shape);
    let any = false;
    for (const { inputs, index: reader } of this.nodes) {
      if (!inputs.includes(index) || !gradients[reader]) continue;
      any = true;
      const { dxs } = this.through(reader, values, gradients[reader], index);
      inputs.forEach((source, k) => {
        if (source === index) for (let i = 0; i < dx.length; i++) dx[i] += dxs[k][i];
      });
    }
    return any ? this.mapsOf(index, dx) : null;
  }

  through(reader, values, gradient, index) {
    const node = this.cut[reader];
    const channels = this.channels[index];
    const row = (data) => (channels ? Float32Array.from(channels, (c) => data[c]) : data); // of a global pooling
    const own = (data) => (this.nodes[reader].shape.length === 1 ? row(data) : this.pixelsOf(reader, data));
    const xs = node.inputs.map((i) => this.pixelsOf(i, values[i]));
    return LAYERS[node.kind].backward(node, xs, own(values[reader]), own(gradient));
  }
}

// An array of one number a channel, of which the carried ones are known.
export function spread(known, channels, count) {
  const all = new Float32Array(count).fill(NaN);
  channels.forEach((c, k) => {
    all[c] = known[k];
  });
  return all;
}
