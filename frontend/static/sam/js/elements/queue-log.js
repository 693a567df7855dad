/** The log of what operators did, whoever and in whichever window. */

/** @import { Slots } from "../cola/slots.js" */
/** @import { Digest, Order } from "../digest.js" */

import { Keyed } from "../cola/keyed.js";
import { slotsOf } from "../cola/slots.js";
import { moment, thousands } from "../figures.js";
import { copy, slot } from "../slots.js";

/** @typedef {{element: HTMLElement, slots: Slots}} View */

export class QueueLog {
  #root;
  /** @type {Keyed<Order, View>} */
  #orders;

  /** @param {{root: HTMLElement, list: HTMLElement, template: HTMLTemplateElement}} options */
  constructor({ root, list, template }) {
    this.#root = root;
    this.#orders = new Keyed(list, {
      key: (element) => element.dataset.orderId,
      adopt: (element) => ({ element, slots: slotsOf(element) }),
      make: (order) => created(template, order),
    });
  }

  /** @param {Digest} digest */
  show({ orders }) {
    this.#orders.show(
      orders,
      ({ id }) => String(id),
      ({ slots }, { changed }) => slots.fill("order-changed", thousands(changed)), // known once it is done
    );
    const [none, log] = [slot(this.#root, "no-orders"), slot(this.#root, "order-log")];
    if (none) none.hidden = orders.length > 0;
    if (log) log.hidden = orders.length === 0;
  }
}

/**
 * @param {HTMLTemplateElement} template
 * @param {Order} order
 * @returns {View}
 */
function created(template, { id, at, usuario, what, why }) {
  const element = copy(template, id);
  const slots = slotsOf(element);
  element.dataset.orderId = String(id);
  slots.fill("order-at", moment(at));
  slots.mark("order-at", "datetime", at);
  slots.fill("order-who", usuario);
  slots.fill("order-what", what);
  slots.fill("order-why", why || "—");
  return { element, slots };
}
