// A strip of the whole net above its columns: a bar an operation, as high as its maps are wide, blocks in turns light
// and dark, and a cursor that goes with the columns and moves them.

import { button, el, fill, say, svg } from "./dom.js";
import { lastMaps } from "./scores.js";

const HEIGHT = 26;

export class Strip {
  // goTo(index): bring the column of a node into view.
  constructor(nodes, folding, goTo) {
    this.nodes = nodes;
    this.folding = folding;
    this.text = el("p", { class: "shape", "data-strip": "text" });
    this.cursor = el("input", {
      type: "range",
      class: "cursor",
      min: 0,
      max: nodes.length - 1,
      step: 1,
      value: 0,
      "aria-label": "the whole net, from the picture to the answer",
      oninput: () => goTo(this.at(Number(this.cursor.value))),
    });
    const row = nodes.find(({ shape }) => shape.length === 1)?.index ?? null;
    const jump = (name, index) =>
      button(name, () => goTo(this.at(index), true), { "data-jump": index, title: nodes[index].name });
    this.element = el(
      "div",
      { class: "strip-of-net" },
      el("div", { class: "bar-of-net" }, this.drawn(), this.cursor),
      el(
        "div",
        { class: "strip-line" },
        this.text,
        jump("Picture", 0),
        lastMaps(nodes) ? jump("Last maps", lastMaps(nodes).index) : null,
        row === null ? null : jump("Vector", row),
        jump("Head", nodes.length - 1),
      ),
    );
    this.at(0);
  }

  drawn() {
    const high = ({ shape }) => (shape.length === 3 ? 4 + 2.6 * Math.log2(Math.max(shape[0], shape[1])) : 4);
    const { blocks } = this.folding;
    return svg(
      "svg",
      {
        viewBox: `0 0 ${this.nodes.length} ${HEIGHT}`,
        preserveAspectRatio: "none",
        "aria-hidden": "true",
      },
      ...this.nodes.map((node) => {
        const block = this.folding.blockOf(node.index);
        const kind = block === null ? "alone" : blocks.indexOf(block) % 2 ? "dark" : "light";
        const tall = Math.min(HEIGHT, high(node));
        return svg("rect", { x: node.index, y: HEIGHT - tall, width: 0.92, height: tall, class: kind });
      }),
    );
  }

  // Set the cursor on a node, and say where that is; returns the node's index.
  at(index) {
    const node = this.nodes[index];
    const block = this.folding.blockOf(index);
    const words = `${node.name}, ${index + 1} of ${this.nodes.length}${block ? `, in ${block.name}` : ""}`;
    this.cursor.value = index;
    this.cursor.setAttribute("aria-valuetext", words);
    fill(this.text, words);
    return index;
  }

  say() {
    say(this.text.textContent);
  }
}
