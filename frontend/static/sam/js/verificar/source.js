/** The bytes of a Blob, read a little ahead: a check goes from front to back, and asks for little pieces. Pure. */

import { Unreadable } from "./outcome.js";

const AHEAD_BYTES = 1024 * 1024;

/** The largest piece that deflate gets at once: what it can grow to by then, a thousand times as much, still fits. */
const PACKED_PIECE_BYTES = 16 * 1024;

export class Source {
  #blob;
  #signal;
  #start = 0;
  #ahead = new Uint8Array(0);

  /**
   * @param {Blob} blob
   * @param {AbortSignal} [signal] when it is aborted, the next reading throws its reason
   */
  constructor(blob, signal) {
    this.#blob = blob;
    this.#signal = signal;
  }

  get size() {
    return this.#blob.size;
  }

  /**
   * Exactly so many bytes; throws Unreadable where they are not there.
   *
   * @param {number} start
   * @param {number} length
   */
  async read(start, length) {
    this.#signal?.throwIfAborted();
    if (start + length > this.size) throw new Unreadable("not_zip");
    if (start < this.#start || start + length > this.#start + this.#ahead.length) {
      this.#ahead = await this.#load(start, Math.max(length, AHEAD_BYTES));
      this.#start = start;
      if (this.#ahead.length < length) throw new Unreadable("unreadable_file");
    }
    return this.#ahead.subarray(start - this.#start, start - this.#start + length);
  }

  /**
   * A stretch, as it is.
   *
   * @param {number} start
   * @param {number} length
   * @returns {AsyncGenerator<Uint8Array<ArrayBuffer>>}
   */
  async *pieces(start, length) {
    for (let done = 0; done < length; done += AHEAD_BYTES) {
      yield await this.read(start + done, Math.min(AHEAD_BYTES, length - done));
    }
  }

  /**
   * A stretch as a stream that reads only what is asked of it.
   *
   * @param {number} start
   * @param {number} length
   * @returns {ReadableStream<Uint8Array<ArrayBuffer>>}
   */
  stream(start, length) {
    let done = 0;
    return new ReadableStream(
      {
        pull: async (controller) => {
          if (done === length) return controller.close();
          const piece = await this.read(start + done, Math.min(PACKED_PIECE_BYTES, length - done));
          done += piece.length;
          controller.enqueue(piece);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * @param {number} start
   * @param {number} length
   */
  async #load(start, length) {
    try {
      return new Uint8Array(await this.#blob.slice(start, start + length).arrayBuffer());
    } catch {
      throw new Unreadable("unreadable_file"); // moved, changed or withdrawn since it was chosen
    }
  }
}
