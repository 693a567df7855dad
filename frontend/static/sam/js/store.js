/**
 * What a tab knows, and how a message changes it: first a snapshot, then changes by `seq`, else a new snapshot.
 *
 * Pure: no document, no clock, no network. `done` never goes back within an attempt, whatever arrives in which order.
 */

/** @import { Beat, Change, Message, Outlook, Part, Progress } from "./protocol.js" */
/** @import { Request, RequestSummary, Snapshot } from "./protocol.js" */
/** @import { Held } from "./held.js" */
/** @import { Outcome } from "./outcome.js" */

import { heldFrom, inOrder, isLive, isWhole, keepProgress, requestFrom } from "./held.js";
import { Inbox } from "./inbox.js";
import { outcome } from "./outcome.js";
import { PROTOCOL_VERSION } from "./protocol.js";
import { MOST_REQUESTS, lowest, mayMiss, shown } from "./shown.js";

export class Store {
  #user;
  /** @type {string | null} */
  #epoch = null;
  #seq = 0;
  /** Which static files the server has. @type {string | null} */
  #build = null;
  /** The highest `seq` seen while a snapshot is awaited; null while none is. @type {number | null} */
  #awaited = 0;
  #signedOut = false;
  /** The last known request where more may follow that are not known; null where all are. @type {Held | null} */
  #last = null;
  /** @type {Map<number, Held>} */
  #held = new Map();
  #inbox = new Inbox();

  /** @param {{user: number}} options whose page this is */
  constructor({ user }) {
    this.#user = user;
  }

  /** Whether there has been a snapshot. */
  get isKnown() {
    return this.#epoch !== null;
  }

  /** Whether all is known up to `seq`, with nothing awaited. */
  get isSettled() {
    return this.isKnown && !this.#signedOut && this.#awaited === null && [...this.#held.values()].every(isWhole);
  }

  get seq() {
    return this.#seq;
  }

