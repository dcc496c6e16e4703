// One gradient taken apart, as minicnn.explain.trace_gradient does it: what each output that read a number sends back,
// and what each stop of a window adds to a weight; with a remark on the ReLU masks and pool winners it came through.

// Of a net that is carried in part (carried.js) a term's dz or factor may be undefined: it is then not known.

import { FUNCTIONS, softmax } from "./functions.js";
import { learned } from "./weights.js";
import { where } from "./numbers.js";
import { gate, reading, sent } from "./sending.js";
import { reasonOf } from "./verdict.js";
import { readers, winners } from "./windows.js";

export const known = ({ dz, factor }) => dz !== undefined && factor !== undefined;

// Terms of the loss's gradient at one output: {where, dz, factor, note, reason}.
export function outputTerms(net, index, at) {
  const node = net.nodes[index];
  const found = [];
  if (index === net.start) return lossTerms(net, index, at);
  const make = (...output) => termOf(net, ...output);
  for (const reader of net.nodes) {
    if (!net.gradients[reader.index]) continue;
    reader.inputs.forEach((source, k) => {
      if (source === index) found.push(...sent(net, reader, k, node, at, make));
    });
  }
  return found;
}

// What an output of a node sends back: its gradient times a factor, a remark, and what became of it further on.
function termOf(net, node, out, factor, note) {
  const term = { where: `${node.name}${where(node.shape, out)}`, dz: net.gradientAt(node.index, out), factor };
  const remarks = [note, ...(known(term) ? passage(net, node, out) : [])].filter(Boolean);
  return { ...term, note: remarks.join(", "), reason: reasonOf(remarks) };
}

function lossTerms(net, index, at) {
  const { kind, logits } = net.loss;
  const t = net.target(net.label)[at];
  const gradient = net.gradientAt(index, at);
  if (kind === "squared" || !logits) {
    return [{ where: "the loss", dz: gradient, factor: 1, note: "its own derivative" }];
  }
  const y = net.scores;
  const p = kind === "binary" ? FUNCTIONS.sigmoid.f(y[at]) : softmax(y).y[at];
  const share = kind === "binary" ? 1 / y.length : 1;
  return [
    { where: "p", dz: p, factor: share, note: "what the net says" },
    { where: "-t", dz: -t, factor: share, note: "the truth" },
  ];
}

// Terms of the loss's gradient at one weight: of every call of its layer.
export function weightTerms(net, node, name, at) {
  const make = (...output) => termOf(net, ...output);
  return net.uses(node, name).flatMap((use) => learned(net, use, name, at, make));
}

// Follow an output on through ReLU masks and pools, and say what became of it there.
function passage(net, node, at) {
  const notes = [];
  for (let here = node; ;) {
    const next = net.nodes.filter((reader) => reader.inputs.includes(here.index) && net.gradients[reader.index]);
    if (next.length !== 1) return notes;
    const [reader] = next;
    const x = net.valueAt(here.index, at);
    if (gate(reader, x)) {
      notes.push(gate(reader, x));
      if (notes[notes.length - 1] === "ReLU closed") return notes;
    } else if (reader.kind === "MaxPooling2D") {
      const [, width, channels] = here.shape;
      const pixel = Math.floor(at / channels);
      const c = at % channels;
      const h = Math.floor(pixel / width);
      const w = pixel % width;
      const won = readers(reader.settings, reader.shape, h, w).filter(({ i, j }) => {
        const [first] = winners(reader.settings, here.shape, i, j, reading(net, here, c));
        return first.h === h && first.w === w;
      });
      notes.push(
        won.length
          ? `wins ${won.map(({ i, j }) => `[${i}, ${j}]`).join(", ")} of ${reader.name}`
          : `wins no window of ${reader.name}`,
      );
      if (won.length !== 1) return notes;
      at = (won[0].i * reader.shape[1] + won[0].j) * channels + c;
    } else if (reader.kind !== "Dropout") return notes;
    here = reader;
  }
}
