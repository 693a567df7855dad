/**
 * Whatever is lost, doubled, late or out of order, a tab ends with what the database holds.
 *
 * Hundreds of histories at random; each is the same in every run, and its seed is in the failure's message.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../frontend/static/sam/js/store.js";
import { Database, isLive } from "./database.js";
import { beat, change, part, request, snapshot, summary, USER } from "./samples.js";
import { Chance } from "./seeded.js";

const SEEDS = 600;
const STEPS = 120;

/** A database, a network, and a tab that asks it for snapshots. */
class World {
  chance;
  database;
  store = new Store({ user: USER });
  /** Whether nothing is lost, so that a tab goes far with changes alone. */
  #isCalm;
  /** What is on its way to the tab, the first first. */
  #network = [];
  /** Whether a question for a snapshot is on its way to the server. */
  #asked = true;
  /** A snapshot that was read and is not sent yet. */
  #read = null;
  /** An answer to this person's click that is not there yet. */
  #answer = null;
  #copy = null;
  /** Whether the database was restored and the tab has had no snapshot since. */
  #isBehind = false;
  #known = new Map();

  constructor(seed) {
    this.chance = new Chance(seed);
    this.#isCalm = this.chance.often(0.5);
    // Few, nearly a page, a page, and more than a page and an inbox hold.
    this.database = new Database(this.chance, this.chance.one([0, 18, 19, 32]));
    for (let moves = this.chance.below(3); moves > 0; moves -= 1) this.database.commit();
  }

  /** Something happens; its name. */
  step() {
    const happens = this.#isCalm ? CALM : ALL;
    let at = this.chance.next() * happens.reduce((sum, [, share]) => sum + share, 0);
    const [name] = happens.find(([, share]) => (at -= share) < 0) ?? happens[0];
    this[name]();
    return name;
  }

  commit() {
    this.#network.push(...this.database.commit());
  }

  progress() {
    const frame = this.database.progress();
    if (frame) this.#network.push(frame);
  }

  outlook() {
    this.#network.push(this.database.outlook());
  }

  deliver() {
    const ahead = !this.#isCalm && this.chance.often(0.3) ? this.chance.below(this.#network.length) : 0;
    const [message] = this.#network.splice(ahead, 1);
    if (message) this.#apply(message);
  }

  lose() {
    this.#network.splice(this.chance.below(this.#network.length), 1);
  }

