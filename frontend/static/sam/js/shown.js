/** Which requests a snapshot would show, by the server's rule (`shown_requests` in sam/selectors). Pure. */

/** @import { Held } from "./held.js" */

import { inOrder, isWhole } from "./held.js";

export const MOST_REQUESTS = 20;

/**
 * All but those with nothing but expired parts, in order, and no more than a snapshot holds.
 *
 * @param {Held[]} all
 */
export function shown(all) {
  return all.filter((held) => !isWhole(held) || !allExpired(held)).sort(inOrder).slice(0, MOST_REQUESTS);
}

/**
 * The last of a full list, below which there may be others that are not known; null where all are known.
 *
 * @param {Held[]} kept
 */
export function lowest(kept) {
  return kept[MOST_REQUESTS - 1] ?? null;
}

/**
 * Whether requests that are not known may have moved up, since `last` was the last of a full list.
 *
 * @param {Held[]} kept
 * @param {Held} last
 */
export function mayMiss(kept, last) {
  const end = lowest(kept);
  return end === null || inOrder(end, last) > 0;
}

/** @param {Held} held */
function allExpired({ parts }) {
  return [...parts.values()].every(({ state }) => state === "expired");
}
