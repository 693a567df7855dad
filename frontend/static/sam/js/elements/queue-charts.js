/** The charts: small drawings of one window, each with its figures in words, and the same as a table. */

/** @import { Chart, Digest } from "../digest.js" */
/** @import { Line, Plot } from "../cola/series.js" */

import { ceiling, ends, heightOf, line, spread } from "../cola/plot.js";
import { failuresOf, plotsOf, spanOf, tableOf, totalsOf } from "../cola/series.js";
import { thousands } from "../figures.js";
import { fill, slot } from "../slots.js";

const SVG = "http://www.w3.org/2000/svg";
const FRAME = { width: 240, height: 96, top: 16, right: 72, bottom: 16, left: 4 };
const APART = 12;

export class QueueCharts {
  #root;
  #window = "";
  /** @type {Digest | null} */
  #digest = null;
  /** The chart that is drawn: a digest a second brings the same one again. */
  #drawn = "";
  #tabled = "";

  /** @param {{root: HTMLElement, signal: AbortSignal}} options */
  constructor({ root, signal }) {
    this.#root = root;
    root.addEventListener("change", (event) => this.#choose(event), { signal });
    for (const details of root.querySelectorAll("details.as-table")) {
      details.addEventListener("toggle", () => this.#table(), { signal });
    }
    const chosen = /** @type {HTMLInputElement | null} */ (root.querySelector("input[name='ventana']:checked"));
    this.#choice(chosen?.value ?? "");
  }

  /** @param {Digest} digest */
  show(digest) {
    this.#digest = digest;
    this.#draw();
    this.#table();
  }

  /** @param {Event} event */
  #choose({ target }) {
    if (!(target instanceof HTMLInputElement) || target.name !== "ventana") return;
    this.#choice(target.value);
    this.#draw();
    this.#table();
  }

  /** @param {string} window */
  #choice(window) {
    this.#window = window;
    for (const place of this.#windows) place.hidden = place.dataset.window !== window;
  }

  get #windows() {
    return /** @type {NodeListOf<HTMLElement>} */ (this.#root.querySelectorAll("[data-window]"));
  }

  get #chart() {
    return this.#digest?.charts.get(this.#window) ?? null;
  }

  #draw() {
    const [place, chart] = [slot(this.#root, "plots"), this.#chart];
    if (!place || !chart) return;
    const mark = `${this.#window} ${JSON.stringify({ ...chart, failures: [...chart.failures] })}`;
    if (mark === this.#drawn) return;
    this.#drawn = mark;
    const span = spanOf(chart);
    place.replaceChildren(...plotsOf(chart).map((plot) => figure(plot, span)), failures(chart));
  }

  /** Written only where somebody looks. */
  #table() {
    const chart = this.#chart;
    const place = [...this.#windows].find(({ dataset }) => dataset.window === this.#window);
    if (!place || !chart) return;
    const [completed = "", duration = ""] = totalsOf(chart, place.dataset.words ?? "");
    fill(place, "chart-completed", completed);
    fill(place, "chart-duration", duration);
    const mark = `${this.#window} ${chart.end} ${this.#drawn}`;
    if (!place.querySelector("details")?.open || mark === this.#tabled) return;
    this.#tabled = mark;
    write(slot(place, "chart-rows"), tableOf(chart));
    const why = failuresOf(chart).map(([reason, number]) => [reason, thousands(number)]);
    write(slot(place, "chart-failures"), why.length > 0 ? why : [["Ninguna", "0"]]);
  }
}

/**
 * @param {Plot} plot
 * @param {string[]} span
 */
function figure({ title, lines, says }, span) {
  const found = lines.map((one) => ({ ...one, ...ends(one.values) }));
  const most = ceiling(Math.max(...found.map((one) => one.most)));
  const svg = drawn("svg", { viewBox: `0 0 ${FRAME.width} ${FRAME.height}`, role: "img", class: "plot" });
  const told = found.map(({ name, last, most: top }) => {
    const now = last === null ? "sin datos" : says(last);
    return `${name ? `${name}: ` : ""}ahora ${now}, máximo ${says(top)}`;
  });
  svg.setAttribute("aria-label", `${title}. ${told.join("; ")}.`);
  const base = heightOf(0, most, FRAME);
  const edge = FRAME.width - FRAME.right;
  svg.append(
    drawn("path", { class: "plot-grid", d: `M${FRAME.left} ${FRAME.top}H${edge}M${FRAME.left} ${base}H${edge}` }),
    written({ x: FRAME.left, y: FRAME.top - 4, class: "plot-scale" }, says(most)),
    written({ x: FRAME.left, y: FRAME.height - 3, class: "plot-scale" }, span[0] ?? ""),
    written({ x: edge, y: FRAME.height - 3, class: "plot-scale plot-end" }, span[1] ?? ""),
  );
  const places = found.map(({ last }) => heightOf(last ?? 0, most, FRAME));
  const [first = 0, second = 0] = places.length > 1 ? spread(places[0] ?? 0, places[1] ?? 0, APART) : places;
  found.forEach((one, index) => svg.append(...stroke(one, index === 0 && found.length > 1, most, index === 0 ? first : second, says)));
  return captioned(title, svg);
}

/**
 * A line and the words at its end.
 *
 * @param {Line & {last: number | null}} one
 * @param {boolean} isDashed
 * @param {number} most
 * @param {number} place
 * @param {(value: number) => string} says
 */
function stroke({ name, values, last }, isDashed, most, place, says) {
  const path = drawn("path", { class: isDashed ? "plot-line plot-line-dashed" : "plot-line", d: line(values, most, FRAME) });
  if (last === null) return [path];
  const words = name ? `${name} ${says(last)}` : says(last);
  return [path, written({ x: FRAME.width - FRAME.right + 4, y: place + 4, class: "plot-word" }, words)];
}

/** @param {Chart} chart */
function failures(chart) {
  const why = failuresOf(chart);
  const list = document.createElement("ul");
  list.setAttribute("role", "list");
  list.className = "failures";
  const most = Math.max(1, ...why.map(([, number]) => number));
  for (const [reason, number] of why) {
    const item = document.createElement("li");
    const bar = drawn("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", class: "bar", "aria-hidden": "true" });
    bar.append(drawn("rect", { class: "bar-failed", width: (100 * number) / most, height: 8 }));
    item.append(`${thousands(number)} · ${reason}`, bar);
    list.append(item);
  }
  if (why.length > 0) return captioned("Fallas por motivo", list);
  const none = document.createElement("p");
  none.className = "quiet";
  none.textContent = "Ninguna";
  return captioned("Fallas por motivo", none);
}

/**
 * @param {string} title
 * @param {Element} content
 */
function captioned(title, content) {
  const [whole, caption] = [document.createElement("figure"), document.createElement("figcaption")];
  caption.textContent = title;
  whole.append(caption, content);
  return whole;
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function drawn(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/**
 * @param {Record<string, string | number>} attributes
 * @param {string} words
 */
function written(attributes, words) {
  const element = drawn("text", attributes);
  element.textContent = words;
  return element;
}

/**
 * @param {HTMLElement | null} body
 * @param {string[][]} rows
 */
function write(body, rows) {
  const blank = body?.firstElementChild;
  if (!body || !blank) return;
  while (body.childElementCount > rows.length) body.lastElementChild?.remove();
  while (body.childElementCount < rows.length) body.append(blank.cloneNode(true));
  rows.forEach((cells, index) => {
    const places = body.children[index]?.children ?? [];
    cells.forEach((text, at) => {
      const place = places[at];
      if (place && place.textContent !== text) place.textContent = text;
    });
  });
}
