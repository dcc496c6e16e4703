// The page: what is chosen (picture, label, epoch, scale, theme), the seven views, and what a change computes anew.

import { readAddress, writeAddress } from "./address.js";
import { Against } from "./against.js";
import { Backward } from "./backward.js";
import { CarriedNet } from "./carried.js";
import { Convolution } from "./convolution.js";
import { button, el, fill, say } from "./dom.js";
import { drawHeader } from "./header.js";
import { Net } from "./net.js";
import { argmax, extent, largest, percent } from "./numbers.js";
import { Others } from "./others.js";
import { Overview } from "./overview.js";
import { Padding } from "./padding.js";
import { readPayload } from "./payload.js";
import { fitPicture } from "./pictures.js";
import { Tour } from "./tour.js";
import { Trainer } from "./trainer.js";
import { Training } from "./training.js";

const VIEWS = [
  ["overview", "Overview", Overview],
  ["convolution", "Convolution", Convolution],
  ["layers", "Layers", Others],
  ["backward", "Backward", Backward],
  ["against", "A against B", Against],
  ["training", "Training", Training],
  ["padding", "Padding lab", Padding],
];

class App {
  constructor(payload) {
    this.payload = payload;
    this.net = payload.carried ? new CarriedNet(payload) : new Net(payload);
    this.live = !payload.carried;
    this.classes = payload.classes;
    this.scale = "layer";
    this.drawn = new Map(); // the pixels of the pictures that were changed, by the picture's number
    this.version = 0; // of weights and pixels
    this.selected = { node: null, map: null, cell: null };
    this.tour = new Tour(this);
    this.trainer = new Trainer(this);
    this.header = document.getElementById("header");
    this.panel = document.getElementById("panel");
    this.buildTabs();
    this.listenForFiles();
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault(); // no address of its own: in a notebook's frame that would be the notebook's
      this.panel.focus();
    });
    document.title = `${payload.title}: where every number comes from`;
    this.takePicture(payload.first);
    this.go(readAddress(this, location.hash));
    addEventListener("popstate", () => this.go(readAddress(this, location.hash)));
    this.shown = performance.now();
  }

  // ---- where the reader is ------------------------------------------------------------------------------------------

  // Go where an address points.
  go(place) {
    clearTimeout(this.pending);
    if (place.epoch !== null && place.epoch !== this.net.epoch) {
      this.trainer.halt();
      this.net.useEpoch(place.epoch);
    }
    this.takePicture(place.picture ?? this.picture);
    if (place.label !== null && this.live) this.label = this.truth = place.label;
    if (place.node !== null) this.selected = { node: place.node, map: place.map, cell: place.cell };
    this.asked = place;
    drawHeader(this);
    this.show(place.view, false);
    this.asked = null;
  }

  // Write the address: as a new step of the browser's history, or in place of the last one, once things stand still.
  remember(step = false) {
    clearTimeout(this.pending);
    if (location.href === "about:srcdoc") return; // in a notebook's frame: it has no address
    const write = () => {
      const address = writeAddress(this);
      if (address !== location.hash) history[step ? "pushState" : "replaceState"](null, "", address);
    };
    if (step) write();
    else this.pending = setTimeout(write, 250); // browsers refuse hundreds of addresses a minute
  }

  // ---- pictures, labels, epochs, edits ------------------------------------------------------------------------------

  usePicture(index) {
    this.takePicture(index);
    this.refresh();
    this.remember(true);
  }

  // A picture as it is now: with the pixels that were changed. Without a label it gets the class that the net names.
  takePicture(index) {
    this.picture = index;
    const picture = this.payload.pictures[index];
    this.pixels = this.drawn.get(index) ?? picture.pixels.slice();
    this.truth = picture.label;
    this.compute();
    this.label = this.payload.carried?.pictures[index].label ?? this.truth ?? argmax(this.net.probabilities());
    this.ownLabel = this.label;
  }

  pixelsOf(index) {
    return this.drawn.get(index) ?? this.payload.pictures[index].pixels;
  }

  // What `read` finds in the net run on a picture, at an epoch; the net itself stays with its own.
  onPicture(index, read, epoch = this.net.epoch) {
    return this.net.aside(() => {
      if (epoch !== this.net.epoch) this.net.useEpoch(epoch);
      this.net.forward(this.pixelsOf(index), index);
      return read(this.net);
    });
  }

  useLabel(label) {
    this.label = label;
    this.truth = label;
    this.net.gradients = null;
    this.refresh();
    this.remember();
  }

  useEpoch(epoch) {
    this.trainer.halt();
    this.net.useEpoch(epoch);
    this.compute();
    this.refresh();
    this.remember();
  }

  // What is changed, in words: weights of each epoch, pixels of each picture; both stay until they are undone.
  changes() {
    const { pictures, epochs } = this.payload;
    const many = (count, what) => `${count} ${what}${count > 1 ? "s" : ""}`;
    const weights = this.net
      .changes()
      .map(([epoch, count]) => many(count, "weight") + (epochs.length > 1 ? ` of ${epochs[epoch].name}` : ""));
    const numbers = [...this.drawn].flatMap(([index, pixels]) => {
      const count = pixels.filter((value, at) => value !== pictures[index].pixels[at]).length;
      return count ? [`${many(count, "number")} of ${pictures[index].name}`] : [];
    });
    return [...weights, ...numbers];
  }

  undo() {
    this.trainer.clear();
    this.net.undo();
    this.drawn.clear();
    this.pixels = this.payload.pictures[this.picture].pixels.slice();
    this.version += 1;
    this.compute();
    this.refresh();
    say(`undone; the net now says ${this.verdict()}`);
  }

  // What a pixel may be changed to: 0 to 255, or as far as this picture goes.
  pixelRange() {
    const [low, high] = extent(this.payload.pictures[this.picture].pixels);
    return [Math.min(0, low), Math.max(255, high)];
  }

  editPixel(at, value) {
    const [low, high] = this.pixelRange();
    this.pixels[at] = Math.max(low, Math.min(high, value));
    this.changed();
  }

  editWeight(node, name, at, value) {
    this.trainer.halt();
    this.net.edit(node, name, at, value);
    this.changed();
  }

  // One step of learning from this picture; what it changed is shown beside it, until something else changes.
  takeStep(optimizer, rate) {
    this.trainer.halt();
    this.gradients();
    const before = this.snapshot();
    this.net.takeStep(optimizer, rate);
    this.version += 1;
    this.compute();
    this.step = { before, after: this.snapshot(), version: this.version, optimizer, rate };
    this.refresh();
    say(`a step taken; the net now says ${this.verdict()}`);
  }

  // The trainer has put other weights into the net.
  learned() {
    this.version += 1;
    this.compute();
  }

  snapshot() {
    const { net } = this;
    const weights = net.learned().map(([node, name]) => node.own[name]);
    return { loss: this.loss(), p: net.probabilities(), values: net.values, weights };
  }

  changed() {
    this.drawn.set(this.picture, this.pixels);
    this.version += 1;
    this.compute();
    this.refresh();
    say(`changed; the net now says ${this.verdict()}`);
  }

  compute() {
    const start = performance.now();
    this.net.forward(this.pixels, this.picture);
    this.time = performance.now() - start;
  }

  // Gradients for the chosen label, computed when a view asks for them.
  gradients() {
    if (!this.net.gradients) this.net.backward(this.label);
    return this.net.gradients;
  }

  gradientMap(index, c) {
    return this.net.gradientMap(index, c);
  }

  gradientRange(index, data) {
    if (this.scale === "map") return largest(data);
    if (this.scale === "layer") return largest(this.gradients()[index]);
    return Math.max(...this.gradients().map((each) => (each ? largest(each) : 0)));
  }

  loss() {
    return this.net.lossFor(this.label);
  }

  refresh() {
    drawHeader(this);
    this.view.update();
  }

  async addFile(file) {
    try {
      const pixels = await fitPicture(file, this.payload.preprocess, this.net.nodes[0].shape[2]);
      this.payload.pictures.push({ name: file.name, label: null, pixels });
      this.usePicture(this.payload.pictures.length - 1);
      say(`${file.name}: ${this.verdict()}`);
    } catch {
      this.note(`${file.name} cannot be read as a picture.`);
    }
  }

  // ---- what the views ask -------------------------------------------------------------------------------------------

  valuesOf(index) {
    return this.net.values[index];
  }

  map(index, c) {
    return this.net.mapOf(index, c);
  }

  weight(node, name, at) {
    return this.net.weight(node, name, at);
  }

  isWide(index) {
    const { shape } = this.net.nodes[index];
    return shape.length === 3 && shape[2] > 16;
  }

  // The channels of a node: all in order, or the strongest first where there are many.
  mapsOf(index) {
    const { shape } = this.net.nodes[index];
    const count = shape[shape.length - 1];
    const all = this.net.channels(index) ?? Array.from({ length: count }, (_, c) => c);
    if (!this.isWide(index)) return all;
    const strength = new Map(all.map((c) => [c, this.map(index, c).reduce((total, v) => total + Math.abs(v), 0)]));
    return [...all].sort((a, b) => strength.get(b) - strength.get(a));
  }

  // The map that shows most: of the widest range of numbers.
  telling(index) {
    const spread = (c) => {
      const [low, high] = extent(this.map(index, c));
      return high - low;
    };
    return this.mapsOf(index)
      .map((c) => [spread(c), c])
      .reduce((best, each) => (each[0] > best[0] ? each : best))[1];
  }

  range(index, data) {
    if (this.scale === "map" || this.net.nodes[index].kind === "Input") return largest(data);
    if (this.scale === "layer") return largest(this.valuesOf(index));
    return Math.max(
      ...this.net.nodes.filter((node) => node.kind !== "Input").map((node) => largest(this.valuesOf(node.index))),
    );
  }

  entryName(node, k) {
    const ends = node.index === this.net.last || this.net.nodes[this.net.last].inputs.includes(node.index);
    const count = node.shape[0];
    if (ends && count === this.classes.length) return this.classes[k];
    return ends && count === 1 ? this.classes[1] : `entry ${k}`;
  }

  open(index, c) {
    this.selected = { node: index, map: c, cell: null };
    this.show(["Conv2D", "DepthwiseConv2D"].includes(this.net.nodes[index].kind) ? "convolution" : "layers");
    this.panel.focus();
  }

  verdict() {
    const p = this.net.probabilities();
    const best = argmax(p);
    if (Number.isNaN(p[best])) return "NaN: its numbers are no longer finite";
    return `${this.classes[best]} ${percent(p[best])}`;
  }

  // ---- frame --------------------------------------------------------------------------------------------------------

  useTheme(value) {
    if (value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
  }

  note(text) {
    const note = el("p", { class: "notice", role: "alert" }, text);
    this.header.append(note);
    setTimeout(() => note.remove(), 6000);
  }

  buildTabs() {
    const bar = document.getElementById("tabs");
    bar.append(
      ...VIEWS.map(([id, name]) =>
        button(name, () => this.show(id), { role: "tab", id: `tab-${id}`, "aria-controls": "panel" }),
      ),
    );
    bar.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const tabs = [...bar.children];
      const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
      next.click();
      next.focus();
    });
  }

  // Go to a view; unless the address asked for it, that is a step of the browser's history.
  show(id, step = true) {
    const [name, , View] = VIEWS.find(([each]) => each === id) ?? VIEWS[0];
    this.view?.leave?.();
    for (const tab of document.getElementById("tabs").children) {
      const chosen = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    this.panel.setAttribute("aria-labelledby", `tab-${name}`);
    this.panel.className = name;
    fill(this.panel);
    this.view = new View(this.panel, this);
    this.view.name = name;
    this.remember(step);
  }

  listenForFiles() {
    const dragging = (over) => document.body.classList.toggle("dragging", over && this.live);
    addEventListener("dragover", (event) => {
      event.preventDefault();
      dragging(true);
    });
    addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) dragging(false);
    });
    addEventListener("drop", (event) => {
      event.preventDefault();
      dragging(false);
      const [file] = event.dataTransfer.files;
      if (file && this.live) this.addFile(file);
    });
  }
}

async function open() {
  try {
    window.explorer = new App(await readPayload());
  } catch (error) {
    document
      .getElementById("panel")
      .replaceChildren(el("p", { class: "notice" }, `This page's data cannot be read: ${error.message}`));
    throw error;
  }
}

if (globalThis.document) open(); // else it is the worker's code: learning.js
