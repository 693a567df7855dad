/**
 * One connection for all the tabs of a browser, as the shared worker runs it.
 *
 * Each tab has a store of its own, which hears the same messages in the same order as the one here; a tab that comes
 * later, or lost track, is handed what this one knows. Pure: ports, clock and socket come from outside.
 */

/** @import { ConnectionState, World } from "./connection.js" */
/** @import { Message, Part, Request, Wish } from "./protocol.js" */

import { Audience } from "./audience.js";
import { Connection } from "./connection.js";
import { Store } from "./store.js";

/**
 * What a tab says. `join`: the first word, with the `seq` that its page was rendered with. `alive`: the name of a lock
 * that is free only when the tab is gone. `clicked`: what an HTTP answer to the tab's own click said.
 *
 * @typedef {{request: Request} | {part: Part}} Clicked
 * @typedef {{say: "join", seq: number} | {say: "alive", lock: string} | {say: "send", message: Wish}
 *   | {say: "clicked", clicked: Clicked} | {say: "shown"} | {say: "hidden"} | {say: "ask"} | {say: "leave"}} Said
 *
 * What a tab is told, always with the time when the server was last heard.
 *
 * @typedef {{heardAt: number}} Heard
 * @typedef {Heard & ({tell: "state", state: ConnectionState} | {tell: "message", message: Message}
 *   | {tell: "clicked", clicked: Clicked})} Told
 *
 * @typedef {{postMessage: (told: Told) => void}} Port
 *
 * `wants`: the least `seq` that it may be handed; null when it knows enough.
 *
 * @typedef {{isVisible: boolean, wants: number | null}} Tab
 */

export class Hub {
  #store;
  #connection;
  #whenFree;
  #isStarted = false;
  /** @type {Map<Port, Tab>} */
  #tabs = new Map();
  /** @type {Audience<Port>} */
  #audience = new Audience((wish) => this.#connection.send(wish));

  /** @param {World & {user: number, whenFree: (lock: string, gone: () => void) => void}} options */
  constructor({ user, whenFree, ...world }) {
    this.#whenFree = whenFree;
    this.#store = new Store({ user });
    this.#connection = new Connection({
      ...world,
      onMessage: (message, isFirst) => this.#receive(message, isFirst),
      onState: (state) => this.#tell([...this.#tabs.keys()], { tell: "state", state }),
    });
  }

  /**
   * @param {Port} port
   * @param {Said} said
   */
  hear(port, said) {
    if (said.say === "join") return this.#join(port, said.seq);
    const tab = this.#tabs.get(port);
    if (!tab) return; // it has left
    switch (said.say) {
      case "alive":
        return this.#whenFree(said.lock, () => this.#leave(port));
      case "shown":
        return this.#shown(port, tab);
      case "hidden":
        tab.isVisible = false;
        return this.#look();
      case "ask":
        return this.#tellState(port);
      case "send":
        return this.#send(port, tab, said.message);
      case "clicked":
        return this.#clicked(port, said.clicked);
      case "leave":
        return this.#leave(port);
    }
  }

  /**
   * @param {Port} port
   * @param {number} seq
   */
  #join(port, seq) {
    const isFirst = this.#tabs.size === 0;
    const tab = { isVisible: true, wants: seq };
    this.#tabs.set(port, tab);
    if (!this.#isStarted) this.#start();
    else if (isFirst) this.#connection.resume();
    else if (this.#connection.state === "signed-out") this.#startAgain();
    this.#connection.shown();
    this.#tellState(port);
    this.#want(tab, seq);
  }

  #start() {
    this.#isStarted = true;
    this.#connection.start();
  }

  /** A page of this usuario was loaded, so there is a session again, and the other tabs may come back too. */
  #startAgain() {
    this.#connection.suspend();
    this.#connection.resume();
  }

  /**
   * @param {Port} port
   * @param {Tab} tab
   */
  #shown(port, tab) {
    tab.isVisible = true;
    this.#connection.shown();
    this.#tellState(port);
  }

  /** @param {Port} port */
  #leave(port) {
    if (!this.#tabs.delete(port)) return;
    this.#audience.remove(port);
    if (this.#tabs.size === 0) this.#connection.suspend();
    else this.#look();
  }

  #look() {
    if (![...this.#tabs.values()].some(({ isVisible }) => isVisible)) this.#connection.hidden();
  }

  /**
   * A tab that lost track is helped from here: the server is asked only for what this store does not know.
   *
   * @param {Port} port
   * @param {Tab} tab
   * @param {Wish} message
   */
  #send(port, tab, message) {
    switch (message.type) {
      case "resync":
        return this.#want(tab, 0);
      case "subscribe":
        return this.#subscribe(port);
      case "unsubscribe":
        return this.#audience.remove(port);
      default:
        this.#connection.send(message);
    }
  }

  /** @param {Port} port */
  #subscribe(port) {
    const message = this.#audience.add(port);
    if (message) this.#tell([port], { tell: "message", message });
  }

  /**
   * @param {Port} port
   * @param {Clicked} clicked
   */
  #clicked(port, clicked) {
    if ("request" in clicked) this.#store.adopt(clicked.request);
    else this.#store.adoptPart(clicked.part);
    const others = [...this.#tabs.keys()].filter((other) => other !== port);
    this.#tell(others, { tell: "clicked", clicked });
  }

  /**
   * @param {Tab} tab
   * @param {number} seq
   */
  #want(tab, seq) {
    tab.wants = seq;
    this.#serve();
    if (tab.wants !== null) this.#connection.send({ type: "resync" });
  }

  /**
   * @param {Message} message
   * @param {boolean} isFirst
   */
  #receive(message, isFirst) {
    const { need } = this.#store.apply(message);
    if (need === "signed-out") return this.#connection.signOut(); // no tab may hear what is another usuario's
    this.#tell(this.#audience.of(message, [...this.#tabs.keys()]), { tell: "message", message });
    if (isFirst) this.#audience.again();
    if (message.type === "snapshot") this.#tabs.forEach((tab) => (tab.wants = null));
    this.#serve();
    const isWanted = message.type === "beat" && [...this.#tabs.values()].some(({ wants }) => wants !== null);
    if (need === "resync" || isWanted) this.#connection.send({ type: "resync" });
  }

  /** Hand what is known to those who want it and may have it. */
  #serve() {
    if (!this.#store.isSettled) return;
    const served = [...this.#tabs].filter(([, { wants }]) => wants !== null && wants <= this.#store.seq);
    if (served.length === 0) return;
    for (const [, tab] of served) tab.wants = null;
    const ports = served.map(([port]) => port);
    this.#tell(ports, { tell: "message", message: this.#store.snapshot() });
  }

  /** @param {Port} port */
  #tellState(port) {
    this.#tell([port], { tell: "state", state: this.#connection.state });
  }

  /**
   * @param {Port[]} ports
   * @param {{tell: "state", state: ConnectionState} | {tell: "message", message: Message}
   *   | {tell: "clicked", clicked: Clicked}} told
   */
  #tell(ports, told) {
    const { heardAt } = this.#connection;
    for (const port of ports) port.postMessage({ ...told, heardAt });
  }
}
