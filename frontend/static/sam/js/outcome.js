/** What one message, or one answer to a click, did to a store. Pure. */

/**
 * `everything`: requests came or went, so lists have to be gone through.
 *
 * @typedef {object} Outcome
 * @property {"nothing" | "resync" | "signed-out"} need
 * @property {boolean} everything
 * @property {Set<number>} requests
 * @property {Set<number>} parts
 * @property {boolean} notifications
 */

/**
 * @param {Partial<Outcome>} [found]
 * @returns {Outcome}
 */
export function outcome(found) {
  return { need: "nothing", everything: false, requests: new Set(), parts: new Set(), notifications: false, ...found };
}