  double() {
    const message = this.chance.one(this.#network);
    if (message) this.#network.splice(this.chance.below(this.#network.length + 1), 0, message);
  }

  read() {
    if (this.#asked || (!this.#isCalm && this.chance.often(0.1))) this.#read ??= this.database.snapshot();
  }

  send() {
    if (this.#read) this.#network.push(this.#read);
    this.#read = null;
  }

  click() {
    const clicked = this.chance.one(this.database.liveRequests());
    if (clicked) this.#answer = this.database.request(clicked.id);
  }

  answer() {
    // One whose request is shown no more would be hours late.
    if (this.#answer && this.database.shows(this.#answer.id)) this.store.adopt(this.#answer);
    this.#answer = null;
    this.#look();
  }

  /** A sign of life that says what the database has: a tab that then asks for nothing has all of it. */
  beat() {
    const isSame = this.store.seq === this.database.seq;
    const asks = this.#apply(beat(this.database.seq));
    assert.ok(asks || isSame, "it takes another seq for its own");
    if (!asks && !this.#isBehind) this.#compare();
    return asks;
  }

  /** Somebody else signed in: the tab takes nothing of theirs, and is right again when its own usuario is back. */
  stranger() {
    const before = shown(this.store);
    const seq = this.store.seq + this.chance.below(3);
    const theirs = part({ id: 1000, request: 100, version: 99 });
    const all = request({ id: 100, requester: USER + 1, version: 99, parts: [theirs] });
    assert.equal(this.store.apply(snapshot({ user: USER + 1, seq, requests: [all] })).need, "signed-out");
    this.store.apply(change(seq + 1, { part: theirs, request: summary({ id: 100, version: 99 }) }));
    this.store.apply(beat(seq + 1));
    this.store.adopt(all);
    assert.deepEqual(shown(this.store), before);
    this.#connect();
  }

  copy() {
    this.#copy = this.database.copy();
  }

  /** The database is restored, which ends every socket. */
  restore() {
    if (this.#restore()) this.#connect();
  }

  /** The same, and this one socket lives on. */
  restoreUnnoticed() {
    this.#restore();
  }

  /** All that is on its way arrives, and then beats and what the tab asks for. */
  settle() {
    this.send();
    while (this.#network.length > 0) this.#apply(this.#network.shift());
    for (let rounds = 0; rounds < 3; rounds += 1) {
      if (!this.beat() && !this.#isBehind) return;
      this.#apply(this.database.snapshot());
    }
    assert.fail("it never stops asking");
  }

  #restore() {
    if (!this.#copy || !this.store.isKnown) return false;
    this.database.restore(this.#copy, `${this.database.epoch}'`);
    this.#isBehind = true;
    this.#disconnect();
    return true;
  }

  /** What was on its way never comes. */
  #disconnect() {
    this.#network = [];
    this.#read = null;
    this.#answer = null;
  }

  #connect() {
    this.#disconnect();
    this.#apply(this.database.snapshot());
  }

  /** Whether the tab now asks for a snapshot; the question may be lost. */
  #apply(message) {
    const { need, parts } = this.store.apply(message);
    assert.notEqual(need, "signed-out");
    if (message.type === "snapshot") {
      this.#asked = false;
      if (this.#isBehind) this.#known.clear();
      this.#isBehind &&= message.epoch !== this.database.epoch;
    }
    if (message.type === "progress") this.#areIn(parts, "pending", "processing");
    if (message.type === "outlook") this.#areIn(parts, "pending", "processing");
    this.#asked ||= need === "resync" && this.chance.often(0.8);
    this.#look();
    return need === "resync";
  }

  #areIn(parts, ...states) {
    for (const id of parts) assert.ok(states.includes(this.store.part(id).state), `part ${id} was changed`);
  }

  /** What is shown is whole, as far as was ever told, and never goes back within an attempt. */
  #look() {
    const { requests } = this.store;
    for (const { id, parts } of requests) assert.equal(parts.length, parts[0].of, `request ${id} is not whole`);
    const parts = requests.flatMap((one) => one.parts);
    for (const one of parts) {
      const before = this.#known.get(one.id);
      if (before?.attempt === one.attempt) assert.ok(one.done >= before.done, `part ${one.id} went back`);
      if (!this.#isBehind) assert.ok(one.done <= this.database.told(one), `part ${one.id}: ${one.done} is too far`);
    }
    this.#known = new Map(parts.map((one) => [one.id, one]));
  }

  #compare() {
    const { requests, notifications } = this.database.snapshot();
    assert.deepEqual(this.store.requests.map(withoutLive), requests.map(withoutLive));
    assert.deepEqual(this.store.notifications, notifications);
    const other = new Store({ user: USER }); // a tab that is opened now, and told what this one knows
    other.apply(this.store.snapshot());
    assert.deepEqual(shown(other), shown(this.store));
  }
}

function shown({ seq, requests, notifications }) {
  return { seq, requests, notifications };
}

/** How often each thing happens. */
const CALM = [
  ...Object.entries({ commit: 10, progress: 4, outlook: 1, deliver: 20, read: 3, send: 3 }),
  ...Object.entries({ click: 1, answer: 1, beat: 1 }),
];
const ALL = [
  ...CALM,
  ...Object.entries({ lose: 1, double: 1, stranger: 0.1, copy: 0.5, restore: 0.2, restoreUnnoticed: 0.3 }),
];

function withoutLive({ parts, ...rest }) {
  const live = { done: 0, percent: 0, current: null, position: null, eta: null, reason: null };
  return { ...rest, parts: parts.map((one) => ({ ...one, ...live })) };
}

test("a tab ends with what the database holds, whatever the network did", () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const world = new World(seed);
    const happened = [];
    try {
      while (happened.length < STEPS) happened.push(world.step());
      world.settle();
    } catch (error) {
      error.message = `seed ${seed}, after ${happened.length} (… ${happened.slice(-5).join(", ")}): ${error.message}`;
      throw error;
    }
  }
});

test("the histories have what they are for", () => {
  const database = new Database(new Chance(1), 25);
  const seen = new Set();
  for (let moves = 0; moves < 300; moves += 1) {
    database.commit();
    const { requests, notifications } = database.snapshot();
    const parts = requests.flatMap((one) => one.parts);
    if (requests.length === 20) seen.add("a full page");
    if (requests.some((one, n) => isLive(one) && one.id < requests[n + 1]?.id)) seen.add("an old one that lives");
    if (notifications.latest.length === 20 && notifications.unread < 20) seen.add("a full inbox, read");
    if (parts.some(({ attempt }) => attempt > 2)) seen.add("a third attempt");
    if (parts.some(({ state }) => state === "expired")) seen.add("an expired part");
  }
  assert.equal(seen.size, 5, [...seen].join(", "));
});
