/**
 * The frames of the socket: what the server may say, read strictly; anything else is null and is ignored.
 *
 * Each reader copies the fields that it knows, so unknown ones (a newer server) and hostile keys are left behind.
 * Pure: no document, no clock.
 */

/** @import { Digest } from "./digest.js" */

import { readDigest } from "./digest.js";
import {
  address,
  attempt,
  byId,
  instant,
  listOf,
  malformed,
  nullable,
  oneOf,
  parsed,
  record,
  shape,
  span,
  text,
  truth,
  whole,
} from "./readers.js";

export const PROTOCOL_VERSION = 1;

/**
 * Why a pending part waits, and why one failed, are codes: words.js has a sentence for each and one for the rest.
 *
 * @typedef {ReturnType<typeof readPart>} Part
 * @typedef {ReturnType<typeof readSummary>} RequestSummary
 * @typedef {ReturnType<typeof readRequest>} Request
 * @typedef {ReturnType<typeof readNotification>} Notification
 * @typedef {Part["state"]} State
 *
 * @typedef {{type: "snapshot"} & ReturnType<typeof readSnapshot>} Snapshot
 * @typedef {{type: "change"} & ReturnType<typeof readChange>} Change
 * @typedef {{type: "progress"} & ReturnType<typeof readProgress>} Progress
 * @typedef {{type: "outlook"} & ReturnType<typeof readOutlook>} Outlook
 * @typedef {{type: "queue", digest: Digest}} Queue
 * @typedef {{type: "beat"} & ReturnType<typeof readBeat>} Beat
 * @typedef {{type: "error"} & ReturnType<typeof readError>} ErrorFrame
 * @typedef {{type: "newer"}} Newer a snapshot of a protocol that this page is too old for
 * @typedef {Snapshot | Newer | Change | Progress | Outlook | Queue | Beat | ErrorFrame} Message
 *
 * What a page says.
 *
 * @typedef {"queue"} Topic what a page may hear of besides
 * @typedef {{type: "ping"} | {type: "resync"} | {type: "read", notification: number}
 *   | {type: "subscribe" | "unsubscribe", topic: Topic}} Wish
 */

/**
 * The message in one text frame, or null when it is none that this client knows.
 *
 * @param {unknown} frame
 * @returns {Message | null}
 */
export function decode(frame) {
  return typeof frame === "string" ? parsed(readMessage, frame) : null;
}

/**
 * A request with its parts as an HTTP answer carries it, or null.
 *
 * @param {unknown} value
 * @returns {Request | null}
 */
export function parseRequest(value) {
  return attempt(readRequest, value);
}

/**
 * @param {unknown} value
 * @returns {Part | null}
 */
export function parsePart(value) {
  return attempt(readPart, value);
}

/**
 * @param {unknown} value
 * @returns {Message | null}
 */
function readMessage(value) {
  const frame = record(value);
  switch (frame.type) {
    case "snapshot":
      if (whole(frame.v) > PROTOCOL_VERSION) return { type: "newer" };
      return { type: "snapshot", ...readSnapshot(frame) };
    case "change":
      return { type: "change", ...readChange(frame) };
    case "progress":
      return { type: "progress", ...readProgress(frame) };
    case "outlook":
      return { type: "outlook", ...readOutlook(frame) };
    case "queue":
      return { type: "queue", digest: readDigest(frame) };
    case "beat":
      return { type: "beat", ...readBeat(frame) };
    case "error":
      return { type: "error", ...readError(frame) };
    default:
      return null;
  }
}

const state = oneOf("pending", "processing", "completed", "failed", "cancelled", "expired");

const readPart = shape({
  id: whole,
  request: whole,
  number: whole,
  of: whole,
  state,
  version: whole,
  attempt: whole,
  equipos: whole,
  done: whole,
  percent: whole,
  current: nullable(text),
  bytes: nullable(whole),
  sha256: nullable(text),
  missing: whole,
  error: nullable(text),
  position: nullable(whole),
  eta: nullable(span),
  reason: nullable(text),
  download: nullable(address),
  downloaded_at: nullable(instant),
  extended: truth,
  queued_at: nullable(instant),
  started_at: nullable(instant),
  finished_at: nullable(instant),
  expires_at: nullable(instant),
});

const summary = {
  id: whole,
  empresa: shape({ id: whole, nombre: text }),
  requester: whole,
  state,
  version: whole,
  instant,
  created_at: instant,
};

const readSummary = shape(summary);

const readRequest = shape({ ...summary, parts: listOf(readPart) });

const readNotification = shape({
  id: whole,
  version: whole,
  kind: text,
  request: nullable(whole),
  part: nullable(whole),
  text,
  created_at: instant,
  read_at: nullable(instant),
});

const readSnapshot = shape({
  v: (value) => (value === PROTOCOL_VERSION ? PROTOCOL_VERSION : malformed()),
  build: nullable(text),
  user: whole,
  epoch: text,
  seq: whole,
  requests: listOf(readRequest),
  notifications: shape({ unread: whole, latest: listOf(readNotification) }),
});

const readChange = shape({
  seq: whole,
  part: nullable(readPart),
  request: nullable(readSummary),
  notification: nullable(readNotification),
});

const readProgress = shape({
  part: whole,
  attempt: whole,
  done: whole,
  percent: whole,
  current: nullable(text),
});

const readOutlook = shape({
  parts: byId(shape({ position: nullable(whole), eta: nullable(span), reason: nullable(text) })),
});

const readBeat = shape({ seq: whole });

const readError = shape({ code: text });
