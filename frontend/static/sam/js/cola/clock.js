/** The server's clock as this page can know it, so that ages are right where the computer's own clock is wrong. Pure. */

export class ServerClock {
  #now;
  #ahead = -Infinity;

  /** @param {() => number} now this computer's milliseconds */
  constructor(now) {
    this.#now = now;
  }

  /**
   * The server said this was now. What was long under way says too little, so the furthest ahead is the truest.
   *
   * @param {string} at
   */
  hear(at) {
    const ahead = Date.parse(at) - this.#now();
    if (Number.isFinite(ahead)) this.#ahead = Math.max(this.#ahead, ahead);
  }

  now() {
    return this.#now() + (Number.isFinite(this.#ahead) ? this.#ahead : 0);
  }

  /**
   * Seconds since an instant.
   *
   * @param {string} iso
   */
  since(iso) {
    return (this.now() - Date.parse(iso)) / 1000;
  }
}
