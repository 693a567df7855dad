/**
 * SHA-256 (FIPS 180-4), piece by piece.
 *
 * WebCrypto wants a message whole, and exists only on secure pages; on a company's own network SAM may be plain HTTP.
 * Compared in tests with another implementation at every length around its block. Pure.
 */

const BLOCK_BYTES = 64;
const LENGTH_BYTES = 8;

/** The first 32 bits of the fractional parts of a root of each of the first primes. @param {number} power */
function fractions(power, count = 64) {
  /** @type {number[]} */
  const primes = [];
  for (let candidate = 2; primes.length < count; candidate += 1) {
    if (primes.every((prime) => candidate % prime)) primes.push(candidate);
  }
  return Int32Array.from(primes, (prime) => ((prime ** power) % 1) * 2 ** 32);
}

const ROUND_CONSTANTS = fractions(1 / 3);
const INITIAL = fractions(1 / 2, 8);

export class Sha256 {
  #state = INITIAL.slice();
  #schedule = new Int32Array(64);
  #block = new Uint8Array(BLOCK_BYTES);
  #view = new DataView(this.#block.buffer);
  #filled = 0;
  #length = 0;

  /** @param {Uint8Array} bytes */
  update(bytes) {
    this.#length += bytes.length;
    let at = 0;
    if (this.#filled > 0) {
      at = Math.min(BLOCK_BYTES - this.#filled, bytes.length);
      this.#keep(bytes.subarray(0, at));
      if (this.#filled < BLOCK_BYTES) return;
      this.#filled = 0;
      this.#compress(this.#view, 0);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) this.#compress(view, at);
    this.#keep(bytes.subarray(at));
  }

  /** The sum of all that passed, in hexadecimal; nothing may follow. */
  digest() {
    const bits = BigInt(this.#length) * 8n;
    const zeros = (2 * BLOCK_BYTES - 1 - LENGTH_BYTES - this.#filled) % BLOCK_BYTES;
    const padding = new Uint8Array(1 + zeros + LENGTH_BYTES);
    padding[0] = 0x80;
    new DataView(padding.buffer).setBigUint64(1 + zeros, bits);
    this.update(padding);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** @param {Uint8Array} bytes */
  #keep(bytes) {
    this.#block.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /**
   * One block. Word by word: taking arrays apart here was measured at half the speed.
   *
   * @param {DataView} view
   * @param {number} at
   */
  #compress(view, at) {
    const [w, k] = [this.#schedule, ROUND_CONSTANTS];
    expand(w, view, at);
    const state = this.#state;
    let a = at32(state, 0);
    let b = at32(state, 1);
    let c = at32(state, 2);
    let d = at32(state, 3);
    let e = at32(state, 4);
    let f = at32(state, 5);
    let g = at32(state, 6);
    let h = at32(state, 7);
    for (let t = 0; t < 64; t += 1) {
      const sum1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const first = (h + sum1 + (g ^ (e & (f ^ g))) + at32(k, t) + at32(w, t)) | 0;
      const sum0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const second = (sum0 + ((a & b) | (c & (a | b)))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + first) | 0;
      d = c;
      c = b;
      b = a;
      a = (first + second) | 0;
    }
    state[0] = at32(state, 0) + a;
    state[1] = at32(state, 1) + b;
    state[2] = at32(state, 2) + c;
    state[3] = at32(state, 3) + d;
    state[4] = at32(state, 4) + e;
    state[5] = at32(state, 5) + f;
    state[6] = at32(state, 6) + g;
    state[7] = at32(state, 7) + h;
  }
}

/**
 * The message schedule of one block.
 *
 * @param {Int32Array} w
 * @param {DataView} view
 * @param {number} at
 */
function expand(w, view, at) {
  for (let t = 0; t < 16; t += 1) w[t] = view.getInt32(at + 4 * t);
  for (let t = 16; t < 64; t += 1) {
    const early = at32(w, t - 15);
    const late = at32(w, t - 2);
    const sigma0 = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
    const sigma1 = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
    w[t] = at32(w, t - 16) + sigma0 + at32(w, t - 7) + sigma1;
  }
}

/**
 * @param {Int32Array} words
 * @param {number} place
 */
function at32(words, place) {
  return /** @type {number} */ (words[place]);
}
