/** The tabs that watch the queue over one socket, and the latest that it told of it, for those who come later. Pure. */

/** @import { Message, Queue, Wish } from "./protocol.js" */

/** @template P the tab's port */
export class Audience {
  #send;
  /** @type {Set<P>} */
  #ports = new Set();
  /** @type {Queue | null} */
  #latest = null;

  /** @param {(wish: Wish) => void} send to the server */
  constructor(send) {
    this.#send = send;
  }

  /**
   * What is known already, for a port that watches from now on.
   *
   * @param {P} port
   */
  add(port) {
    this.#ports.add(port);
    if (!this.#latest) this.#send({ type: "subscribe", topic: "queue" });
    return this.#latest;
  }

  /** @param {P} port */
  remove(port) {
    if (!this.#ports.delete(port) || this.#ports.size > 0) return;
    this.#latest = null;
    this.#send({ type: "unsubscribe", topic: "queue" });
  }

  /** A new socket knows nothing of who watches. */
  again() {
    if (this.#ports.size > 0) this.#send({ type: "subscribe", topic: "queue" });
  }

  /**
   * Which of the ports are to be told this, of all that there are.
   *
   * @param {Message} message
   * @param {P[]} all
   */
  of(message, all) {
    if (message.type === "queue") {
      this.#latest = this.#ports.size > 0 ? message : null;
      return all.filter((port) => this.#ports.has(port));
    }
    if (message.type === "error" && message.code === "forbidden") this.#dismiss();
    return all;
  }

  /** The right was taken away: whoever still wants to watch has to ask again. */
  #dismiss() {
    this.#ports.clear();
    this.#latest = null;
  }
}
