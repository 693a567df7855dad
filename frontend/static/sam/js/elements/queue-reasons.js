/** Why parts failed that can still be retried: for those who may retry them, and only while there are any. */

/** @import { Slots } from "../cola/slots.js" */
/** @import { Digest, Reason } from "../digest.js" */

import { Keyed } from "../cola/keyed.js";
import { slotsOf } from "../cola/slots.js";
import { counted } from "../figures.js";
import { copy } from "../slots.js";

/** @typedef {{element: HTMLElement, slots: Slots}} View */

export class QueueReasons {
  #section;
  /** @type {Keyed<Reason, View>} */
  #reasons;

  /** @param {{section: HTMLElement, list: HTMLElement, template: HTMLTemplateElement}} options */
  constructor({ section, list, template }) {
    this.#section = section;
    this.#reasons = new Keyed(list, {
      key: (element) => element.dataset.reason,
      adopt: (element) => ({ element, slots: slotsOf(element) }),
      make: (reason) => created(template, reason),
    });
  }

  /** @param {Digest} digest */
  show({ reasons }) {
    this.#reasons.show(
      reasons,
      ({ reason }) => reason,
      ({ slots }, { n, words }) => slots.fill("reason-parts", `${counted(n, "parte", "partes")}: ${words}`),
    );
    // Never under the focus: the next digest hides it.
    this.#section.hidden = reasons.length === 0 && !this.#section.contains(document.activeElement);
  }
}

/**
 * @param {HTMLTemplateElement} template
 * @param {Reason} reason
 * @returns {View}
 */
function created(template, { reason, words }) {
  const element = copy(template, 0);
  const slots = slotsOf(element);
  element.dataset.reason = reason;
  slots.mark("reason-value", "value", reason);
  slots.mark("reason-form", "data-target", words);
  slots.mark("reason-button", "aria-label", `Reintentar todas: ${words}`);
  return { element, slots };
}
