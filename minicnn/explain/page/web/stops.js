// The stops of the guided tour: a CNN from its picture to its gradient, in twelve questions to the reader's own net.
//
//   stop(app) -> { title, go(), mark, look, ask, choices, right, why } or null where the net has nothing of the kind
// `mark` is a selector: where to look; `right` is the place of the true choice; `why` is read once one is chosen.

import { fieldOf } from "./fields.js";
import { format, percent, product } from "./numbers.js";

const byRows = (pair) => pair.join(" \u00d7 ");

// Three numbers to choose from at most: the true one and others, smallest first.
function amongNumbers(truth, others) {
  const all = [...new Set([truth, ...others.filter((each) => each > 0 && each !== truth).slice(0, 2)])];
  all.sort((a, b) => a - b);
  return { choices: all.map(String), right: all.indexOf(truth) };
}

const ofKind = (app, ...kinds) => app.net.nodes.filter(({ kind }) => kinds.includes(kind));

function openConvolution(app, node, mark) {
  return () => {
    app.selected = { node: node.index, map: app.telling(node.index), cell: null };
    app.show("convolution");
    return mark;
  };
}

function openLayer(app, node) {
  return () => {
    app.selected = { node: node.index, map: null, cell: null };
    app.show("layers");
  };
}

function picture(app) {
  const [node] = app.net.nodes;
  const [height, width, channels] = node.shape;
  return {
    title: "The picture is numbers",
    go: openLayer(app, node),
    mark: ".pair .stage",
    look: "This is all that the net gets. Move over the picture with mouse or arrows and read a pixel's numbers.",
    ask: "How many numbers is this picture?",
    ...amongNumbers(height * width * channels, [height * width, height + width, 2 * height * width]),
    why: `${height} rows, ${width} columns, ${channels} a pixel: ${byRows(node.shape)} = ${product(node.shape)}.`,
  };
}

function filter(app) {
  const [node] = ofKind(app, "Conv2D");
  if (!node) return null;
  const taps = product(node.settings.size);
  const inside = node.from[0][2] / node.settings.groups;
  return {
    title: "A filter",
    go: openConvolution(app, node),
    mark: '[data-grid="kernel"]',
    look: `${node.name} has ${node.shape[2]} filters. Here is a part of one: its weights for one input channel.`,
    ask: "How many weights does a whole filter have, its bias not counted?",
    ...amongNumbers(taps * inside, [taps, taps * node.shape[2], taps * inside * 2]),
    why: `${byRows(node.settings.size)} for each of ${inside} input channels: ${taps * inside}. All were learned.`,
  };
}

function sumOf(app) {
  const [node] = ofKind(app, "Conv2D");
  if (!node) return null;
  const [i, j] = [node.shape[0] >> 1, node.shape[1] >> 1];
  const map = app.telling(node.index);
  const value = app.map(node.index, map)[i * node.shape[1] + j];
  return {
    title: "One number of a map",
    go: openConvolution(app, node),
    mark: ".numbers .card-row",
    look:
      "Window times kernel, elementwise, gives the products; all of them, of all input channels, and the bias " +
      "add up to one number of the map.",
    ask: `Channel ${map} at row ${i}, column ${j}: does the sum come out above 0?`,
    choices: ["above 0", "0 or below"],
    right: value > 0 ? 0 : 1,
    why: `It is ${format(value)}. The table "what adds up" has every part of it.`,
  };
}

function sizeOfMap(app) {
  const [node] = ofKind(app, "Conv2D");
  if (!node) return null;
  const [rows] = node.from[0];
  const { size, strides, padding, dilation } = node.settings;
  const span = (size[0] - 1) * dilation[0] + 1;
  const why =
    padding === "valid"
      ? `The window must lie inside: (${rows} \u2212 ${span}) / ${strides[0]}, rounded down, + 1 = ${node.shape[0]}.`
      : `Zeros are laid around it, so that ${rows} rows give ${rows} / ${strides[0]}, rounded up: ${node.shape[0]}.`;
  return {
    title: "The size of a map",
    go: openConvolution(app, node),
    mark: ".side .stage",
    look: `A window of ${byRows(size)} goes over ${rows} rows in steps of ${strides[0]}. Press Step and watch it.`,
    ask: "How many rows does the map have?",
    ...amongNumbers(node.shape[0], [rows, rows - size[0], rows + size[0], rows * 2]),
    why,
  };
}

function bend(app) {
  const node = ofKind(app, "Activation").find(
    ({ settings, shape }) => settings.function === "relu" && shape.length === 3,
  );
  if (!node) return null;
  const map = app.telling(node.index);
  const [i, j] = [node.shape[0] >> 1, node.shape[1] >> 1];
  const at = i * node.shape[1] + j;
  const x = app.map(node.inputs[0], map)[at];
  if (x === undefined) return null;
  return {
    title: "ReLU",
    go: openLayer(app, node),
    mark: ".pair .stage",
    look: `Channel ${map} before and after. At row ${i}, column ${j} the number before is ${format(x)}.`,
    ask: "What does ReLU make of it?",
    choices: ["it stays", "it becomes 0", "it changes its sign"],
    right: x > 0 ? 0 : 1,
    why: `max(${format(x)}, 0) = ${format(Math.max(x, 0))}. Where it is 0, no gradient passes on the way back.`,
  };
}

