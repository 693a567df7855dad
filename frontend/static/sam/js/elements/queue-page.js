/**
 * `<queue-page>`: the live queue. It shows each digest at once, but never under the hands of whoever works with it.
 *
 * The order of the rows stands still while one points at them, has the focus in them or a dialog is open; and all of
 * the page does while its updates are paused.
 */

/** @import { Digest } from "../digest.js" */
/** @import { Live } from "../live.js" */

import { Board } from "../cola/board.js";
import { ServerClock } from "../cola/clock.js";
import { matcher } from "../cola/filter.js";
import { Pins } from "../cola/pins.js";
import { slotsOf } from "../cola/slots.js";
import { parseRows } from "../digest.js";
import { ago, counted } from "../figures.js";
import { slot } from "../slots.js";
import { QueueCharts } from "./queue-charts.js";
import { QueueLanes } from "./queue-lanes.js";
import { QueueLog } from "./queue-log.js";
import { QueueOrders } from "./queue-orders.js";
import { QueueRows } from "./queue-rows.js";
import { QueueStrip } from "./queue-strip.js";
import { QueueWorkers } from "./queue-workers.js";

const TICK_MS = 1_000;
const HELD_STEP_SECONDS = 10; // what is paused should not move either

/** @typedef {{strip: QueueStrip, workers: QueueWorkers, lanes: QueueLanes, charts: QueueCharts, log: QueueLog, rows: QueueRows}} Views */

export class QueuePage extends HTMLElement {
  /** @type {Live} */
  static live;

  #connected = new AbortController();
  #clock = new ServerClock(() => Date.now());
  #pins = new Pins();
  #board = new Board();
  /** Of the page, found before its rows come and go. */
  #slots = slotsOf(this);
  /** @type {Views | null} */
  #views = null;
  /** @type {QueueOrders | null} */
  #orders = null;
  /** The latest, shown or not. @type {Digest | null} */
  #digest = null;
  #isPointedAt = false;
  #isFocused = false;
  #wasFrozen = false;
  /** Since when the updates are paused, by the server's clock. @type {number | null} */
  #heldAt = null;
  #shownAt = 0;
  #isOver = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;

