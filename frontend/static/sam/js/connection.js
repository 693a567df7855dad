/**
 * One WebSocket kept alive: named states, a heartbeat with a deadline, retries with jitter.
 *
 *     connecting ──snapshot──▶ live ──25 s of silence──▶ stale ──any frame──▶ live
 *         │                     │                          │
 *        3 s                 lost, 3 s                  45 s: given up
 *         └─────────▶ reconnecting ◀───────────────────────┘
 *
 * 4401, or another usuario's snapshot: signed-out, until it is suspended and resumed.
 *
 * It never touches the document: the page, or the worker for all its tabs, tells it that it was shown, hidden,
 * suspended or resumed. The clock, the socket and the randomness come from outside.
 */

/** @import { Message, Wish } from "./protocol.js" */
/** @import { Clock } from "./timers.js" */

import { retryDelay } from "./backoff.js";
import { decode } from "./protocol.js";
import { Timers } from "./timers.js";

const PING_AFTER_MS = 22_000; // beats come every 20 s
const STALE_AFTER_MS = 25_000;
const GIVEN_UP_AFTER_MS = 45_000;
const PROBE_MS = 5_000;
const GREETING_MS = 10_000;
const GRACE_MS = 3_000;
const SETTLED_MS = 10_000;
const LONG_HIDDEN_MS = 5 * 60_000;
const MANY_FAILURES = 5;
const CLOSED_BY_PAGE = 1000;
const BAD_FRAMES = 4400;
const NO_SESSION = 4401;
const TOO_MANY_SOCKETS = 4429;

/**
 * @typedef {"connecting" | "live" | "reconnecting" | "stale" | "signed-out"} ConnectionState
 *
 * @typedef {Pick<WebSocket, "send" | "close" | "onmessage" | "onclose">} Socket
 *
 * @typedef {object} World
 * @property {() => Socket} open
 * @property {Clock} clock
 * @property {() => number} random
 *
 * @typedef {object} Hears
 * @property {(message: Message, isFirst: boolean) => void} onMessage isFirst: the snapshot of a new socket
 * @property {(state: ConnectionState) => void} onState
 */

export class Connection {
  #options;
  /** @type {ConnectionState} */
  #state = "connecting";
  /** @type {Socket | null} */
  #socket = null;
  /** Whether this socket has brought its snapshot. */
  #greeted = false;
  #failures = 0;
  #heardAt = 0;
  #openedAt = 0;
  /** Whether this silence was answered with a ping. */
  #isAsked = false;
  /** @type {number | null} */
  #probedAt = null;
  /** @type {number | null} */
  #hiddenAt = null;
  #suspended = false;
  /** @type {Timers<"retry" | "grace" | "watch">} */
  #timers;

  /** @param {World & Hears} options */
  constructor(options) {
    this.#options = options;
    this.#timers = new Timers(options.clock);
  }

  get state() {
    return this.#state;
  }

  /** When the server was last heard, in the clock's milliseconds; 0 if never. */
  get heardAt() {
    return this.#heardAt;
  }

  start() {
    this.#allowGrace();
    this.#connect();
  }