function deeper(app) {
  const node = ofKind(app, "Conv2D").find(({ index }, k) => k > 0 && index > 1);
  if (!node) return null;
  const inside = node.from[0][2] / node.settings.groups;
  return {
    title: "The next convolution",
    go: openConvolution(app, node),
    mark: ".cards",
    look: `${node.name} reads the maps of the layer before it, as the first one read the picture's colours.`,
    ask: "How many maps does each of its filters read?",
    ...amongNumbers(inside, [1, 3, node.shape[2] + 1, 2 * inside]),
    why: `All ${inside}${node.settings.groups > 1 ? " of its group" : ""}: so it can see patterns of patterns.`,
  };
}

function smaller(app) {
  const [node] = ofKind(app, "MaxPooling2D", "AveragePooling2D");
  if (!node) return null;
  const [height, width] = node.from[0];
  const left = node.shape[0] * node.shape[1];
  const what = node.kind === "MaxPooling2D" ? "largest" : "mean";
  return {
    title: "Pooling",
    go: openLayer(app, node),
    mark: '[data-grid="window"]',
    look: `Of each ${byRows(node.settings.size)} window only the ${what} goes on.`,
    ask: `A map has ${height} \u00d7 ${width} = ${height * width} numbers before. How many are left?`,
    ...amongNumbers(left, [height * width, Math.floor((height * width) / 2), left * 2]),
    why: `${node.shape[0]} \u00d7 ${node.shape[1]} = ${left}. There is nothing to learn here: a pool has no weights.`,
  };
}

function sight(app) {
  const node = ofKind(app, "Conv2D").at(-1);
  const field = node && fieldOf(app.net.nodes, node.index);
  if (!Array.isArray(field)) return null;
  const [rows] = app.net.nodes[0].shape;
  return {
    title: "What a number sees",
    go: openConvolution(app, node),
    mark: ".seen .stage",
    look: `Each number of ${node.name} was made of a part of the picture, its receptive field: the frame.`,
    ask: "How many rows of the picture does such a number see, at most?",
    ...amongNumbers(field[0], [node.settings.size[0], rows, 2 * field[0]]),
    why: `${field[0]}: layer on layer, windows of windows reach further. The overview tells it under each column.`,
  };
}

function vector(app) {
  const node = app.net.nodes.find(
    ({ kind, from, shape }) =>
      shape.length === 1 && from[0]?.length === 3 && (kind === "Flatten" || kind.startsWith("Global")),
  );
  if (!node) return null;
  const [height, width, channels] = node.from[0];
  return {
    title: "From maps to a row",
    go: openLayer(app, node),
    mark: ".formula-view",
    look: `${node.name} makes one row of numbers of ${channels} maps, ${height} \u00d7 ${width} each.`,
    ask: "How many numbers has the row?",
    ...amongNumbers(node.shape[0], [height * width * channels, channels, height * width, 2 * channels]),
    why:
      node.kind === "Flatten"
        ? `${height} \u00d7 ${width} \u00d7 ${channels} = ${node.shape[0]}: all of them, one after the other.`
        : `${channels}: one number a map.`,
  };
}

function weights(app) {
  const node = ofKind(app, "Dense").at(-1);
  if (!node) return null;
  const inputs = node.from[0][0];
  const units = node.shape[0];
  const bias = node.arrays.includes("bias") ? units : 0;
  return {
    title: "The dense layer",
    go: openLayer(app, node),
    mark: ".contributions, .formula-view table",
    look: `${node.name} multiplies each of its ${inputs} inputs by a weight for each of its ${units} outputs.`,
    ask: `How many numbers did it learn${bias ? ", biases included" : ""}?`,
    ...amongNumbers(inputs * units + bias, [inputs + units, inputs * units + (bias ? 0 : units)]),
    why: `${inputs} \u00d7 ${units}${bias ? ` + ${bias}` : ""} = ${inputs * units + bias}.`,
  };
}

function end(app) {
  const { net, classes } = app;
  const { kind, settings } = net.nodes[net.last];
  const share = kind === "Activation" ? settings.function === "softmax" : net.loss.kind === "categorical";
  const one = net.values[net.last].length === 1;
  const p = net.probabilities();
  const total = p.reduce((sum, each) => sum + each, 0);
  return {
    title: "Scores become probabilities",
    go: () => app.show("overview"),
    mark: ".prediction",
    look: `The bars: what the net says of this picture, ${classes.length} classes.`,
    ask: `If the score of ${classes[classes.length - 1]} alone were larger, what would the other bars do?`,
    choices: ["they would shrink", "they would stay"],
    right: share || one ? 0 : 1,
    why:
      share || one
        ? `They share one whole: the bars sum to ${percent(total)}.`
        : `Each is a yes or no of its own; together they make ${percent(total)}, and could make anything.`,
  };
}

function learning(app) {
  const { net, label, classes } = app;
  const gradients = app.gradients()[net.start];
  const k = gradients.length === 1 ? 0 : label;
  const own = gradients.length === 1 ? 1 : label; // one output stands for the second class
  const slope = gradients[k];
  return {
    title: "Which way to learn",
    go: () => app.show("backward"),
    mark: ".step",
    look: `The truth is ${classes[label]}, and the net gives it ${percent(net.probabilities()[label])}.`,
    ask: `To make the loss smaller, where should the number go that stands for ${classes[own]}?`,
    choices: ["up", "down"],
    right: slope < 0 ? 0 : 1,
    why:
      `d loss / d of it is ${format(slope)}: a step goes against the gradient, so ${slope < 0 ? "up" : "down"}. ` +
      "Take the step here, and see what it does.",
  };
}

export const STOPS = [picture, filter, sumOf, sizeOfMap, bend, deeper, smaller, sight, vector, weights, end, learning];
