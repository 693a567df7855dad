/** One request as the store holds it, with its parts by id; and the rule that progress never goes back. Pure. */

/** @import { Part, Request, RequestSummary } from "./protocol.js" */

/** @typedef {{summary: RequestSummary, parts: Map<number, Part>}} Held */

/**
 * @param {Request} request
 * @param {Held} [before]
 * @returns {Held}
 */
export function heldFrom({ parts, ...summary }, before) {
  return { summary, parts: new Map(parts.map((part) => [part.id, keepProgress(part, before?.parts.get(part.id))])) };
}

/**
 * @param {Held} held
 * @returns {Request}
 */
export function requestFrom({ summary, parts }) {
  return { ...summary, parts: [...parts.values()].sort(byNumber) };
}

/**
 * Live fields are outside `version`: a reload or a late message may show an older `done` of the same attempt.
 *
 * @param {Part} part
 * @param {Part} [before]
 * @returns {Part}
 */
export function keepProgress(part, before) {
  if (!before || before.attempt !== part.attempt || before.done <= part.done) return part;
  return { ...part, done: before.done, percent: before.percent, current: before.current };
}

/** @param {Part | RequestSummary} entity */
export function isLive({ state }) {
  return state === "pending" || state === "processing";
}

/** @param {Held} held */
export function isWhole({ parts }) {
  const [first] = parts.values();
  return first !== undefined && parts.size === first.of;
}

/**
 * The order of a page and of a snapshot: what lives, however old, then the newest.
 *
 * @param {{summary: RequestSummary}} a
 * @param {{summary: RequestSummary}} b
 */
export function inOrder({ summary: a }, { summary: b }) {
  const byAge = Date.parse(b.created_at) - Date.parse(a.created_at) || b.id - a.id;
  return Number(isLive(b)) - Number(isLive(a)) || byAge;
}

/**
 * @param {Part} a
 * @param {Part} b
 */
function byNumber(a, b) {
  return a.number - b.number;
}
