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

const MOST_GONE = 50;

export class Board {
  #isFiltered;
  #keepsGone;
  #matches;
  /** @type {Map<number, Row>} */
  #known = new Map();
  /** As it was shown last. @type {number[]} */
  #order = [];
  /** By the filter, the last time, and what digests told of them since; shown or not. @type {Map<number, Row>} */
  #found = new Map();
  /** Shown when the filter found them no more. @type {Set<number>} */
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
    if (matches) this.#found = new Map(this.#known);
    this.#order = rows.map(({ id }) => id);
  }

  /**
   * @param {Digest} digest
   * @param {Wants} wants
   * @returns {Picture}
   */
  apply(digest, { frozen, pins }) {
    const present = digest.rows.filter(this.#matches);
    for (const row of digest.rows) {
      this.#left.delete(row.id);
      if (this.#found.has(row.id)) this.#found.set(row.id, row);
    }
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
    this.#found = new Map(rows.map((row) => [row.id, row]));
    this.#left = new Set([...this.#known.keys()].filter((id) => !this.#found.has(id)));
    for (const row of rows) if (this.#known.has(row.id)) this.#known.set(row.id, row);
  }

  /**
   * The rows of a filter of which this digest does not tell: those that had ended or left the queue, and those that
   * wait where it is too short. Of the others it tells what they are now, also if that is not what was asked for.
   * First what the filter found, then what digests told since: of these only so many, for the next answer has them.
   *
   * @param {number[]} order
   * @param {Digest} digest
   * @param {Map<number, Row>} before
   */
  #beyond(order, { rows, hidden }, before) {
    if (!this.#isFiltered) return [];
    const told = new Set([...order, ...rows.map(({ id }) => id)]);
    const waitsOn = (/** @type {Row} */ row) => this.#keepsGone || (hidden > 0 && row.state === "pending");
    const stays = (/** @type {Row} */ row) => !told.has(row.id) && (!isLive(row) || waitsOn(row));
    const isLater = (/** @type {Row} */ { id }) => !this.#found.has(id) && !this.#left.has(id);
    const later = [...before.values()].filter((row) => stays(row) && isLater(row));
    return [...[...this.#found.values()].filter(stays), ...later.slice(-MOST_GONE)].map(({ id }) => id);
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
