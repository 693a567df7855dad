/** How long to wait before the next connection: full jitter, so that a restarted server is not stormed. Pure. */

const LEAST_MS = 100;
const FIRST_MS = 3_000;
const MOST_MS = 30_000;

/**
 * Milliseconds to wait; the first time 0.1–3 s, then twice the span each time, up to 30 s.
 *
 * @param {{failures: number, random: () => number}} options failures so far, 0 for the first retry
 */
export function retryDelay({ failures, random }) {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(LEAST_MS + random() * (most - LEAST_MS));
}
