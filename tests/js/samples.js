/** Messages as the server would send them, for the tests. */

const NOW = "2026-03-02T15:00:00Z";

export const USER = 3;
export const BUILD = "b1";

export function part(changes = {}) {
  return {
    id: 11,
    request: 1,
    number: 1,
    of: 1,
    state: "pending",
    version: 1,
    attempt: 1,
    equipos: 35,
    done: 0,
    percent: 0,
    current: null,
    bytes: null,
    sha256: null,
    missing: 0,
    error: null,
    position: null,
    eta: null,
    reason: null,
    download: null,
    downloaded_at: null,
    extended: false,
    queued_at: NOW,
    started_at: null,
    finished_at: null,
    expires_at: null,
    ...changes,
  };
}

export function request({ parts = [part()], ...changes } = {}) {
  return { ...summary(changes), parts };
}

export function summary(changes = {}) {
  return {
    id: 1,
    empresa: { id: 1, nombre: "CERTIBOY S.A.S." },
    requester: USER,
    state: "pending",
    version: 1,
    instant: NOW,
    created_at: NOW,
    ...changes,
  };
}

export function notification(changes = {}) {
  return {
    id: 5,
    version: 1,
    kind: "zip_ready",
    request: 1,
    part: null,
    text: "El ZIP está listo",
    created_at: NOW,
    read_at: null,
    ...changes,
  };
}

export function snapshot({ requests = [request()], unread = 0, latest = [], ...changes } = {}) {
  const notifications = { unread, latest };
  const told = { type: "snapshot", v: 1, build: BUILD, user: USER, epoch: "e1", seq: 10, requests, notifications };
  return { ...told, ...changes };
}

export function change(seq, { part = null, request = null, notification = null } = {}) {
  return { type: "change", seq, part, request, notification };
}

export function progress(changes = {}) {
  return { type: "progress", part: 11, attempt: 1, done: 5, percent: 14, current: "EQ-005", ...changes };
}

export function beat(seq) {
  return { type: "beat", seq };
}
