/** How old what the page shows is, in words: up to date only while digests come. Pure. */

import { ago } from "../figures.js";

const STEP_SECONDS = 10; // what is paused should not move either
const OLD_SECONDS = 15; // a digest comes every 5 s, changed or not

/**
 * Whether nothing came for longer than it may take: the connection lives, and who looks at the queue does not.
 *
 * @param {number} age of what is shown, in seconds
 */
export function isOld(age) {
  return age > OLD_SECONDS;
}

/**
 * @param {object} how
 * @param {number} how.age of what is shown, in seconds
 * @param {boolean} how.isHeld its updates are paused
 * @param {boolean} how.comes digests are to be expected
 */
export function freshness({ age, isHeld, comes }) {
  const old = Math.floor(age / STEP_SECONDS) * STEP_SECONDS;
  if (isHeld) return old > 0 ? `en pausa; se ve lo de ${ago(old)}` : "en pausa";
  return comes && !isOld(age) ? "al día" : `se ve lo de ${ago(old)}`;
}
