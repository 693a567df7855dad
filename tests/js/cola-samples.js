/** Digests of the queue as the server would send them, for the tests. */

const NOW = "2026-03-02T15:00:00Z";

export function row(id, changes = {}) {
  return {
    id,
    request: 1,
    empresa: 1,
    nombre: "CERTIBOY S.A.S.",
    requester: "certiboy",
    number: 1,
    of: 4,
    state: "pending",
    attempt: 1,
    crashes: 0,
    priority: 0,
    position: null,
    eta: null,
    reason: "queue_ahead",
    done: 0,
    equipos: 35,
    worker: "",
    queued_at: NOW,
    started_at: null,
    ...changes,
  };
}

export function chart(changes = {}) {
  return {
    end: NOW,
    step: 30,
    depth: [0, 2, 1],
    oldest: [0, 30, 12],
    per_minute: [0, 2, 4.5],
    p50: [null, 3.25, 4],
    p95: [null, 9, 11.5],
    completed: 3,
    duration: [3.5, 11.5],
    failures: { worker_lost: 1, build_error: 3 },
    ...changes,
  };
}

export function digest({ rows = [], ...changes } = {}) {
  return {
    version: "a1",
    at: NOW,
    paused: false,
    paused_since: null,
    idle: false,
    counts: { waiting: rows.length, building: 0, workers: 1, completed: 0, failed: 0, missing: 0 },
    oldest_seconds: 0,
    lanes: [],
    more_lanes: 0,
    workers: [],
    rows,
    hidden: 0,
    reasons: [],
    orders: [],
    charts: {},
    ...changes,
  };
}

export function queue(changes = {}) {
  return { type: "queue", ...digest(changes) };
}
