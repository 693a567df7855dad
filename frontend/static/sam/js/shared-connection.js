/**
 * A tab's end of the connection that it shares with the other tabs; to the page the same as a connection of its own.
 *
 * It says only what the worker told it, and "live" only once this tab has its snapshot. When the worker fails, or does
 * not answer, it says so once and is of no more use. Pure: the port and the clock come from outside.
 */

/** @import { ConnectionState, Hears } from "./connection.js" */
/** @import { Clicked, Said, Told } from "./hub.js" */
/** @import { Wish } from "./protocol.js" */
/** @import { PortEvents, SharedPort } from "./shared-port.js" */
/** @import { Clock } from "./timers.js" */

import { Timers } from "./timers.js";

const ANSWER_MS = 2_000;
const LATE_MS = 1_000;
const ASK_AFTER_MS = 50_000; // beats come every 20 s
const GRACE_MS = 3_000;

/**
 * @typedef {(events: PortEvents) => SharedPort} Share
 *
 * @typedef {object} Options
 * @property {Share} share
 * @property {Clock} clock
 * @property {() => number} seq what the page already shows
 * @property {(clicked: Clicked) => void} onClicked in another tab
 * @property {() => void} onFailure
 */

export class SharedConnection {
  #options;
  /** @type {ConnectionState} */
  #state = "connecting";
  /** The worker's. @type {ConnectionState} */
  #shared = "connecting";
  #isGreeted = false;
  #heardAt = 0;
  /** @type {SharedPort | null} */
  #port = null;
  /** @type {Timers<"answer" | "ask" | "grace">} */
  #timers;

  /** @param {Options & Hears} options */
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
    this.#shared = "connecting";
    this.#isGreeted = false;
    this.#timers.set("grace", GRACE_MS, () => this.#become("reconnecting"));
    try {
      /** @type {SharedPort} */
      const port = this.#options.share({
        onTold: (told) => port === this.#port && this.#hear(told),
        onFailure: () => port === this.#port && this.#fail(),
      });
      this.#port = port;
    } catch {
      return this.#fail(); // the browser forbids it
    }
    this.#ask({ say: "join", seq: this.#options.seq() });
  }

  /**
   * Whether the message could be handed on to a live socket; or, but for what was read, to a worker that remembers it.
   *
   * @param {Wish} message
   */
  send(message) {
    const canSend = message.type !== "read" || this.#state === "live" || this.#state === "stale";
    if (!this.#port || !canSend) return false;
    this.#port.postMessage({ say: "send", message });
    return true;
  }

  /**
   * Tell the other tabs what this one was answered.
   *
   * @param {Clicked} clicked
   */
  tellOthers(clicked) {
    this.#port?.postMessage({ say: "clicked", clicked });
  }

  shown() {
    if (this.#port) this.#ask({ say: "shown" });
  }

  hidden() {
    this.#port?.postMessage({ say: "hidden" });
  }

  /** The page goes away, perhaps into the back/forward cache. */
  suspend() {
    this.#timers.cancel("answer", "ask", "grace");
    this.#port?.close();
    this.#port = null;
  }

  /** The page is back from the cache: claims nothing about its data until it has a snapshot. */
  resume() {
    if (this.#port) return;
    this.#become("connecting");
    this.start();
  }

  signOut() {
    this.suspend();
    this.#become("signed-out");
  }

  /** @param {Told} told */
  #hear(told) {
    this.#timers.cancel("answer");
    this.#timers.set("ask", ASK_AFTER_MS, () => this.#ask({ say: "ask" }));
    this.#heardAt = told.heardAt;
    if (told.tell === "state") this.#shared = told.state;
    if (told.tell === "clicked") this.#options.onClicked(told.clicked);
    if (told.tell === "message") {
      const isFirst = told.message.type === "snapshot" && !this.#isGreeted;
      this.#isGreeted ||= isFirst;
      this.#options.onMessage(told.message, isFirst);
    }
    if (this.#shared === "connecting" || (this.#shared === "live" && !this.#isGreeted)) return;
    this.#timers.cancel("grace");
    this.#become(this.#shared);
  }

  /**
   * Say what a living worker answers. A timer that comes late, after a sleep, proves nothing: the answer may be waiting
   * behind it.
   *
   * @param {Said} said
   */
  #ask(said) {
    const due = this.#options.clock.now() + ANSWER_MS;
    const late = () => this.#options.clock.now() - due > LATE_MS;
    if (!this.#timers.has("answer")) {
      this.#timers.set("answer", ANSWER_MS, () => (late() ? this.#ask({ say: "ask" }) : this.#fail()));
    }
    this.#port?.postMessage(said);
  }

  #fail() {
    this.suspend();
    this.#options.onFailure();
  }

  /** @param {ConnectionState} state */
  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState(state);
  }
}
