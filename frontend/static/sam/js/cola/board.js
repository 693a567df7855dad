/**
 * What the table of parts shows of each digest: in its order, or frozen while somebody points at it. Pure.
 *
 * Frozen, every row stays where it is and its figures go on; what left stays, marked, and what is new waits outside,
 * counted. Let go, it shows what a fresh digest shows. Pinned rows are on top, also when the queue has them no more.
 * The rows of a filter stay, those marked that left the queue, where it asks for no state that they may have lost.
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

const MOST_GONE = 200;

export class Board {
  #isFiltered;
  #keepsGone;
  #matches;
  /** @type {Map<number, Row>} */
  #known = new Map();
  /** As it was shown last. @type {number[]} */
  #order = [];
  /** By the filter, the last time; shown or not yet. @type {Map<number, Row>} */
  #found = new Map();
  /** Had ended, and is no more what the filter asks for. @type {Set<number>} */
  #left = new Set();

  /**
   * @param {{rows?: Row[], matches?: (row: Row) => boolean, keepsGone?: boolean}} [options]
   *   as the page was rendered, and which rows it is about; keepsGone: also those that left the queue
   */
  constructor({ rows = [], matches, keepsGone = false } = {}) {
    this.#keepsGone = keepsGone;
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
    const before = new Map([...this.#found, ...this.#known]);
    this.#known = new Map();
    this.#take(present);
    const order = frozen ? this.#order : inOrder(present, pins, before);
    if (!frozen) order.push(...this.#beyond(order, digest, before));
    const rows = order.flatMap((id) => this.#show(id, before, pins));
    for (const { row } of rows) this.#known.set(row.id, row);
    const shown = new Set(order);
    const held = present.filter(({ id }) => !shown.has(id)).length;
    this.#order = rows.map(({ row }) => row.id);
    return { rows, held, hidden: digest.hidden + held, isFrozen: frozen };
  }

  /** What the filter finds now. @param {Row[]} rows */
  renew(rows) {
    const found = new Set(rows.map(({ id }) => id));
    for (const row of this.#known.values()) if (!isLive(row) && !found.has(row.id)) this.#left.add(row.id);
    for (const id of found) this.#left.delete(id);
    this.#found = new Map(rows.map((row) => [row.id, row]));
    for (const row of rows) if (this.#known.has(row.id)) this.#known.set(row.id, row);
  }

  /**
   * The rows of a filter of which this digest does not tell: those that had ended or left the queue, and those that
   * wait where it is too short. Of the others it tells what they are now, also if that is not what was asked for.
   *
   * @param {number[]} order
   * @param {Digest} digest
   * @param {Map<number, Row>} before
   */
  #beyond(order, { rows, hidden }, before) {
    if (!this.#isFiltered) return [];
    const told = new Set([...order, ...rows.map(({ id }) => id)]);
    const waitsOn = (/** @type {Row} */ row) => this.#keepsGone || (hidden > 0 && row.state === "pending");
    const stays = (/** @type {Row} */ row) => (isLive(row) ? waitsOn(row) : !this.#left.has(row.id));
    const staying = [...before.values()].filter((row) => !told.has(row.id) && stays(row));
    return staying.map(({ id }) => id).slice(-MOST_GONE);
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
