// What each layer does, in a sentence or two, with the numbers of this net's own layer.

import { format, product } from "./numbers.js";

const by = (pair) => pair.join("\u00d7");
const many = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

// Of an activation, by its function.
const ACTIVATIONS = {
  linear: "Passes every number on as it is.",
  relu: "Numbers above 0 pass, all others become 0. Without such a bend all layers together were one weighted sum.",
  relu6: "Numbers from 0 to 6 pass; what is lower becomes 0, what is higher becomes 6.",
  leaky_relu: "Numbers above 0 pass, others are made small: so a gradient always comes through.",
  elu: "Numbers above 0 pass; others end softly, at \u22121 at the lowest.",
  sigmoid: "Squeezes each number between 0 and 1, by itself: read as a probability, a yes or no that knows no other.",
  hard_sigmoid: "A sigmoid of three straight lines: 0 up to \u22123, 1 from 3 on, and evenly between.",
  tanh: "Squeezes each number between \u22121 and 1; 0 stays 0.",
  softplus: "A ReLU with a round corner: it is above 0 everywhere, so every number passes something back.",
  silu: "Each number times its own sigmoid: a ReLU that dips a little below 0 before it closes.",
  hard_silu: "Each number times its hard sigmoid: 0 up to \u22123, the number itself from 3 on.",
  gelu: "Each number times the share of a normal distribution that lies below it: a ReLU with a soft corner.",
  softmax:
    "Turns the scores into shares that are above 0 and sum to 1. A class gains only what others lose, and " +
    "the largest score gets the largest share.",
};

function windowed({ settings, shape, from }) {
  const [height, width] = from[0];
  const steps = settings.strides.every((stride) => stride === 1) ? "" : ` in steps of ${by(settings.strides)}`;
  return `${steps}: ${height}\u00d7${width} becomes ${shape[0]}\u00d7${shape[1]}`;
}

function convolution(node) {
  const { settings, shape, from } = node;
  const inside = from[0][2] / settings.groups;
  if (product(settings.size) === 1) {
    return (
      `${many(shape[2], "filter")} of one pixel: each mixes the ${many(inside, "map")} at that place with weights ` +
      "of its own, and looks at no neighbour."
    );
  }
  return (
    `${many(shape[2], "filter")} of ${by([...settings.size, inside])} weights slide over its input` +
    `${windowed(node)}. At each stop a filter multiplies the window by its weights and adds up: its map is ` +
    "large where the window looks like the filter."
  );
}

function normalizing({ arrays }, whose) {
  const learnt = arrays.includes("gamma") || arrays.includes("beta") ? ", and then as it has learned" : "";
  return `Shifts and stretches numbers to a mean near 0 and a spread near 1${learnt}; by mean and spread ${whose}.`;
}

