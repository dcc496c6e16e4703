// Training in the page: a worker takes one step after another, and the page shows the weights as they come.
//
// The worker keeps nothing: each message brings weights, what the optimizer remembers, and the pictures; so whatever is
// changed in between counts, and to pause is to ask for no further step.

import { say } from "./dom.js";
import { arraysOf, outline } from "./learning.js";
import { format } from "./numbers.js";

const FASTEST = 120; // milliseconds from one drawing of the page to the next, at least
const SHARE = 3; // and so many times what the last drawing took: the reader's own clicks come first

export class Trainer {
  constructor(app) {
    this.app = app;
    this.optimizer = "Adam";
    this.rate = 0.001;
    this.tickets = 0; // of the steps that were asked for
    this.size = Math.min(5, this.pictures.length);
    this.clear();
  }

  get pictures() {
    return this.app.payload.training.order[0] ?? [];
  }

  // Why this net does not learn here; null where it does.
  get refusal() {
    return this.fault ?? this.app.payload.training.refusal;
  }

  // The pictures of every step of the passes that the page carries; then it begins again. A pass ends with those left.
  get batches() {
    return this.app.payload.training.order.flatMap((pass) =>
      Array.from({ length: Math.ceil(pass.length / this.size) }, (_, k) =>
        pass.slice(k * this.size, (k + 1) * this.size),
      ),
    );
  }

  // Forget the curve: the next step is the first one.
  clear() {
    this.running = false;
    this.asked = null;
    this.losses = [];
    this.times = [];
    this.epoch = null;
    this.latest = null; // what the worker answered last, where the page does not show it yet
  }

  start() {
    this.running = true;
    this.ask();
    this.app.refresh();
  }

  step() {
    if (!this.asked) this.ask();
  }

  // Stop where the last answer left the weights; a step under way is dropped.
  halt() {
    if (!this.running && !this.asked) return;
    this.running = false;
    this.asked = null;
    clearTimeout(this.drawing);
    this.show();
  }

  pause() {
    this.halt();
    this.app.refresh();
    say(`paused after step ${this.losses.length}; the net now says ${this.app.verdict()}`);
  }

  // Ask the worker for the next step.
  ask() {
    const { app } = this;
    if (this.epoch !== app.net.epoch) {
      const { running } = this;
      this.clear();
      this.running = running;
      this.epoch = app.net.epoch;
    }
    this.worker ??= this.hire();
    const { batches } = this;
    const batch = batches[this.losses.length % batches.length].map((index) => ({
      pixels: app.pixelsOf(index),
      label: app.payload.pictures[index].label,
    }));
    const { arrays, memory } = this.latest ?? { arrays: arraysOf(app.net), memory: app.net.memory };
    this.asked = { since: performance.now(), ticket: (this.tickets += 1) };
    const { ticket } = this.asked;
    this.worker.postMessage({ ticket, arrays, memory, batch, optimizer: this.optimizer, rate: this.rate });
  }

  // The worker runs the code of this page, which the page's policy knows.
  hire() {
    const code = document.querySelector('script[type="module"]').textContent;
    const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    worker.onmessage = ({ data }) => this.take(data);
    worker.onerror = ({ message }) => {
      this.clear();
      this.fault = `This browser does not run the worker in which the net would learn: ${message ?? "refused"}.`;
      this.app.refresh();
    };
    worker.postMessage({ outline: outline(this.app.payload) });
    return worker;
  }

  take({ ticket, arrays, weights, memory, loss }) {
    if (this.asked?.ticket !== ticket) return; // halted meanwhile
    this.times.push(performance.now() - this.asked.since);
    this.asked = null;
    this.losses.push(loss);
    this.latest = { arrays, weights, memory };
    if (!Number.isFinite(loss)) this.running = false;
    if (this.running) {
      this.ask();
      this.drawSoon();
    } else {
      clearTimeout(this.drawing);
      this.drawing = null;
      this.show();
      this.app.refresh();
      say(`step ${this.losses.length}: loss ${format(loss)}; the net now says ${this.app.verdict()}`);
    }
  }

  drawSoon() {
    this.drawing ??= setTimeout(
      () => {
        const start = performance.now();
        this.drawing = null;
        this.show();
        this.app.refresh();
        this.drawn = performance.now() - start;
      },
      Math.max(FASTEST, SHARE * (this.drawn ?? 0)),
    );
  }

  // Put the weights that were learned last into the page's net.
  show() {
    if (!this.latest) return;
    const { net } = this.app;
    this.latest.weights.forEach((own, k) => net.replace(...net.learned()[k], own));
    net.memory = this.latest.memory;
    this.latest = null;
    this.app.learned();
  }
}
