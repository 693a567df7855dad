/** Timers by name over a clock from outside: setting one again moves it. Pure. */

/**
 * @typedef {object} Clock
 * @property {() => number} now milliseconds
 * @property {(run: () => void, ms: number) => any} setTimeout
 * @property {(id: any) => void} clearTimeout
 */

/** @template {string} N */
export class Timers {
  #clock;
  /** @type {Map<N, any>} */
  #running = new Map();

  /** @param {Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /** @param {N} name */
  has(name) {
    return this.#running.has(name);
  }

  /**
   * @param {N} name
   * @param {number} ms
   * @param {() => void} run
   */
  set(name, ms, run) {
    this.cancel(name);
    const fire = () => {
      this.#running.delete(name);
      run();
    };
    this.#running.set(name, this.#clock.setTimeout(fire, ms));
  }

  /** @param {...N} names */
  cancel(...names) {
    for (const name of names) {
      if (this.#running.has(name)) this.#clock.clearTimeout(this.#running.get(name));
      this.#running.delete(name);
    }
  }
}