  connectedCallback() {
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    this.#slots = slotsOf(this);
    this.#clock.hear(this.dataset.at ?? "");
    this.#shownAt = this.#clock.now();
    this.#build(signal);
    this.#listen(signal);
    for (const name of ["hold", "windows", "plots"]) this.#reveal(name, true);
    this.#reveal("batch-why", false);
    this.#countPicked();
    QueuePage.live.onQueue((digest) => this.#hear(digest), signal);
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  disconnectedCallback() {
    this.#connected.abort();
    clearInterval(this.#ticking);
  }

  /** @param {AbortSignal} signal */
  #build(signal) {
    const clock = this.#clock;
    const list = (/** @type {string} */ name) => /** @type {HTMLElement} */ (slot(this, name));
    const [row, lane, worker, built, order] = ["row", "lane", "worker", "built", "order"].map(
      (name) => /** @type {HTMLTemplateElement} */ (this.querySelector(`template[data-template="${name}"]`)),
    );
    if (!row || !lane || !worker || !built || !order) return;
    const found = this.querySelector("#cola-filas"); // the rows of a filter
    if (found) this.#board = new Board({ rows: parseRows(found.textContent ?? ""), matches: matcher(this.dataset) });
    const rows = new QueueRows({ list: list("rows"), template: row, clock });
    this.#views = {
      strip: new QueueStrip({ root: this, clock }),
      workers: new QueueWorkers({ root: this, list: list("workers"), templates: { worker, built }, clock }),
      lanes: new QueueLanes({ root: this, list: list("lanes"), template: lane, clock }),
      charts: new QueueCharts({ root: this, signal }),
      log: new QueueLog({ root: this, list: list("orders"), template: order }),
      rows,
    };
    const dialog = /** @type {HTMLDialogElement | null} */ (slot(this, "confirm"));
    if (dialog) this.#orders = new QueueOrders({ root: this, dialog, nameOf: (id) => rows.nameOf(id), signal });
    dialog?.addEventListener("close", () => this.#arrange(), { signal });
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const table = slot(this, "table");
    const point = (/** @type {boolean} */ is) => (/** @type {PointerEvent} */ event) => {
      if (event.pointerType === "touch") return; // a finger that is gone points at nothing
      this.#isPointedAt = is;
      this.#arrange();
    };
    table?.addEventListener("pointerenter", point(true), { signal });
    table?.addEventListener("pointerleave", point(false), { signal });
    const focus = (/** @type {EventTarget | null} */ holder) => {
      this.#isFocused = holder instanceof Node && table !== null && table.contains(holder);
      this.#arrange();
    };
    table?.addEventListener("focusin", ({ target }) => focus(target), { signal });
    table?.addEventListener("focusout", ({ relatedTarget }) => focus(relatedTarget), { signal });
    this.addEventListener("click", (event) => this.#click(event), { signal });
    this.addEventListener("change", () => this.#countPicked(), { signal });
  }

  /** @param {Digest | null} digest */
  #hear(digest) {
    if (digest) this.#clock.hear(digest.at);
    this.#isOver = digest === null;
    this.#reveal("forbidden", this.#isOver);
    if (!digest) return;
    this.#digest = digest;
    if (this.#heldAt === null) this.#show();
  }

  #show() {
    const digest = this.#digest;
    if (!digest || !this.#views) return;
    this.#shownAt = this.#clock.now();
    const { strip, workers, lanes, charts, log } = this.#views;
    strip.show(digest);
    workers.show(digest);
    lanes.show(digest);
    charts.show(digest);
    log.show(digest);
    this.#showRows(digest);
    this.#showFreshness();
  }

  /** @param {Digest} digest */
  #showRows(digest) {
    const frozen = this.#isFrozen;
    const picture = this.#board.apply(digest, { frozen, pins: this.#pins.ids });
    this.#views?.rows.show(picture);
    this.#wasFrozen = frozen;
    this.#reveal("no-rows", picture.rows.length === 0);
    const filtered = this.hasAttribute("data-filtered");
    const beyond = picture.hidden - picture.held;
    this.#reveal("hidden", beyond > 0 && !filtered);
    this.#slots.fill("hidden", `y ${counted(beyond, "parte más en la cola", "partes más en la cola")}`);
    this.#reveal("held", picture.held > 0);
    this.#slots.fill("held", `${counted(picture.held, "parte nueva espera", "partes nuevas esperan")} a que se suelte`);
    this.#showFrozen(frozen);
    this.#countPicked();
  }

  /** The hands are on the table or off it: off, it catches up at once. */
  #arrange() {
    const frozen = this.#isFrozen;
    this.#showFrozen(frozen);
    if (this.#wasFrozen && !frozen && this.#digest && this.#heldAt === null) {
      queueMicrotask(() => this.#digest && !this.#isFrozen && this.#heldAt === null && this.#showRows(this.#digest));
    }
    this.#wasFrozen ||= frozen;
  }

  get #isFrozen() {
    return this.#isPointedAt || this.#isFocused || (this.#orders?.isOpen ?? false);
  }

  /** @param {boolean} frozen */
  #showFrozen(frozen) {
    this.#reveal("frozen", frozen);
  }

  #tick() {
    this.#showFreshness();
    if (this.#heldAt !== null || !this.#views) return;
    const { strip, workers, lanes, rows } = this.#views;
    for (const view of [strip, workers, lanes, rows]) view.tick();
  }

  #showFreshness() {
    const held = this.#heldAt !== null;
    const { state } = QueuePage.live.connection;
    const age = (this.#clock.now() - this.#shownAt) / 1000;
    const old = Math.floor(age / HELD_STEP_SECONDS) * HELD_STEP_SECONDS;
    if (held) this.#slots.fill("freshness", old > 0 ? `en pausa; se ve lo de ${ago(old)}` : "en pausa");
    else if (this.#isOver) this.#slots.fill("freshness", `se ve lo de ${ago(old)}`);
    else if (state === "live" && this.#digest) this.#slots.fill("freshness", "al día");
    else this.#slots.fill("freshness", `se ve lo de ${ago(old)}`);
  }

  /** @param {MouseEvent} event */
  #click({ target }) {
    const button = target instanceof Element ? target.closest("button") : null;
    if (button?.dataset.verb === "hold") this.#hold(button);
    if (button?.dataset.verb === "pin") this.#pin(button);
  }

  /** @param {HTMLButtonElement} button */
  #hold(button) {
    this.#heldAt = this.#heldAt === null ? this.#clock.now() : null;
    const held = this.#heldAt !== null;
    button.setAttribute("aria-pressed", String(held));
    this.toggleAttribute("data-held", held);
    if (held) this.#showFreshness();
    else this.#show();
  }

  /** @param {HTMLButtonElement} button */
  #pin(button) {
    const id = Number(/** @type {HTMLElement | null} */ (button.closest("[data-part-id]"))?.dataset.partId);
    const isPinned = this.#pins.toggle(id);
    button.setAttribute("aria-pressed", String(isPinned));
    button.closest("tr")?.toggleAttribute("data-pinned", isPinned);
    if (this.#digest && this.#heldAt === null) this.#showRows(this.#digest);
  }

  #countPicked() {
    const picked = this.querySelectorAll("input[name='ids']:checked").length;
    this.#slots.fill("picked", picked ? `${counted(picked, "parte elegida", "partes elegidas")}:` : "Elija partes para:");
  }

  /**
   * @param {string} name
   * @param {boolean} isShown
   */
  #reveal(name, isShown) {
    this.#slots.reveal(name, isShown);
  }
}
