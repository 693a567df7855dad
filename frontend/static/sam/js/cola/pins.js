/** The pinned rows of this tab, over reloads. */

const KEY = "sam-cola-fijadas";
const MOST = 50;

export class Pins {
  /** @type {Set<number>} */
  #ids = read();

  /** @returns {ReadonlySet<number>} */
  get ids() {
    return this.#ids;
  }

  /** @param {number} id */
  toggle(id) {
    if (!this.#ids.delete(id)) this.#ids.add(id);
    this.#ids = new Set([...this.#ids].slice(-MOST));
    try {
      sessionStorage.setItem(KEY, JSON.stringify([...this.#ids]));
    } catch {
      // a browser that keeps nothing: they last as long as the page
    }
    return this.#ids.has(id);
  }
}

/** @returns {Set<number>} */
function read() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return new Set(Array.isArray(kept) ? kept.filter(Number.isSafeInteger) : []);
  } catch {
    return new Set();
  }
}
