/** What an operator reads of the queue: pure, and the same as the server's `sam/words.py`, by the same vectors. */

/** @import { State } from "../protocol.js" */
/** @import { Row } from "../digest.js" */

import { thousands } from "../figures.js";
import { ERRORS, REASONS, UNKNOWN_ERROR } from "../words.js";

/** @type {Record<State, string>} */
const STATES = {
  pending: "En espera",
  processing: "En curso",
  completed: "Lista",
  failed: "Fallida",
  cancelled: "Cancelada",
  expired: "Vencida",
};

/** From which twice the unit is said in it. @type {[number, string][]} */
const LAPSES = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

/** @param {State} state */
export function queueState(state) {
  return STATES[state];
}

/**
 * Why a part waits or failed; nothing where its place in the queue says it.
 *
 * @param {Pick<Row, "state" | "reason">} row
 */
export function queueReason({ state, reason }) {
  if (state === "pending") return REASONS.get(reason ?? "") ?? "";
  return state === "failed" ? (ERRORS.get(reason ?? "") ?? UNKNOWN_ERROR) : "";
}

/**
 * "40 s", "3 min", "5 h", "2 d": whole, rounded down, and finer near the change of a unit.
 *
 * @param {number} seconds
 */
export function lapse(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [unit, name] = unitOf(whole);
  return `${thousands(Math.floor(whole / unit))} ${name}`;
}

/**
 * A range of instants as it is seen at another: "en 12–20 s", "en menos de 3 min".
 *
 * @param {[string, string] | null} eta
 * @param {string | number} at
 */
export function expected(eta, at) {
  if (!eta) return "";
  const now = typeof at === "number" ? at : Date.parse(at);
  const [first, last] = [(Date.parse(eta[0]) - now) / 1000, (Date.parse(eta[1]) - now) / 1000];
  if (last <= 0) return "en cualquier momento";
  const [unit, name] = unitOf(Math.ceil(last));
  const [least, most] = [Math.max(0, Math.floor(first / unit)), Math.ceil(last / unit)];
  if (least === 0) return `en menos de ${most} ${name}`;
  return least === most ? `en ${most} ${name}` : `en ${least}–${most} ${name}`;
}

/**
 * @param {number} seconds
 * @returns {[number, string]}
 */
function unitOf(seconds) {
  return LAPSES.find(([unit]) => seconds >= 2 * unit) ?? [1, "s"];
}
