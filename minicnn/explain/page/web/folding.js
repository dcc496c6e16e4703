// Which columns of a deep net are shown: a block is one column, that of its last maps, until it is unfolded.

import { button } from "./dom.js";

// Allow a line break within a long name: after "_" and "/", before a capital and before a shape's channels. Long words
// may part.
export function broken(name) {
  return name
    .replace(/[_/](?=.)|[a-z](?=[A-Z])/g, "$&\u200b")
    .replace(/\u00d7\d+$/, "\u200b$&")
    .replace(/[a-z]{5}(?=[a-z]{4})/gi, "$&\u00ad");
}

export class Folding {
  // blocks: [{name, first, last}]; changed(): draw the columns anew.
  constructor(blocks, changed) {
    this.blocks = blocks;
    this.changed = changed;
    this.unfolded = new Set();
  }

  blockOf(index) {
    return this.blocks.find(({ first, last }) => first <= index && index <= last) ?? null;
  }

  // The nodes that have a column.
  shown(nodes) {
    return nodes.filter(({ index }) => this.columnOf(index) === index);
  }

  // The node in whose column a node is seen.
  columnOf(index) {
    const block = this.blockOf(index);
    return block && !this.unfolded.has(block) ? block.last : index;
  }

  isFolded(index) {
    const block = this.blockOf(index);
    return block !== null && !this.unfolded.has(block);
  }

  turn(block) {
    if (!this.unfolded.delete(block)) this.unfolded.add(block);
    this.changed(block);
  }

  // What stands over the column of a folded block, and over the first column of an open one.
  control(index) {
    const block = this.blockOf(index);
    const open = this.unfolded.has(block);
    if (!block || (open && index !== block.first)) return null;
    const layers = block.last - block.first + 1;
    return button(`${open ? "\u25be" : "\u25b8"} ${broken(block.name)}`, () => this.turn(block), {
      class: "link fold",
      "aria-expanded": String(open),
      "data-block": block.name,
      title: open ? `fold ${block.name}` : `unfold the ${layers} operations of ${block.name}`,
    });
  }

  // Its second line, where the kind of a layer stands.
  count(index) {
    const { first, last } = this.blockOf(index);
    return `${last - first + 1} operations`;
  }
}
