/** The workers: who is there, what each builds now, who is quiet and who was lost. */

/** @import { ServerClock } from "../cola/clock.js" */
/** @import { Slots } from "../cola/slots.js" */
/** @import { Digest, Row, Worker } from "../digest.js" */

import { announce } from "../announcer.js";
import { Keyed } from "../cola/keyed.js";
import { slotsOf } from "../cola/slots.js";
import { lapse } from "../cola/words.js";
import { byteSize } from "../figures.js";
import { copy, slot } from "../slots.js";

/** @typedef {{element: HTMLElement, slots: Slots}} Built */
/** @typedef {{element: HTMLElement, slots: Slots, parts: Keyed<Row, Built> | null, worker: Worker | null}} View */
/** @typedef {{worker: HTMLTemplateElement, built: HTMLTemplateElement}} Templates */

export class QueueWorkers {
  #root;
  #clock;
  #templates;
  /** @type {Keyed<Worker, View>} */
  #workers;

  /**
   * @param {{root: HTMLElement, list: HTMLElement, templates: Templates, clock: ServerClock}} options
   */
  constructor({ root, list, templates, clock }) {
    this.#root = root;
    this.#clock = clock;
    this.#templates = templates;
    this.#workers = new Keyed(list, {
      key: (element) => element.dataset.worker,
      adopt: (element) => this.#viewOf(element),
      make: (worker) => this.#create(worker),
    });
  }

  /** @param {Digest} digest */
  show({ workers, rows }) {
    const byId = new Map(rows.map((row) => [row.id, row]));
    this.#workers.show(
      workers,
      ({ name }) => name,
      (view, worker) => this.#fill(view, worker, byId),
    );
    const none = slot(this.#root, "no-workers");
    if (none) none.hidden = workers.length > 0;
  }

  /** A second has passed. @param {{isOld: boolean}} how isOld: no digest came for too long, so every beat grows older */
  tick({ isOld }) {
    for (const { slots, worker } of this.#workers.views) if (worker) this.#tickOne(slots, worker, isOld);
  }

  /**
   * @param {View} view
   * @param {Worker} worker
   * @param {Map<number, Row>} rows
   */
  #fill(view, worker, rows) {
    const { element, slots } = view;
    if (view.worker && worker.lost && !view.worker.lost) announce(`Proceso ${worker.name} perdido.`);
    view.worker = worker;
    if (element.dataset.lost !== String(worker.lost)) element.dataset.lost = String(worker.lost);
    slots.reveal("worker-lost", worker.lost);
    slots.reveal("worker-quiet", worker.quiet);
    slots.fill("worker-slots", `${worker.building.length} de ${worker.slots} ocupados`);
    slots.fill("worker-memory", byteSize(worker.memory));
    slots.reveal("worker-form", !worker.lost);
    slots.mark("worker-action", "value", worker.quiet ? "unquiet" : "quiet");
    slots.fill("worker-button", worker.quiet ? "Quitar la calma" : "Poner en calma");
    const mine = worker.building.flatMap((id) => rows.get(id) ?? []);
    view.parts?.show(mine, ({ id }) => String(id), fillBuilt);
    this.#tickOne(slots, worker);
  }

  /**
   * The beat of one who lives is as old as the digest said: its next beats are no change that would be told.
   *
   * @param {Slots} slots
   * @param {Worker} worker
   * @param {boolean} [isOld]
   */
  #tickOne(slots, { started_at, seen_at, age, lost }, isOld = false) {
    slots.fill("worker-since", lapse(this.#clock.since(started_at)));
    slots.fill("worker-age", lapse(lost || isOld ? this.#clock.since(seen_at) : age));
  }

  /** @param {Worker} worker */
  #create(worker) {
    const element = copy(this.#templates.worker, 0);
    element.dataset.worker = worker.name;
    const view = this.#viewOf(element);
    view.slots.fill("worker-name", worker.name);
    view.slots.fill("worker-host", worker.host);
    view.slots.fill("worker-version", `versión ${worker.version || "—"}`);
    view.slots.mark("worker-value", "value", worker.name);
    view.slots.get("worker-form")?.setAttribute("data-target", worker.name);
    return view;
  }

  /**
   * @param {HTMLElement} element
   * @returns {View}
   */
  #viewOf(element) {
    const list = slot(element, "worker-parts");
    /** @type {Keyed<Row, Built> | null} */
    const parts =
      list &&
      new Keyed(list, {
        key: (child) => child.dataset.partId,
        adopt: (child) => ({ element: child, slots: slotsOf(child) }),
        make: (row) => this.#createBuilt(row),
      });
    return { element, slots: slotsOf(element), parts, worker: null };
  }

  /** @param {Row} row */
  #createBuilt(row) {
    const element = copy(this.#templates.built, row.id);
    element.dataset.partId = String(row.id);
    const slots = slotsOf(element);
    slots.fill("built-name", `${row.nombre}, parte ${row.number} de ${row.of}`);
    slots.mark("built-progress", "aria-label", `Avance de la parte ${row.number} de ${row.of} de ${row.nombre}`);
    return { element, slots };
  }
}

/**
 * @param {Built} view
 * @param {Row} row
 */
function fillBuilt({ slots }, row) {
  slots.mark("built-progress", "max", String(row.equipos));
  slots.mark("built-progress", "value", String(row.done));
  slots.fill("built-done", `${row.done}/${row.equipos}`);
}
