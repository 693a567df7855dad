/** What of a chart of the digest is drawn and told, in words and figures. Pure. */

/** @import { Chart } from "../digest.js" */

import { clockTime, counted, moment, thousands } from "../figures.js";
import { ERRORS, UNKNOWN_ERROR } from "../words.js";
import { lapse } from "./words.js";

const SHORT_STEP_SECONDS = 3_600;
const HALF_DAY_MS = 12 * 3_600_000;

/**
 * One line: `name` at its end, where there is more than one.
 *
 * @typedef {{name: string, values: (number | null)[]}} Line
 * @typedef {{title: string, lines: Line[], says: (value: number) => string}} Plot
 */

/**
 * @param {Chart} chart
 * @returns {Plot[]}
 */
export function plotsOf({ depth, oldest, per_minute, p50, p95 }) {
  return [
    { title: "Partes en espera", lines: [{ name: "", values: depth }], says: thousands },
    { title: "Espera de la más antigua", lines: [{ name: "", values: oldest }], says: lapse },
    { title: "Partes por minuto", lines: [{ name: "", values: per_minute }], says: decimal },
    {
      title: "Duración",
      lines: [
        { name: "p95", values: p95 },
        { name: "p50", values: p50 },
      ],
      says: (value) => (value < 120 ? `${decimal(value)} s` : lapse(value)),
    },
  ];
}

/**
 * Why parts failed, in words, the commonest first.
 *
 * @param {Chart} chart
 * @returns {[string, number][]}
 */
export function failuresOf({ failures }) {
  const counts = [...failures].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return counts.map(([reason, number]) => [ERRORS.get(reason) ?? UNKNOWN_ERROR, number]);
}

/**
 * The rows of the chart's table, the newest first, as the server writes them.
 *
 * @param {Chart} chart
 * @returns {string[][]}
 */
export function tableOf({ end, step, depth, oldest, per_minute, p50, p95 }) {
  const last = depth.length - 1;
  return depth
    .map((waiting, index) => [
      until(Date.parse(end) - (last - index) * step * 1000, step),
      thousands(waiting),
      lapse(oldest[index] ?? 0),
      decimal(per_minute[index] ?? null),
      decimal(p50[index] ?? null),
      decimal(p95[index] ?? null),
    ])
    .reverse();
}

/**
 * @param {Chart} chart
 * @param {string} words of its window
 */
export function totalsOf({ completed, duration }, words) {
  const parts = `${counted(completed, "parte lista", "partes listas")} en ${words}`;
  if (!duration) return [parts, ""];
  const [half, most] = duration.map(decimal);
  return [parts, `la mitad en menos de ${half} s, 95 de cada 100 en menos de ${most} s`];
}

/** The first and the last moment of a chart. @param {Chart} chart */
export function spanOf({ end, step, depth }) {
  const last = Date.parse(end);
  const first = last - depth.length * step * 1000;
  const say = (/** @type {number} */ at) => {
    return last - first < HALF_DAY_MS ? clockTime(iso(at)) : moment(iso(at)).replace(/ \d{4},/, ",");
  };
  return [say(first), say(last)];
}

/**
 * One digit behind a comma; a dash for what is not known.
 *
 * @param {number | null} value
 */
export function decimal(value) {
  return value === null ? "—" : value.toFixed(1).replace(".", ",");
}

/**
 * @param {number} at
 * @param {number} step
 */
function until(at, step) {
  if (step >= SHORT_STEP_SECONDS) return moment(iso(at));
  const seconds = Math.floor(at / 1000) % 60;
  return `${clockTime(iso(at))}:${String(seconds).padStart(2, "0")}`;
}

/** @param {number} at */
function iso(at) {
  return new Date(at).toISOString();
}
