/** Chance that is the same in every run: mulberry32. */
export class Chance {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed;
  }

  /** From 0 up to 1, without 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number below `bound`. */
  below(bound) {
    return Math.floor(this.next() * bound);
  }

  /** Whether something with this share happens. */
  often(share) {
    return this.next() < share;
  }

  /** One of them, or undefined where there is none. */
  one(things) {
    return things[this.below(things.length)];
  }
}
