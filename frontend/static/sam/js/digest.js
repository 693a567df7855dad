/** The queue as the server tells it to staff who watch it, read as strictly as every other frame. Pure. */

import {
  byName,
  finite,
  instant,
  listOf,
  nullable,
  oneOf,
  pair,
  parsed,
  shape,
  span,
  text,
  truth,
  whole,
} from "./readers.js";

/**
 * @typedef {ReturnType<typeof readDigest>} Digest
 * @typedef {ReturnType<typeof readRow>} Row
 * @typedef {ReturnType<typeof readLane>} Lane
 * @typedef {ReturnType<typeof readWorker>} Worker
 * @typedef {ReturnType<typeof readChart>} Chart
 * @typedef {ReturnType<typeof readOrder>} Order
 * @typedef {ReturnType<typeof readReason>} Reason
 * @typedef {ReturnType<typeof readCounts>} Counts
 */

const readRow = shape({
  id: whole,
  request: whole,
  empresa: whole,
  nombre: text,
  requester: text,
  number: whole,
  of: whole,
  state: oneOf("pending", "processing", "completed", "failed", "cancelled", "expired"),
  attempt: whole,
  crashes: whole,
  priority: finite,
  position: nullable(whole),
  eta: nullable(span),
  reason: nullable(text),
  done: whole,
  equipos: whole,
  worker: text,
  queued_at: instant,
  started_at: nullable(instant),
});

const readLane = shape({
  empresa: whole,
  nombre: text,
  waiting: whole,
  building: whole,
  done: whole,
  oldest: nullable(instant),
  paused: truth,
  limit: nullable(whole),
});

const readWorker = shape({
  name: text,
  host: text,
  version: text,
  slots: whole,
  building: listOf(whole),
  started_at: instant,
  seen_at: instant,
  age: finite, // of two clocks, it may be just below zero
  memory: whole,
  quiet: truth,
  lost: truth,
});

const readChart = shape({
  end: instant,
  step: whole,
  depth: listOf(whole),
  oldest: listOf(whole),
  per_minute: listOf(finite),
  p50: listOf(nullable(finite)),
  p95: listOf(nullable(finite)),
  completed: whole,
  duration: nullable(pair(finite)),
  failures: byName(whole),
});

const readOrder = shape({
  id: whole,
  at: instant,
  usuario: text,
  what: text,
  changed: whole,
  why: text,
});

const readReason = shape({
  reason: text,
  words: text,
  n: whole,
});

const readCounts = shape({
  waiting: whole,
  building: whole,
  workers: whole,
  completed: whole,
  failed: whole,
  missing: whole,
});

/**
 * Rows that a page carries, or none where they cannot be read.
 *
 * @param {string} json
 * @returns {Row[]}
 */
export function parseRows(json) {
  return parsed(listOf(readRow), json) ?? [];
}

const readFound = shape({ found: listOf(readRow) });

/**
 * The rows that a filter finds, or null where the answer cannot be read.
 *
 * @param {string} json
 */
export function parseFound(json) {
  return parsed(readFound, json)?.found ?? null;
}

export const readDigest = shape({
  version: text,
  at: instant,
  paused: truth,
  paused_since: nullable(instant),
  idle: truth,
  counts: readCounts,
  oldest_seconds: whole,
  lanes: listOf(readLane),
  more_lanes: whole,
  workers: listOf(readWorker),
  rows: listOf(readRow),
  hidden: whole,
  reasons: listOf(readReason),
  orders: listOf(readOrder),
  charts: byName(readChart),
});
