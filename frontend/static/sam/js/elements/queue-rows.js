/** The table of parts: one row for each, filled where something changed, with ages that go on by themselves. */

/** @import { Picture, Shown } from "../cola/board.js" */
/** @import { ServerClock } from "../cola/clock.js" */
/** @import { Slots } from "../cola/slots.js" */
/** @import { Row } from "../digest.js" */

import { Keyed } from "../cola/keyed.js";
import { slotsOf } from "../cola/slots.js";
import { expected, lapse, queueReason, queueState } from "../cola/words.js";
import { thousands } from "../figures.js";
import { copy } from "../slots.js";

const LOOKS = { pending: "wait", processing: "work", completed: "ok", failed: "bad", cancelled: "off", expired: "off" };
const LEFT = "salió de la cola";
const BEYOND = "más atrás de lo que se ve";

/** @typedef {{element: HTMLElement, slots: Slots, shown: Shown | null}} View */

export class QueueRows {
  #clock;
  /** @type {Keyed<Shown, View>} */
  #rows;

  /**
   * @param {{list: HTMLElement, template: HTMLTemplateElement, clock: ServerClock}} options
   */
  constructor({ list, template, clock }) {
    this.#clock = clock;
    this.#rows = new Keyed(list, {
      key: (element) => element.dataset.partId,
      adopt: (element) => viewOf(element),
      make: ({ row }) => viewOf(named(copy(template, row.id), row)),
    });
  }

  /** @param {Picture} picture */
  show({ rows, hidden, held }) {
    const isShort = hidden > held;
    this.#rows.show(
      rows,
      ({ row }) => String(row.id),
      (view, shown) => this.#fill(view, shown, isShort && shown.row.state === "pending" ? BEYOND : LEFT),
    );
  }

  /** A second has passed. */
  tick() {
    for (const view of this.#rows.views) if (view.shown) this.#tickOne(view, view.shown);
  }

  /** @param {number} id */
  nameOf(id) {
    const view = this.#rows.get(String(id));
    const [name, empresa] = [view?.slots.get("row-name"), view?.slots.get("row-empresa")];
    return name ? `${name.textContent}, ${empresa?.textContent}` : `Parte ${id}`;
  }

  /**
   * @param {View} view
   * @param {Shown} shown
   * @param {string} away
   */
  #fill(view, shown, away) {
    const { element, slots } = view;
    const { row, isPinned, isGone } = shown;
    view.shown = shown;
    if (element.dataset.state !== row.state) {
      element.dataset.state = row.state;
      element.dataset.look = LOOKS[row.state];
    }
    element.toggleAttribute("data-gone", isGone);
    element.toggleAttribute("data-pinned", isPinned);
    const builds = row.state === "processing" && !isGone;
    slots.mark("row-icon", "href", `#i-${isGone ? "off" : LOOKS[row.state]}`);
    slots.fill("row-state", isGone ? away : queueState(row.state));
    slots.fill("row-position", row.position && !isGone ? `${thousands(row.position)}.º` : "");
    slots.reveal("row-building", builds);
    slots.mark("row-progress", "max", String(row.equipos));
    slots.mark("row-progress", "value", String(row.done));
    slots.fill("row-done", `${row.done}/${row.equipos}`);
    slots.fill("row-why", isGone ? "" : builds ? row.worker : queueReason(row));
    slots.fill("row-attempt", row.crashes ? `${row.attempt} (caídas: ${row.crashes})` : String(row.attempt));
    slots.fill("row-priority", row.priority ? `${row.priority > 0 ? "+" : ""}${row.priority}` : "");
    slots.reveal("row-pin", true);
    slots.mark("row-pin", "aria-pressed", String(isPinned));
    slots.fill("row-pin", isPinned ? "Fijada" : "Fijar");
    this.#tickOne(view, shown);
  }

  /**
   * @param {View} view
   * @param {Shown} shown
   */
  #tickOne({ slots }, { row, isGone }) {
    const lives = !isGone && (row.state === "pending" || row.state === "processing");
    slots.fill("row-eta", lives ? expected(row.eta, this.#clock.now()) : "");
    slots.fill("row-age", lapse(this.#clock.since(row.queued_at)));
    const runs = lives && row.state === "processing" && row.started_at;
    slots.fill("row-run", runs ? lapse(this.#clock.since(runs)) : "");
  }
}

/**
 * @param {HTMLElement} element
 * @returns {View}
 */
function viewOf(element) {
  return { element, slots: slotsOf(element), shown: null };
}

/**
 * What of a row never changes.
 *
 * @param {HTMLElement} element
 * @param {Row} row
 */
function named(element, row) {
  const slots = slotsOf(element);
  element.dataset.partId = String(row.id);
  slots.mark("row-pick", "value", String(row.id));
  slots.fill("row-name", `Parte ${row.number} de ${row.of} · solicitud ${row.request}`);
  slots.fill("row-empresa", row.nombre);
  slots.fill("row-requester", row.requester);
  return element;
}
