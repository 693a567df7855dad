/**
 * The page's live data: a connection that feeds a store, and who is told of what changed.
 *
 * Elements see only this; whether the socket is the tab's own or shared between tabs is nobody else's business.
 */

/** @import { ConnectionState, Socket } from "./connection.js" */
/** @import { Message, Part, Request } from "./protocol.js" */
/** @import { Outcome } from "./store.js" */
/** @import { Clock } from "./timers.js" */

import { Connection } from "./connection.js";
import { Store } from "./store.js";

/**
 * @typedef {object} Options
 * @property {number} user whose page this is
 * @property {() => Socket} open
 * @property {Clock} clock
 * @property {() => number} random
 */

/** @type {Outcome} */
const EVERYTHING = { need: "nothing", everything: true, requests: new Set(), parts: new Set(), notifications: true };

/** @typedef {(outcome: Outcome) => void} ChangeListener */
/** @typedef {(state: ConnectionState) => void} StateListener */

export class Live {
  store;
  connection;
  #clock;
  /** @type {Set<ChangeListener>} */
  #onChange = new Set();
  /** @type {Set<StateListener>} */
  #onState = new Set();

  /** @param {Options} options */
  constructor({ user, open, clock, random }) {
    this.#clock = clock;
    this.store = new Store({ user });
    this.connection = new Connection({
      open,
      clock,
      random,
      onMessage: (message) => this.#receive(message),
      onState: (state) => this.#onState.forEach((listener) => listener(state)),
    });
  }

  /** Seconds since the server was last heard; 0 if never. */
  get age() {
    const { heardAt } = this.connection;
    return heardAt === 0 ? 0 : (this.#clock.now() - heardAt) / 1000;
  }

  /**
   * Call `listener` at each change until `signal` aborts; at once with everything, if anything is known.
   *
   * @param {ChangeListener} listener
   * @param {AbortSignal} signal
   */
  onChange(listener, signal) {
    listen(this.#onChange, listener, signal);
    if (this.store.isKnown) listener(EVERYTHING);
  }

  /**
   * @param {StateListener} listener
   * @param {AbortSignal} signal
   */
  onState(listener, signal) {
    listen(this.#onState, listener, signal);
    listener(this.connection.state);
  }

  /** @param {Request} request as this person's own click was answered */
  adopt(request) {
    this.#tell(this.store.adopt(request));
  }

  /** @param {Part} part */
  adoptPart(part) {
    this.#tell(this.store.adoptPart(part));
  }

  /** @param {Message} message */
  #receive(message) {
    const outcome = this.store.apply(message);
    if (outcome.need === "resync") this.connection.send({ type: "resync" });
    if (outcome.need === "signed-out") this.connection.signOut();
    this.#tell(outcome);
  }

  /** @param {Outcome} outcome */
  #tell(outcome) {
    this.#onChange.forEach((listener) => listener(outcome));
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