  /**
   * Whether the message could be handed to a live socket; there is no buffer for later.
   *
   * @param {Wish} message
   */
  send(message) {
    if (!this.#socket || !this.#greeted) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** The network or the person is back: retry at once, or ask a silent socket whether it is still there. */
  shown() {
    this.#hiddenAt = null;
    if (this.#suspended || this.#state === "signed-out") return;
    if (this.#socket && this.#now() >= this.#deadline()) this.#lose();
    if (!this.#socket) return this.#connect();
    if (this.#greeted && this.#probedAt === null && this.send({ type: "ping" })) this.#probedAt = this.#now();
    this.#watch();
  }

  hidden() {
    this.#hiddenAt ??= this.#now();
  }

  /** The page goes away, perhaps into the back/forward cache, which an open socket would forbid. */
  suspend() {
    this.#suspended = true;
    this.#timers.cancel("grace");
    this.#drop();
  }

  /** The page is back from the cache: claims nothing about its data until it has a snapshot. */
  resume() {
    if (!this.#suspended) return;
    this.#suspended = false;
    this.#become("connecting");
    this.start();
  }

  /** Another usuario's session, or none: nothing is tried again. */
  signOut() {
    this.#timers.cancel("grace");
    this.#drop();
    this.#become("signed-out");
  }

  #connect() {
    this.#timers.cancel("retry");
    const socket = this.#options.open();
    this.#socket = socket;
    this.#greeted = false;
    this.#isAsked = false;
    this.#probedAt = null;
    this.#openedAt = this.#now();
    socket.onmessage = ({ data }) => socket === this.#socket && this.#hear(data);
    socket.onclose = ({ code }) => socket === this.#socket && this.#closed(code);
    this.#watch();
  }

  /** @param {unknown} data */
  #hear(data) {
    const message = decode(data);
    if (message?.type === "newer") return this.#outgrown(message);
    this.#heardAt = this.#now();
    this.#isAsked = false;
    this.#probedAt = null;
    const isFirst = message?.type === "snapshot" && !this.#greeted;
    this.#greeted ||= isFirst;
    if (message) this.#options.onMessage(message, isFirst);
    if (!this.#socket) return; // the snapshot was another usuario's
    if (this.#greeted) {
      this.#timers.cancel("grace");
      this.#become("live");
    }
    this.#watch();
  }

  /**
   * The server speaks a newer protocol: only a reload helps, unless that server goes back.
   *
   * @param {Message} message
   */
  #outgrown(message) {
    this.#options.onMessage(message, false);
    this.#lose({ patient: true });
  }

  /** @param {number} code */
  #closed(code) {
    if (code === NO_SESSION) return this.signOut();
    this.#lose({ patient: code === BAD_FRAMES || code === TOO_MANY_SOCKETS });
  }

  /** @param {{patient?: boolean}} [options] patient: trying again soon would only be refused again */
  #lose({ patient = false } = {}) {
    if (this.#greeted && this.#now() - this.#openedAt >= SETTLED_MS) this.#failures = 0;
    if (patient) this.#failures = Math.max(this.#failures, MANY_FAILURES);
    this.#drop();
    if (this.#heardAt > 0 && this.#silence() >= STALE_AFTER_MS) this.#become("reconnecting");
    else this.#allowGrace();
    const long = this.#hiddenAt !== null && this.#now() - this.#hiddenAt >= LONG_HIDDEN_MS;
    if (long) return; // until it is shown again
    const delay = retryDelay({ failures: this.#failures, random: this.#options.random });
    this.#failures += 1;
    this.#timers.set("retry", delay, () => this.#connect());
  }

  /** Look at the silence, act on it, and look again when it would mean something else. */
  #watch() {
    if (!this.#socket) return;
    const [silence, deadline] = [this.#silence(), this.#deadline()];
    if (this.#now() >= deadline) return this.#lose();
    let next = deadline - this.#now();
    if (this.#greeted) {
      // Also after a sleep that went past this moment.
      if (silence >= PING_AFTER_MS && !this.#isAsked) this.#isAsked = this.send({ type: "ping" });
      if (silence >= STALE_AFTER_MS) this.#become("stale");
      const marks = [PING_AFTER_MS, STALE_AFTER_MS].filter((mark) => mark > silence).map((mark) => mark - silence);
      next = Math.min(next, ...marks);
    }
    this.#timers.set("watch", next, () => this.#watch());
  }

  /** When this socket is given up unless it is heard before. */
  #deadline() {
    if (!this.#greeted) return this.#openedAt + GREETING_MS;
    const given = this.#heardAt + GIVEN_UP_AFTER_MS;
    return this.#probedAt === null ? given : Math.min(given, this.#probedAt + PROBE_MS);
  }

  #silence() {
    return Math.max(0, this.#now() - this.#heardAt);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#greeted = false;
    this.#timers.cancel("retry", "watch");
    socket?.close(CLOSED_BY_PAGE); // and from here on it is not heard
  }

  /** A short break is not worth a word: only one that lasts, over however many failed retries, is told. */
  #allowGrace() {
    if (!this.#timers.has("grace")) this.#timers.set("grace", GRACE_MS, () => this.#become("reconnecting"));
  }

  /** @param {ConnectionState} state */
  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState(state);
  }

  #now() {
    return this.#options.clock.now();
  }
}