  /** The requests that are wholly known, newest first. @returns {Request[]} */
  get requests() {
    return [...this.#held.values()].filter(isWhole).sort(inOrder).map(requestFrom);
  }

  /** What is known as the server would say it, for a tab that knows nothing yet. @returns {Snapshot} */
  snapshot() {
    const { notifications, requests } = this;
    const [user, epoch, seq, build] = [this.#user, this.#epoch ?? "", this.#seq, this.#build];
    return { type: "snapshot", v: PROTOCOL_VERSION, build, user, epoch, seq, requests, notifications };
  }

  /** @param {number} id */
  request(id) {
    const held = this.#held.get(id);
    return held && isWhole(held) ? requestFrom(held) : undefined;
  }

  /** @param {number} id */
  part(id) {
    return this.#home(id)?.parts.get(id);
  }

  get notifications() {
    const { unread, latest } = this.#inbox;
    return { unread, latest };
  }

  /**
   * @param {Message} message
   * @returns {Outcome}
   */
  apply(message) {
    if (message.type === "snapshot") return this.#replace(message);
    if (this.#signedOut) return outcome();
    switch (message.type) {
      case "change":
        return this.#change(message);
      case "progress":
        return this.#progress(message);
      case "outlook":
        return this.#outlook(message);
      case "beat":
        return this.#beat(message);
      default:
        return outcome();
    }
  }

  /**
   * Take what an HTTP answer to this person's own click says; it has no `seq`, so its versions decide.
   *
   * @param {Request} request
   * @returns {Outcome}
   */
  adopt({ parts, ...summary }) {
    const result = outcome();
    if (this.#signedOut || summary.requester !== this.#user) return result;
    this.#takeRequest(summary, result);
    for (const part of parts) this.#takePart(part, result);
    return result;
  }

  /**
   * @param {Part} part
   * @returns {Outcome}
   */
  adoptPart(part) {
    const result = outcome();
    if (!this.#signedOut && this.#held.has(part.request)) this.#takePart(part, result);
    return result;
  }

  /** @param {Snapshot} snapshot */
  #replace(snapshot) {
    this.#signedOut = snapshot.user !== this.#user;
    if (this.#signedOut) return outcome({ need: "signed-out" });
    const isSame = this.#epoch === null || this.#epoch === snapshot.epoch; // and not a database that was restored
    const missed = isSame && (this.#awaited ?? 0) > snapshot.seq;
    const known = isSame ? this.#held : new Map();
    this.#held = new Map(snapshot.requests.map((request) => [request.id, heldFrom(request, known.get(request.id))]));
    this.#epoch = snapshot.epoch;
    this.#seq = snapshot.seq;
    this.#build = snapshot.build;
    this.#awaited = missed ? 0 : null;
    this.#last = lowest(shown([...this.#held.values()]));
    this.#inbox.replace(snapshot.notifications);
    return outcome({ need: missed ? "resync" : "nothing", everything: true, notifications: true });
  }

  /** @param {Change} change */
  #change(change) {
    if (this.#awaited !== null) {
      this.#awaited = Math.max(this.#awaited, change.seq);
      return outcome();
    }
    if (change.seq <= this.#seq) return outcome();
    if (change.seq > this.#seq + 1) return this.#lost(change.seq);
    this.#seq = change.seq;
    const result = outcome();
    if (change.request) this.#takeRequest(change.request, result);
    if (change.part && this.#isStranger(change.part)) result.need = "resync";
    if (change.part) this.#takePart(change.part, result);
    if (change.notification) result.notifications = this.#inbox.take(change.notification);
    this.#forget(result);
    return result;
  }

  /** @param {Beat} beat */
  #beat({ seq }) {
    return seq === this.#seq && this.isSettled ? outcome() : this.#lost(seq);
  }

  /** @param {number} seq */
  #lost(seq) {
    this.#awaited = Math.max(this.#awaited ?? 0, seq);
    return outcome({ need: "resync" });
  }

  /** @param {Progress} progress */
  #progress({ part: id, attempt, done, percent, current }) {
    const held = this.#home(id);
    const part = held?.parts.get(id);
    if (!held || !part || part.attempt !== attempt || !isLive(part) || done < part.done) return outcome();
    held.parts.set(id, { ...part, done, percent: Math.max(part.percent, percent), current });
    return outcome({ parts: new Set([id]) });
  }

  /** @param {Outlook} outlook */
  #outlook({ parts }) {
    const result = outcome();
    for (const [id, expected] of parts) {
      const held = this.#home(id);
      const part = held?.parts.get(id);
      if (!held || !part || !isLive(part)) continue;
      // One that is being built waits no more, whatever came late: only when it may end is news of it.
      held.parts.set(id, { ...part, ...(part.state === "pending" ? expected : { eta: expected.eta }) });
      result.parts.add(id);
    }
    return result;
  }

  /** @param {number} part */
  #home(part) {
    return [...this.#held.values()].find(({ parts }) => parts.has(part));
  }

  /**
   * @param {RequestSummary} summary
   * @param {Outcome} result
   */
  #takeRequest(summary, result) {
    const held = this.#held.get(summary.id);
    if (held && summary.version < held.summary.version) return;
    this.#held.set(summary.id, { summary, parts: held?.parts ?? new Map() });
    result.requests.add(summary.id);
    if (!held) result.everything = true;
  }

  /**
   * @param {Part} part
   * @param {Outcome} result
   */
  #takePart(part, result) {
    const held = this.#held.get(part.request);
    if (!held) return;
    const before = held.parts.get(part.id);
    if (before && part.version < before.version) return;
    if (!before) result.everything = true;
    held.parts.set(part.id, keepProgress(part, before));
    result.parts.add(part.id);
    result.requests.add(part.request);
  }

  /** Whether its request is one that a snapshot would show and this tab had forgotten. @param {Part} part */
  #isStranger(part) {
    const held = this.#held.get(part.request);
    return held ? part.attempt > 1 && !held.parts.has(part.id) : part.state !== "expired";
  }

  /**
   * Let go of what a snapshot would not hold: requests with nothing but expired parts, and all beyond the newest.
   *
   * @param {Outcome} result
   */
  #forget(result) {
    const all = [...this.#held.values()];
    const kept = shown(all);
    if (this.#last && mayMiss(kept, this.#last)) result.need = "resync";
    if (kept.length < all.length) result.everything = true;
    if (all.length > MOST_REQUESTS) this.#last = lowest(kept) ?? this.#last;
    this.#held = new Map(kept.map((held) => [held.summary.id, held]));
    if (result.need === "resync") this.#awaited = Math.max(this.#awaited ?? 0, this.#seq);
  }
}
