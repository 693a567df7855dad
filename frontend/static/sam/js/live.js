/**
 * The page's live data: a connection that feeds a store, and who is told of what changed.
 *
 * Elements see only this; whether the socket is the tab's own or shared between tabs is nobody else's business.
 */

/** @import { ConnectionState, World } from "./connection.js" */
/** @import { Clicked } from "./hub.js" */
/** @import { Digest } from "./digest.js" */
/** @import { Outcome } from "./outcome.js" */
/** @import { Message, Part, Request } from "./protocol.js" */
/** @import { Share } from "./shared-connection.js" */

import { Connection } from "./connection.js";
import { outcome } from "./outcome.js";
import { SharedConnection } from "./shared-connection.js";
import { Store } from "./store.js";

/**
 * @typedef {object} Page as it was rendered
 * @property {number} user
 * @property {number} seq
 * @property {string} build of the static files; "" where it is unknown
 *
 * `share` opens a port to the shared worker; null where there is none.
 *
 * @typedef {World & {page: Page, share: Share | null}} Options
 */

/** Why the page should be reloaded. @typedef {"deploy" | "session"} Aged */

/** @typedef {(outcome: Outcome) => void} ChangeListener */
/** @typedef {(state: ConnectionState) => void} StateListener */
/** Told each digest, and null when the right to see the queue is gone. @typedef {(digest: Digest | null) => void} QueueListener */
/** @typedef {(aged: Aged | null) => void} AgedListener */

export class Live {
  store;
  /** @type {Connection | SharedConnection} */
  connection;
  #options;
  #hears;
  /** @type {Aged | null} */
  #aged = null;
  #wasSignedOut = false;
  /** @type {Set<ChangeListener>} */
  #onChange = new Set();
  /** @type {Set<StateListener>} */
  #onState = new Set();
  /** @type {Set<QueueListener>} */
  #onQueue = new Set();
  /** @type {Set<AgedListener>} */
  #onAged = new Set();

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#hears = {
      onMessage: (/** @type {Message} */ message, /** @type {boolean} */ isFirst) => this.#receive(message, isFirst),
      onState: (/** @type {ConnectionState} */ state) => this.#change(state),
    };
    this.store = new Store({ user: options.page.user });
    this.connection = options.share ? this.#shared(options.share) : this.#own();
  }

  /** Seconds since the server was last heard; 0 if never. */
  get age() {
    const { heardAt } = this.connection;
    return heardAt === 0 ? 0 : Math.max(0, this.#options.clock.now() - heardAt) / 1000;
  }

  /**
   * Call `listener` at each change until `signal` aborts; at once with everything, if anything is known.
   *
   * @param {ChangeListener} listener
   * @param {AbortSignal} signal
   */
  onChange(listener, signal) {
    listen(this.#onChange, listener, signal);
    if (this.store.isKnown) listener(outcome({ everything: true, notifications: true }));
  }

  /**
   * @param {StateListener} listener
   * @param {AbortSignal} signal
   */
  onState(listener, signal) {
    listen(this.#onState, listener, signal);
    listener(this.connection.state);
  }

  /**
   * Watch the queue until `signal` aborts; only staff may.
   *
   * @param {QueueListener} listener
   * @param {AbortSignal} signal
   */
  onQueue(listener, signal) {
    listen(this.#onQueue, listener, signal);
    this.#watch("subscribe");
    signal.addEventListener("abort", () => this.#onQueue.size === 0 && this.#watch("unsubscribe"));
  }

  /**
   * Told why the page should be reloaded, and null when it need not be any more.
   *
   * @param {AgedListener} listener
   * @param {AbortSignal} signal
   */
  onAged(listener, signal) {
    listen(this.#onAged, listener, signal);
    listener(this.#aged);
  }

  /** @param {Request} request as this person's own click was answered */
  adopt(request) {
    this.#adopt({ request });
    this.#tellOthers({ request });
  }

  /** @param {Part} part */
  adoptPart(part) {
    this.#adopt({ part });
    this.#tellOthers({ part });
  }

  #own() {
    return new Connection({ ...this.#options, ...this.#hears });
  }

  /** @param {Share} share */
  #shared(share) {
    return new SharedConnection({
      share,
      clock: this.#options.clock,
      seq: () => Math.max(this.#options.page.seq, this.store.seq),
      onClicked: (clicked) => this.#adopt(clicked),
      onFailure: () => this.#goAlone(),
      ...this.#hears,
    });
  }

  /** From here on this tab has a socket of its own. */
  #goAlone() {
    this.connection = this.#own();
    this.#change(this.connection.state);
    this.connection.start();
  }

  /** @param {"subscribe" | "unsubscribe"} type */
  #watch(type) {
    this.connection.send({ type, topic: "queue" });
  }

  /**
   * @param {Message} message
   * @param {boolean} isFirst
   */
  #receive(message, isFirst) {
    if (isFirst && this.#onQueue.size > 0) this.#watch("subscribe");
    if (message.type === "queue") return this.#showQueue(message.digest);
    if (message.type === "error" && message.code === "forbidden") this.#showQueue(null);
    const result = this.store.apply(message);
    if (result.need === "resync") this.connection.send({ type: "resync" });
    if (result.need === "signed-out") this.connection.signOut();
    else if (message.type === "newer") this.#age("deploy");
    else if (message.type === "snapshot") this.#compare(message.build);
    this.#tell(result);
  }

  /** @param {Digest | null} digest */
  #showQueue(digest) {
    this.#onQueue.forEach((listener) => listener(digest));
  }

  /**
   * What the server has now is also less than what the page has, for the moment in which a deploy goes on.
   *
   * @param {string | null} build
   */
  #compare(build) {
    const { page } = this.#options;
    if (build && page.build && build !== page.build) this.#age("deploy");
    else if (this.#aged === "deploy") this.#age(null);
  }

  /** @param {ConnectionState} state */
  #change(state) {
    // The forms of a page that outlived its session belong to the session that ended.
    if (state === "live" && this.#wasSignedOut) this.#age("session");
    this.#wasSignedOut = state === "signed-out" || (this.#wasSignedOut && state !== "live");
    this.#onState.forEach((listener) => listener(state));
  }

  /** @param {Aged | null} aged */
  #age(aged) {
    if (aged === this.#aged) return;
    this.#aged = aged;
    this.#onAged.forEach((listener) => listener(aged));
  }

  /** @param {Clicked} clicked */
  #adopt(clicked) {
    this.#tell("request" in clicked ? this.store.adopt(clicked.request) : this.store.adoptPart(clicked.part));
  }

  /** @param {Clicked} clicked */
  #tellOthers(clicked) {
    if (this.connection instanceof SharedConnection) this.connection.tellOthers(clicked);
  }

  /** @param {Outcome} result */
  #tell(result) {
    this.#onChange.forEach((listener) => listener(result));
  }
}

/**
 * @template L
 * @param {Set<L>} listeners
 * @param {L} listener
 * @param {AbortSignal} signal
 */
function listen(listeners, listener, signal) {
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener));
}
