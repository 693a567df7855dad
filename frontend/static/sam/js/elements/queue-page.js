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
import { Found } from "../cola/found.js";
import { freshness, isOld } from "../cola/freshness.js";
import { Hands } from "../cola/hands.js";
import { Pins } from "../cola/pins.js";
import { slotsOf } from "../cola/slots.js";
import { parseRows } from "../digest.js";
import { counted } from "../figures.js";
import { slot } from "../slots.js";
import { QueueCharts } from "./queue-charts.js";
import { QueueLanes } from "./queue-lanes.js";
import { QueueLog } from "./queue-log.js";
import { QueueOrders } from "./queue-orders.js";
import { QueueReasons } from "./queue-reasons.js";
import { QueueRows } from "./queue-rows.js";
import { QueueStrip } from "./queue-strip.js";
import { QueueWorkers } from "./queue-workers.js";

const TICK_MS = 1_000;

/** @typedef {{strip: QueueStrip, workers: QueueWorkers, lanes: QueueLanes, charts: QueueCharts, log: QueueLog, reasons: QueueReasons | null, rows: QueueRows}} Views */

export class QueuePage extends HTMLElement {
  /** @type {Live} */
  static live;

  #connected = new AbortController();
  #clock = new ServerClock(() => Date.now());
  #pins = new Pins();
  #board = new Board();
  /** Where the page has a filter. @type {Found | null} */
  #found = null;
  /** Of the page, found before its rows come and go. */
  #slots = slotsOf(this);
  /** @type {Views | null} */
  #views = null;
  /** @type {QueueOrders | null} */
  #orders = null;
  /** The latest, shown or not. @type {Digest | null} */
  #digest = null;
  /** @type {Hands | null} */
  #hands = null;
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
    const [row, lane, worker, built, order, reason] = ["row", "lane", "worker", "built", "order", "reason"].map(
      (name) => /** @type {HTMLTemplateElement} */ (this.querySelector(`template[data-template="${name}"]`)),
    );
    if (!row || !lane || !worker || !built || !order) return;
    const found = this.querySelector("#cola-filas"); // the rows of a filter
    if (found) {
      const keepsGone = !this.dataset.estado;
      const rowsOfFilter = parseRows(found.textContent ?? "");
      this.#board = new Board({ rows: rowsOfFilter, matches: matcher(this.dataset), keepsGone });
      this.#found = new Found({ fetch: asJson(signal), now: () => Date.now(), hear: (now) => this.#board.renew(now) });
    }
    const rows = new QueueRows({ list: list("rows"), template: row, clock });
    this.#views = {
      strip: new QueueStrip({ root: this, clock }),
      workers: new QueueWorkers({ root: this, list: list("workers"), templates: { worker, built }, clock }),
      lanes: new QueueLanes({ root: this, list: list("lanes"), template: lane, clock }),
      charts: new QueueCharts({ root: this, signal }),
      log: new QueueLog({ root: this, list: list("orders"), template: order }),
      // Only for those who may retry them.
      reasons: reason ? new QueueReasons({ section: list("failed"), list: list("reasons"), template: reason }) : null,
      rows,
    };
    const dialog = /** @type {HTMLDialogElement | null} */ (slot(this, "confirm"));
    const [nameOf, onDone] = [(/** @type {number} */ id) => rows.nameOf(id), () => this.#found?.ask()];
    if (dialog) this.#orders = new QueueOrders({ root: this, dialog, nameOf, onDone, signal });
    dialog?.addEventListener("close", () => this.#arrange(), { signal });
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    this.#hands = new Hands({ table: slot(this, "table"), onChange: () => this.#arrange(), signal });
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
    const { strip, workers, lanes, charts, log, reasons } = this.#views;
    reasons?.show(digest);
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
    this.#found?.at(digest.version);
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
    return (this.#hands?.isOn ?? false) || (this.#orders?.isOpen ?? false);
  }

  /** @param {boolean} frozen */
  #showFrozen(frozen) {
    this.#reveal("frozen", frozen);
  }

  #tick() {
    this.#showFreshness();
    if (this.#heldAt !== null || !this.#views) return;
    const { strip, workers, lanes, rows } = this.#views;
    for (const view of [strip, lanes, rows]) view.tick();
    workers.tick({ isOld: isOld(this.#age) });
  }

  /** Of what is shown, in seconds. */
  get #age() {
    return (this.#clock.now() - this.#shownAt) / 1000;
  }

  #showFreshness() {
    const comes = QueuePage.live.connection.state === "live" && this.#digest !== null && !this.#isOver;
    this.toggleAttribute("data-old", isOld(this.#age));
    this.#slots.fill("freshness", freshness({ age: this.#age, isHeld: this.#heldAt !== null, comes }));
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

/** This page, filter and all, as a program gets it. @param {AbortSignal} signal */
function asJson(signal) {
  return async () => {
    const answer = await fetch(location.href, { headers: { Accept: "application/json" }, cache: "no-store", signal });
    return answer.ok ? answer.text() : "";
  };
}
