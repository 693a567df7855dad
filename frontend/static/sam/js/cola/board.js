/**
 * What the table of parts shows of each digest: in its order, or frozen while somebody points at it. Pure.
 *
 * Frozen, every row stays where it is and its figures go on; what left stays, marked, and what is new waits outside,
 * counted. Let go, it shows what a fresh digest shows. Pinned rows are on top, also when the queue has them no more.
 */

/** @import { Digest, Row } from "../digest.js" */

/**
 * `isGone`: the digest has it no more. `hidden`: parts that the queue has and the table has not; `held`: those of them
 * that only the frozen order keeps out.
 *
 * @typedef {{row: Row, isPinned: boolean, isGone: boolean}} Shown
 * @typedef {{rows: Shown[], hidden: number, held: number, isFrozen: boolean}} Picture
 * @typedef {{frozen: boolean, pins: ReadonlySet<number>}} Wants
 */

export class Board {
  #isFiltered;
  #matches;
  /** @type {Map<number, Row>} */
  #known = new Map();
  /** As it was shown last. @type {number[]} */
  #order = [];

  /**
   * @param {{rows?: Row[], matches?: (row: Row) => boolean}} [options] as the page was rendered, and which rows it is about
   */
  constructor({ rows = [], matches } = {}) {
    this.#isFiltered = matches !== undefined;
    this.#matches = matches ?? (() => true);
    this.#take(rows);
    this.#order = rows.map(({ id }) => id);
  }

  /**
   * @param {Digest} digest
   * @param {Wants} wants
   * @returns {Picture}
   */
  apply(digest, { frozen, pins }) {
    const present = digest.rows.filter(this.#matches);
    const before = this.#known;
    this.#known = new Map();
    this.#take(present);
    const order = frozen ? this.#order : inOrder(present, pins, before);
    if (!frozen) order.push(...this.#beyond(order, before, digest.hidden > 0));
    const rows = order.flatMap((id) => this.#show(id, before, pins));
    for (const { row } of rows) this.#known.set(row.id, row);
    const shown = new Set(order);
    const held = present.filter(({ id }) => !shown.has(id)).length;
    this.#order = rows.map(({ row }) => row.id);
    return { rows, held, hidden: digest.hidden + held, isFrozen: frozen };
  }

  /**
   * The rows of a filter of which no digest tells: those that had ended, and those that wait where it is too short.
   *
   * @param {number[]} order
   * @param {Map<number, Row>} before
   * @param {boolean} isShort
   */
  #beyond(order, before, isShort) {
    if (!this.#isFiltered) return [];
    const told = new Set(order);
    const stays = (/** @type {Row} */ row) => !isLive(row) || (isShort && row.state === "pending");
    return [...before.values()].filter((row) => !told.has(row.id) && stays(row)).map(({ id }) => id);
  }

  /** @param {Row[]} rows */
  #take(rows) {
    for (const row of rows) this.#known.set(row.id, row);
  }

  /**
   * @param {number} id
   * @param {Map<number, Row>} before
   * @param {ReadonlySet<number>} pins
   * @returns {Shown[]}
   */
  #show(id, before, pins) {
    const present = this.#known.get(id);
    const row = present ?? before.get(id);
    return row ? [{ row, isPinned: pins.has(id), isGone: !present && isLive(row) }] : [];
  }
}

/** @param {Row} row */
function isLive({ state }) {
  return state === "pending" || state === "processing";
}

/**
 * The pinned first, those that are gone among them in the order of their ids, then the digest's order.
 *
 * @param {Row[]} present
 * @param {ReadonlySet<number>} pins
 * @param {Map<number, Row>} before
 */
function inOrder(present, pins, before) {
  const ids = present.map(({ id }) => id);
  const here = new Set(ids);
  const gone = [...pins].filter((id) => !here.has(id) && before.has(id)).sort((a, b) => a - b);
  return [...ids.filter((id) => pins.has(id)), ...gone, ...ids.filter((id) => !pins.has(id))];
}