const SENTENCES = {
  Input: ({ shape }) =>
    shape.length === 3
      ? `The picture: ${shape[0]} rows of ${shape[1]} pixels, each ` +
        `${shape[2] === 3 ? "a red, a green and a blue" : "one"} number.`
      : `What the net is given: ${many(product(shape), "number")}.`,
  Identity: () => "When predicting, every number passes as it is.",
  Dropout: () =>
    "In training it sets some numbers to 0, drawn anew each time, so that no single one is relied on; when " +
    "predicting, all pass.",
  Conv2D: convolution,
  DepthwiseConv2D: (node) =>
    `Each map gets a kernel of its own, ${by(node.settings.size)}, that slides over it${windowed(node)}. Maps do not ` +
    "mix here.",
  Conv2DTranspose: ({ settings, from, shape }) =>
    `A convolution the other way round: each number paints its ${by(settings.taps)} kernel into a larger map, and ` +
    `where several meet, they add up: ${by(from[0].slice(0, 2))} becomes ${by(shape.slice(0, 2))}.`,
  MaxPooling2D: (node) =>
    `Of each ${by(node.settings.size)} window the largest number goes on${windowed(node)}. What was found stays, ` +
    "where exactly is forgotten. It has no weights.",
  AveragePooling2D: (node) => `Each ${by(node.settings.size)} window becomes its mean${windowed(node)}. No weights.`,
  GlobalAveragePooling2D: ({ shape }) =>
    `Each map becomes one number, its mean: ${many(shape[0], "number")}. How much there is of a pattern, ` +
    "no matter where.",
  GlobalMaxPooling2D: ({ shape }) =>
    `Each map becomes one number, its largest: ${many(shape[0], "number")}. Whether a pattern is there, ` +
    "no matter where.",
  Dense: ({ shape, from, arrays }) =>
    `${many(shape[0], "weighted sum")} over all ${many(product(from[0]), "number")} before it` +
    `${arrays.includes("bias") ? ", plus a bias" : ""}: each asks with its own weights what speaks for it.`,
  Flatten: ({ from }) =>
    `Lays all ${product(from[0])} numbers in one row, row by row, the channels of a pixel side by side. Nothing is ` +
    "computed; a dense layer wants a row.",
  Reshape: () => "The same numbers in another shape; nothing is computed.",
  Permute: () => "The same numbers with the axes in another order; nothing is computed.",
  ReLU: ({ settings: { max_value: top, negative_slope: slope, threshold } }) =>
    `Numbers above ${format(threshold)} pass${top === null ? "" : `, up to ${format(top)}`}; ` +
    (slope
      ? `what lies below${threshold ? ", counted from there," : ""} is multiplied by ${format(slope)}.`
      : "all others become 0."),
  LeakyReLU: ({ settings }) =>
    `Numbers above 0 pass, others are multiplied by ${format(settings.negative_slope)}: so a gradient always comes ` +
    "through.",
  ELU: ({ settings }) => `Numbers above 0 pass; others end softly, at \u2212${format(settings.alpha)} at the lowest.`,
  PReLU: () => "Numbers above 0 pass, others are multiplied by a slope that the net has learned.",
  Rescaling: () => "Multiplies by a number and adds another, so that pixels come in a size that weights can take.",
  Normalization: () => "Takes off the mean of the training pictures and divides by their spread.",
  BatchNormalization: (node) => normalizing(node, "that training has met, a channel each"),
  LayerNormalization: (node) => normalizing(node, "of this picture's own numbers"),
  GroupNormalization: (node) => normalizing(node, "of a group of this picture's maps"),
  Add: () =>
    "Adds its inputs elementwise: a short cut, by which numbers and gradients pass the layers between unchanged.",
  Subtract: () => "Takes its second input off the first, elementwise.",
  Average: () => "The mean of its inputs, elementwise.",
  Multiply: () => "Multiplies its inputs elementwise: one opens and closes the other.",
  Maximum: () => "The largest of its inputs goes on, elementwise.",
  Minimum: () => "The smallest of its inputs goes on, elementwise.",
  Concatenate: () => "Lays the maps of its inputs one after the other; nothing is computed.",
  UpSampling2D: ({ from, shape }) =>
    `Makes maps larger, ${by(from[0].slice(0, 2))} to ${by(shape.slice(0, 2))}, by repeating or blending their pixels.`,
  Resizing: ({ from, shape }) =>
    `Gives maps another size: ${by(from[0].slice(0, 2))} becomes ${by(shape.slice(0, 2))}.`,
  ZeroPadding2D: () => "Lays zeros around every map, so that windows can stand at its edge.",
  Cropping2D: () => "Cuts the frame of every map off.",
};

export function sentence(node) {
  return node.kind === "Activation" ? ACTIVATIONS[node.settings.function] : SENTENCES[node.kind](node);
}

export const lossSentence = (kind) =>
  kind === "squared"
    ? "How far the outputs are from the truth, in one number: the mean of their squared differences. Training makes " +
      "it smaller."
    : "How wrong the net is, in one number: \u2212log of the probability that it gives to what is true. Near 0 where " +
      "it is sure and right; training makes it smaller.";

// How the bars of a net's classes are to be read.
export function endSentence({ nodes, last, loss }, classes) {
  const { settings, shape } = nodes[last];
  if (settings.function === "softmax") return "Softmax: the bars sum to 100\u00a0%.";
  if (settings.function === "sigmoid") {
    return shape[0] === 1
      ? `One sigmoid: its output is the probability of ${classes[1]}; ${classes[0]} is what is left to 1.`
      : "Sigmoids: each bar is a yes or no of its own, they need not sum to 100\u00a0%.";
  }
  return loss.output === "logits"
    ? "The net ends in logits; the bars are what softmax or sigmoid makes of them."
    : "";
}
