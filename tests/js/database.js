/**
 * The server's truth about one usuario, small: moves at random, each with the frames that its commit publishes.
 *
 * The same rules as sam/services and sam/selectors/entrega.py, which tests/vectors/entrega.json pins. What a snapshot
 * or a frame gave away is never changed afterwards.
 */

import { change, notification, part, progress, snapshot, summary } from "./samples.js";

const MOST_REQUESTS = 20;
const MOST_NOTIFICATIONS = 20;
const MOST_LIVE = 3;
const EQUIPOS = 35;
const UNEXPIRED = ["pending", "processing", "completed", "failed", "cancelled"];
const RETRYABLE = ["failed", "cancelled", "expired"];

export const isLive = ({ state }) => state === "pending" || state === "processing";

export class Database {
  epoch = "e1";
  #chance;
  #seq = 0;
  #clock = 0;
  #requests = new Map();
  #parts = new Map();
  #notifications = new Map();
  /** The most that was ever told of each attempt's progress. */
  #told = new Map();

  /** @param {number} requests that were made and ended long ago */
  constructor(chance, requests) {
    this.#chance = chance;
    while (this.#requests.size < requests) this.#past();
  }

  get seq() {
    return this.#seq;
  }

  /** What one transaction changed, as frames. */
  commit() {
    const moves = MOVES.filter(([, , isPossible]) => isPossible(this));
    const weight = moves.reduce((sum, [share]) => sum + share, 0);
    let at = this.#chance.next() * weight;
    const [, move] = moves.find(([share]) => (at -= share) < 0) ?? moves[0];
    return this[move]();
  }

  /** A live frame of a part that is built, or undefined; the database is told of some only. */
  progress() {
    const found = this.#chance.one(this.partsIn("processing"));
    if (!found) return undefined;
    const done = Math.min(EQUIPOS, found.done + this.#chance.below(9));
    const told = { done, percent: Math.min(99, Math.floor((100 * done) / EQUIPOS)), current: `EQ-${done}` };
    this.#told.set(attemptOf(found), Math.max(done, this.told(found)));
    if (this.#chance.often(0.4)) this.#parts.set(found.id, { ...found, ...told });
    return progress({ part: found.id, attempt: found.attempt, ...told });
  }

  /** A live frame about all that waits. */
  outlook() {
    const expected = () => ({ position: 1 + this.#chance.below(9), eta: null, reason: "queue_ahead" });
    return { type: "outlook", parts: new Map(this.partsIn("pending").map(({ id }) => [id, expected()])) };
  }

  /** How far this attempt of the part was ever said to be. */
  told(one) {
    return this.#told.get(attemptOf(one)) ?? 0;
  }

  snapshot() {
    const mine = [...this.#notifications.values()].sort((a, b) => b.id - a.id);
    return snapshot({
      epoch: this.epoch,
      seq: this.#seq,
      requests: this.#shown().map(({ id }) => this.request(id)),
      unread: mine.filter(({ read_at }) => read_at === null).length,
      latest: mine.slice(0, MOST_NOTIFICATIONS),
    });
  }

  /** One request as an HTTP answer carries it. */
  request(id) {
    return { ...this.#requests.get(id), parts: this.#partsOf(id) };
  }

  shows(id) {
    return this.#shown().some((request) => request.id === id);
  }

  liveRequests() {
    return [...this.#requests.values()].filter(isLive);
  }

  partsIn(...states) {
    return [...this.#parts.values()].filter(({ state }) => states.includes(state));
  }

  unread() {
    return [...this.#notifications.values()].filter(({ read_at }) => read_at === null);
  }

  /** A copy to restore from. */
  copy() {
    const rows = [this.#requests, this.#parts, this.#notifications].map((table) => new Map(table));
    return { seq: this.#seq, clock: this.#clock, rows };
  }

  /** Everything since the copy is undone, and its ids and numbers will be given again. */
  restore({ seq, clock, rows }, epoch) {
    this.epoch = epoch;
    this.#seq = seq;
    this.#clock = clock;
    [this.#requests, this.#parts, this.#notifications] = rows.map((table) => new Map(table));
    this.#told = new Map([...this.#parts.values()].map((one) => [attemptOf(one), one.done]));
  }

  // ── moves ──

  ask(count = 1 + this.#chance.below(3)) {
    const [id, created_at] = [100 + this.#requests.size, this.#now()];
    this.#requests.set(id, summary({ id, instant: created_at, created_at }));
    const made = Array.from({ length: count }, (_, n) =>
      part({ id: 1000 + this.#parts.size + n, request: id, number: n + 1, of: count, queued_at: created_at }),
    );
    for (const one of made) this.#parts.set(one.id, one);
    return this.#frames(made, { request: this.#requests.get(id) });
  }

  claim() {
    return this.#moveOne(["pending"], { state: "processing", started_at: this.#now(), done: 0, current: null });
  }

  finish() {
    const expires_at = this.#now();
    const archive = { bytes: 1000, sha256: "a".repeat(64), missing: this.#chance.below(2), expires_at };
    const all = { done: EQUIPOS, percent: 100, current: null };
    return this.#moveOne(["processing"], { state: "completed", ...all, ...archive });
  }

  fail() {
    return this.#moveOne(["processing"], { state: "failed", error: "build_error", current: null });
  }

  handBack() {
    return this.#moveOne(["processing"], this.#again);
  }

  cancel() {
    const { id } = this.#chance.one(this.liveRequests());
    const moved = this.#partsOf(id).filter(isLive);
    return this.#move(id, moved, () => ({ state: "cancelled", current: null }), { notify: false });
  }

  retry() {
    const { request } = this.#chance.one(this.partsIn(...RETRYABLE));
    const again = this.#partsOf(request).filter(({ state }) => RETRYABLE.includes(state));
    return this.#move(request, this.#chance.often(0.5) ? again : again.slice(0, 1), this.#again);
  }

  expire() {
    return this.#moveOne(["completed"], { state: "expired" });
  }

  extend() {
    return this.#tick({ extended: true });
  }

  download() {
    return this.#tick({ downloaded_at: this.#now() });
  }

  read() {
    const found = this.#chance.one(this.unread());
    return this.#frames([], { notification: this.#tell({ ...found, version: 2, read_at: this.#now() }) });
  }

  // ── what moves are made of ──

  #past() {
    this.ask(1);
    const id = 99 + this.#requests.size;
    const state = this.#chance.one(["completed", "completed", "failed", "cancelled"]);
    this.#move(id, this.#partsOf(id), () => ({ state }), { notify: true });
  }

  #again = ({ attempt }) => ({
    ...{ state: "pending", attempt: attempt + 1, done: 0, percent: 0, current: null, error: null },
    ...{ bytes: null, sha256: null, missing: 0, expires_at: null, extended: false, downloaded_at: null },
    ...{ started_at: null, position: 1 + this.#chance.below(9) },
  });

  #moveOne(states, changes) {
    const found = this.#chance.one(this.partsIn(...states));
    return this.#move(found.request, [found], typeof changes === "function" ? changes : () => changes);
  }

  #move(request, parts, changes, { notify = true } = {}) {
    const moved = parts.map((one) => this.#write(one, changes(one)));
    return this.#frames(moved, this.#settle(request, notify));
  }

  #tick(changes) {
    return this.#frames([this.#write(this.#chance.one(this.partsIn("completed")), changes)], {});
  }

  #write(one, changes) {
    const written = { ...one, ...changes, version: one.version + 1 };
    this.#parts.set(one.id, written);
    this.#told.set(attemptOf(written), Math.max(written.done, this.told(written)));
    return written;
  }

  #settle(id, notify) {
    const before = this.#requests.get(id);
    const state = requestState(this.#partsOf(id).map((one) => one.state));
    if (state === before.state) return {};
    const request = { ...before, state, version: before.version + 1 };
    this.#requests.set(id, request);
    const isNews = notify && isLive(before) && (state === "failed" || state === "completed");
    if (!isNews) return { request };
    return { request, notification: this.#tell({ id: 500 + this.#notifications.size, request: id }) };
  }

  #tell(changes) {
    const told = notification({ created_at: this.#now(), ...changes });
    this.#notifications.set(told.id, told);
    return told;
  }

  #frames(parts, { request = null, notification: told = null }) {
    const frames = (parts.length > 0 ? parts : [null]).map((one) => change((this.#seq += 1), { part: one }));
    frames[0].request = request;
    frames.at(-1).notification = told;
    return frames;
  }

  #partsOf(id) {
    return [...this.#parts.values()].filter(({ request }) => request === id);
  }

  #shown() {
    const unexpired = new Set(this.partsIn(...UNEXPIRED).map(({ request }) => request));
    const shown = [...this.#requests.values()].filter((one) => unexpired.has(one.id));
    return shown.sort((a, b) => Number(isLive(b)) - Number(isLive(a)) || b.id - a.id).slice(0, MOST_REQUESTS);
  }

  #now() {
    this.#clock += 1;
    return new Date(Date.UTC(2026, 2, 2) + 1000 * this.#clock).toISOString();
  }
}

/** How often each move is made where it is possible. */
const MOVES = [
  [3, "ask", (database) => database.liveRequests().length < MOST_LIVE],
  [4, "claim", (database) => database.partsIn("pending").length > 0],
  [4, "finish", (database) => database.partsIn("processing").length > 0],
  [1, "fail", (database) => database.partsIn("processing").length > 0],
  [1, "handBack", (database) => database.partsIn("processing").length > 0],
  [1, "cancel", (database) => database.liveRequests().length > 0],
  [1, "retry", (database) => database.partsIn(...RETRYABLE).length > 0 && database.liveRequests().length < MOST_LIVE],
  [1, "expire", (database) => database.partsIn("completed").length > 0],
  [0.3, "extend", (database) => database.partsIn("completed").length > 0],
  [0.5, "download", (database) => database.partsIn("completed").length > 0],
  [1, "read", (database) => database.unread().length > 0],
];

/** As sam/states.py has it. */
function requestState(parts) {
  const isWaiting = parts.every((state) => state === "pending");
  if (parts.some((state) => isLive({ state }))) return isWaiting ? "pending" : "processing";
  if (parts.includes("failed")) return "failed";
  if (parts.includes("cancelled")) return "cancelled";
  return parts.every((state) => state === "expired") ? "expired" : "completed";
}

function attemptOf({ id, attempt }) {
  return `${id}/${attempt}`;
}
