// The guided tour: look here, predict, check; on the net of this page. It lies beside the views and locks nothing.

import { button, el, fill, say } from "./dom.js";
import { STOPS } from "./stops.js";

export class Tour {
  constructor(app) {
    this.app = app;
    this.element = el("aside", { class: "tour", "aria-label": "Guided tour", tabindex: -1 });
    this.onKey = (event) => {
      if (event.key === "Escape") this.close();
    };
  }

  get running() {
    return this.element.isConnected;
  }

  open() {
    if (this.running) return this.close();
    this.answers = new Map();
    this.right = new Set();
    this.stops = STOPS.filter((make) => make(this.app)); // what this net has
    document.body.append(this.element);
    document.body.classList.add("touring");
    document.addEventListener("keydown", this.onKey);
    this.goTo(0);
  }

  close() {
    document.removeEventListener("keydown", this.onKey);
    document.body.classList.remove("touring");
    this.element.remove();
    this.unmark();
    document.querySelector(".tour-start")?.focus();
  }

  goTo(at) {
    this.at = at;
    this.stop = this.stops[at](this.app);
    this.stop.go();
    this.mark();
    this.draw();
    this.element.focus({ preventScroll: true });
    const { title, look, ask } = this.stop;
    say(`${title}. ${look} ${ask}`);
  }

  unmark() {
    for (const node of document.querySelectorAll(".looked-at")) node.classList.remove("looked-at");
  }

  mark() {
    this.unmark();
    const node = document.querySelector(`main :is(${this.stop.mark})`);
    node?.classList.add("looked-at");
    node?.scrollIntoView({ block: "center" });
  }

  answer(k) {
    this.answers.set(this.at, k);
    if (k === this.stop.right) this.right.add(this.at);
    else this.right.delete(this.at);
    this.draw();
    say(this.told());
    this.element.querySelector(".tour-next")?.focus();
  }

  told() {
    const { choices, right, why } = this.stop;
    const chosen = this.answers.get(this.at);
    return `${chosen === right ? "Right." : `No: ${choices[right]}.`} ${why}`;
  }

  draw() {
    const { stop, at } = this;
    const count = this.stops.length;
    const last = at === count - 1;
    const chosen = this.answers.get(at);
    const done = chosen !== undefined;
    fill(
      this.element,
      el(
        "div",
        { class: "tour-head" },
        el("span", { class: "shape" }, `stop ${at + 1} of ${count}`),
        button("Close", () => this.close(), { "aria-label": "close the tour" }),
      ),
      el("h2", {}, stop.title),
      el("p", {}, stop.look),
      el("p", { class: "total" }, stop.ask),
      el(
        "div",
        { class: "tour-choices", role: "group", "aria-label": stop.ask },
        stop.choices.map((text, k) =>
          button(text, () => this.answer(k), {
            "aria-pressed": String(chosen === k),
            class: done && k === stop.right ? "choice true" : "choice",
          }),
        ),
      ),
      done ? el("p", { class: "tour-told" }, this.told()) : null,
      done && last ? el("p", { class: "hint" }, `${this.right.size} of ${count} predicted.`) : null,
      el(
        "div",
        { class: "tour-choices" },
        button("Back", () => this.goTo(at - 1), { disabled: at === 0 }),
        last
          ? button("Done", () => this.close(), { class: "primary tour-next" })
          : button(done ? "Next" : "Skip", () => this.goTo(at + 1), { class: "primary tour-next" }),
      ),
    );
  }
}
