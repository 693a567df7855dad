/**
 * The rows of the page's filter, asked for anew as the queue changes: what has ended is in no digest. Not too often, and
 * at once after something was done.
 */

/** @import { Row } from "../digest.js" */

import { parseFound } from "../digest.js";

const GAP_MS = 10_000;

export class Found {
  #fetch;
  #now;
  #hear;
  #asked = 0;
  #next = 0;
  /** Of the queue, when they were asked for. @type {string | null} */
  #version = null;

  /**
   * @param {object} options
   * @param {() => Promise<string>} options.fetch the page as JSON; fails where there is no answer
   * @param {() => number} options.now milliseconds
   * @param {(rows: Row[]) => void} options.hear
   */
  constructor({ fetch, now, hear }) {
    this.#fetch = fetch;
    this.#now = now;
    this.#hear = hear;
  }

  /** The queue is at this version. @param {string} version */
  at(version) {
    if (this.#version === null) this.#version = version; // as the page was rendered
    if (version === this.#version || this.#now() < this.#next) return;
    this.#version = version;
    this.ask();
  }

  async ask() {
    const number = ++this.#asked;
    this.#next = this.#now() + GAP_MS;
    const rows = await this.#fetch().then(parseFound, () => null);
    if (rows && number === this.#asked) this.#hear(rows); // else a later answer is on its way, or the next change asks
  }
}
