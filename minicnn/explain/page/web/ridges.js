// How the numbers of a layer are spread, a row an epoch: its weights, and what it returns for this picture; and how
// many ReLUs are closed for every picture of the page.

import { el, fill, svg, table } from "./dom.js";
import { format, largest } from "./numbers.js";
import { closingNodes, histogram, openUnits } from "./spread.js";

const RIDGE_BINS = 31; // odd: 0 lies in the middle of one
const MOST_ROWS = 12; // epochs at most
const [RIDGE_WIDTH, RIDGE_HEIGHT] = [240, 26];

export class Spread {
  constructor(app) {
    this.app = app;
    this.ridges = el("div", { class: "flow" });
    this.dead = el("div", { class: "dead" });
    this.element = app.live
      ? el("section", { class: "spread" }, el("h2", {}, "How its numbers are spread"), this.ridges, this.dead)
      : el("section", {});
  }

  // The epochs that have a row: all, or some at even distances, the one in view among them.
  get epochs() {
    const { payload, net } = this.app;
    const last = payload.epochs.length - 1;
    if (last < MOST_ROWS) return payload.epochs.map((_, k) => k);
    const some = Array.from({ length: MOST_ROWS - 1 }, (_, k) => Math.round((k * last) / (MOST_ROWS - 2)));
    return [...new Set([...some, net.epoch])].sort((a, b) => a - b);
  }

  show(node) {
    const { app } = this;
    if (!app.live) return;
    const key = [app.version, app.picture, node.index, this.epochs.join()].join(" ");
    if (key !== this.key) this.found = this.read(node);
    this.key = key;
    fill(this.ridges, ...this.found.map(([caption, rows]) => this.chart(caption, rows)));
    this.countDead();
  }

  // [[caption, [{epoch, values}, ...]], ...] of every learned array of a node, and of its output.
  read(node) {
    const { app, epochs } = this;
    const rows = epochs.map((epoch) => ({
      epoch,
      ...app.onPicture(app.picture, (net) => ({ own: net.nodes[node.index].own, y: net.values[node.index] }), epoch),
    }));
    return [
      ...node.arrays.map((name) => [`${node.name}, ${name}`, rows.map(({ epoch, own }) => [epoch, own[name]])]),
      [`what ${node.name} returns for this picture`, rows.map(({ epoch, y }) => [epoch, y])],
    ];
  }

  chart(caption, rows) {
    const { app } = this;
    const most = Math.max(...rows.map(([, values]) => largest(values)));
    const found = rows.map(([epoch, values]) => ({
      epoch,
      count: values.length,
      ...histogram(values, most, RIDGE_BINS),
    }));
    const high = Math.max(1, ...found.flatMap(({ counts }) => counts));
    return el(
      "figure",
      { class: "map ridges", "data-most": most },
      el("figcaption", {}, caption),
      found.map(({ epoch, count, counts, zeros }) => {
        const share = zeros ? `${((100 * zeros) / count).toFixed(zeros === count ? 0 : 1)}\u00a0% are 0` : "";
        const { name } = app.payload.epochs[epoch];
        return el(
          "div",
          { class: epoch === app.net.epoch ? "ridge chosen" : "ridge", "data-counts": counts.join(" ") },
          el("span", { class: "ridge-name" }, name),
          ridgeBars(counts, high, `${name}: ${count} numbers from ${format(-most, 3)} to ${format(most, 3)}; ${share}`),
          el("span", { class: "ridge-zeros", "data-value": zeros }, share),
        );
      }),
      el(
        "div",
        { class: "ridge ends" },
        el("span", { class: "ridge-name" }),
        el(
          "span",
          { class: "ridge-axis" },
          [-most, 0, most].map((value) => el("span", {}, format(value, 3))),
        ),
        el("span", { class: "ridge-zeros" }),
      ),
    );
  }

  // ---- dead ReLUs ---------------------------------------------------------------------------------------------------

  // Run every epoch on every picture, one at a time, so that the page stays awake: the one in view first.
  countDead() {
    const { app } = this;
    const relus = closingNodes(app.net.nodes);
    if (!relus.length) return;
    const { pictures } = app.payload;
    const key = `${app.version} ${pictures.length}`;
    if (app.counted?.key !== key) app.counted = { key, epochs: new Map() };
    clearTimeout(this.timer);
    const { counted } = app;
    const next = () => {
      if (app.counted !== counted || !this.element.isConnected) return;
      const waiting = [app.net.epoch, ...this.epochs].find(
        (epoch) => (counted.epochs.get(epoch)?.done ?? 0) < pictures.length,
      );
      if (waiting === undefined) return;
      const own = counted.epochs.get(waiting) ?? { done: 0, units: null };
      const units = app.onPicture(own.done, openUnits, waiting);
      own.units = own.units ? openInEither(own.units, units) : units;
      own.done += 1;
      counted.epochs.set(waiting, own);
      if (own.done === pictures.length) this.drawDead(relus, counted.epochs);
      this.timer = setTimeout(next, 10);
    };
    this.drawDead(relus, counted.epochs);
    this.timer = setTimeout(next, 80);
  }

  drawDead(relus, found) {
    const { app } = this;
    const { pictures, epochs } = app.payload;
    const done = (epoch) => found.get(epoch)?.done === pictures.length;
    const deadOf = (epoch, index) =>
      found
        .get(epoch)
        .units.get(index)
        .flatMap((open, unit) => (open ? [] : [unit]));
    const shown = this.epochs;
    const rows = relus.map(({ name, index, shape }) => {
      const units = shape[shape.length - 1];
      const cells = shown.map((epoch) => (done(epoch) ? `${deadOf(epoch, index).length} of ${units}` : "\u2026"));
      const own = done(app.net.epoch) ? deadOf(app.net.epoch, index) : [];
      const few = own.slice(0, 8).join(", ");
      return [name, ...cells, few + (own.length > 8 ? ", \u2026" : "")];
    });
    fill(
      this.dead,
      el("h2", {}, "Dead ReLUs"),
      el(
        "p",
        { class: "hint" },
        "Units that are 0 all over every picture of this page: none of these pictures sends their weights a gradient." +
          (shown.length > 1 ? ` The last column names those at ${epochs[app.net.epoch].name}.` : ""),
      ),
      table(["ReLU", ...shown.map((epoch) => epochs[epoch].name), "which"], rows),
    );
  }
}

// The bars of a histogram, the highest `high`; none is too small to be seen.
function ridgeBars(counts, high, words) {
  const wide = RIDGE_WIDTH / counts.length;
  const rows = counts.map((count, k) => {
    const tall = count ? Math.max(1, (count / high) * RIDGE_HEIGHT) : 0;
    const [left, up, across] = [k * wide, tall, wide - 0.6].map((value) => value.toFixed(2));
    return `M${left},${RIDGE_HEIGHT}v-${up}h${across}v${up}z`;
  });
  return svg(
    "svg",
    { viewBox: `0 0 ${RIDGE_WIDTH} ${RIDGE_HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": words },
    svg("path", { d: rows.join("") }),
  );
}

const openInEither = (some, others) =>
  new Map([...some].map(([index, open]) => [index, open.map((own, unit) => own || others.get(index)[unit])]));
