/** The lanes: how much of each empresa waits and is built, as figures and as a bar. */

/** @import { ServerClock } from "../cola/clock.js" */
/** @import { Slots } from "../cola/slots.js" */
/** @import { Digest, Lane } from "../digest.js" */

import { Keyed } from "../cola/keyed.js";
import { slotsOf } from "../cola/slots.js";
import { lapse } from "../cola/words.js";
import { counted, thousands } from "../figures.js";
import { copy, fill, slot } from "../slots.js";

/** @typedef {{element: HTMLElement, slots: Slots, lane: Lane | null}} View */

export class QueueLanes {
  #root;
  #clock;
  /** @type {Keyed<Lane, View>} */
  #lanes;

  /**
   * @param {{root: HTMLElement, list: HTMLElement, template: HTMLTemplateElement, clock: ServerClock}} options
   */
  constructor({ root, list, template, clock }) {
    this.#root = root;
    this.#clock = clock;
    this.#lanes = new Keyed(list, {
      key: (element) => element.dataset.lane,
      adopt: (element) => ({ element, slots: slotsOf(element), lane: null }),
      make: (lane) => created(template, lane),
    });
  }

  /** @param {Digest} digest */
  show({ lanes, more_lanes }) {
    const most = Math.max(1, ...lanes.map(({ waiting, building }) => waiting + building));
    this.#lanes.show(
      lanes,
      ({ empresa }) => String(empresa),
      (view, lane) => this.#fill(view, lane, most),
    );
    const [none, more] = [slot(this.#root, "no-lanes"), slot(this.#root, "more-lanes")];
    if (none) none.hidden = lanes.length > 0;
    if (more) more.hidden = more_lanes === 0;
    fill(this.#root, "more-lanes", `y ${counted(more_lanes, "empresa más", "empresas más")}`);
  }

  /** A second has passed. */
  tick() {
    for (const { slots, lane } of this.#lanes.views) if (lane) this.#tickOne(slots, lane);
  }

  /**
   * @param {View} view
   * @param {Lane} lane
   * @param {number} most
   */
  #fill(view, lane, most) {
    const { slots } = view;
    view.lane = lane;
    slots.fill("lane-building", thousands(lane.building));
    slots.fill("lane-limit", lane.limit === null ? "" : ` de ${lane.limit}`);
    slots.fill("lane-waiting", thousands(lane.waiting));
    slots.fill("lane-done", thousands(lane.done));
    slots.reveal("lane-paused", lane.paused);
    const word = lane.paused ? "Reanudar" : "Pausar";
    slots.mark("lane-action", "value", lane.paused ? "resume" : "pause");
    slots.mark("lane-button", "aria-label", `${word} ${lane.nombre}`);
    slots.fill("lane-button", word);
    const [building, waiting] = [(100 * lane.building) / most, (100 * lane.waiting) / most];
    slots.mark("lane-bar-building", "width", building.toFixed(1));
    slots.mark("lane-bar-waiting", "x", building.toFixed(1));
    slots.mark("lane-bar-waiting", "width", waiting.toFixed(1));
    this.#tickOne(slots, lane);
  }

  /**
   * @param {Slots} slots
   * @param {Lane} lane
   */
  #tickOne(slots, { oldest }) {
    slots.fill("lane-oldest", oldest ? lapse(this.#clock.since(oldest)) : "");
  }
}

/**
 * @param {HTMLTemplateElement} template
 * @param {Lane} lane
 * @returns {View}
 */
function created(template, lane) {
  const element = copy(template, lane.empresa);
  const slots = slotsOf(element);
  element.dataset.lane = String(lane.empresa);
  slots.fill("lane-name", lane.nombre);
  slots.mark("lane-name", "href", `?empresa=${lane.empresa}#partes`);
  slots.mark("lane-value", "value", String(lane.empresa));
  slots.get("lane-form")?.setAttribute("data-target", lane.nombre);
  return { element, slots, lane };
}
