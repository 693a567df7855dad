/** What the store does about messages that were lost, doubled or came in another order. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../frontend/static/sam/js/store.js";
import { beat, change, part, request, snapshot, summary, USER } from "./samples.js";

function storeAfter(...messages) {
  const store = new Store({ user: USER });
  const outcomes = messages.map((message) => store.apply(message));
  return { store, last: outcomes.at(-1) };
}

function processing(changes = {}) {
  return part({ state: "processing", version: 2, ...changes });
}

test("a gap asks for a snapshot, once, and nothing is applied until it comes", () => {
  const { store, last } = storeAfter(snapshot(), change(12, { part: processing() }));
  assert.equal(last.need, "resync");
  assert.equal(store.part(11).state, "pending");
  assert.equal(store.apply(change(11, { part: processing() })).need, "nothing");
  assert.equal(store.apply(change(13, { part: processing() })).need, "nothing");
  assert.equal(store.part(11).state, "pending");
  assert.equal(store.apply(snapshot({ seq: 13, requests: [request({ parts: [processing()] })] })).need, "nothing");
  assert.equal(store.part(11).state, "processing");
  assert.equal(store.apply(change(14, { part: processing({ version: 3 }) })).need, "nothing");
});

test("a snapshot older than a change that came before it is repaired by another", () => {
  const { store } = storeAfter(snapshot(), change(12), change(13));
  assert.equal(store.apply(snapshot({ seq: 12 })).need, "resync");
  store.apply(change(13, { part: processing() }));
  assert.equal(store.part(11).state, "pending");
  assert.equal(store.apply(snapshot({ seq: 12 })).need, "resync");
  assert.equal(store.apply(snapshot({ seq: 13 })).need, "nothing");
});

test("a resync whose snapshot was lost is asked for again by the next beat", () => {
  const { last } = storeAfter(snapshot(), change(12), beat(12));
  assert.equal(last.need, "resync");
});

const beats = [
  { seq: 10, need: "nothing", why: "agrees" },
  { seq: 11, need: "resync", why: "tells of a lost change" },
  { seq: 9, need: "resync", why: "is behind: the client is ahead of the server" },
];
for (const { seq, need, why } of beats) {
  test(`a beat that ${why} needs ${need}`, () => {
    assert.equal(storeAfter(snapshot(), beat(seq)).last.need, need);
  });
}

test("a request that is still not whole at a beat asks for a snapshot", () => {
  const first = part({ id: 21, request: 2, of: 2 });
  const { last } = storeAfter(snapshot(), change(11, { part: first, request: summary({ id: 2 }) }), beat(11));
  assert.equal(last.need, "resync");
});

test("a part that is tried again in a request this tab had forgotten asks for a snapshot", () => {
  const retried = part({ id: 21, request: 2, of: 2, attempt: 2, version: 5 });
  const { last } = storeAfter(snapshot(), change(11, { part: retried, request: summary({ id: 2, version: 4 }) }));
  assert.equal(last.need, "resync");
});

test("a part of an unknown request asks for a snapshot, unless it has just expired", () => {
  const stranger = (changes) => change(11, { part: part({ id: 21, request: 2, ...changes }) });
  assert.equal(storeAfter(snapshot(), stranger({ state: "completed" })).last.need, "resync");
  assert.equal(storeAfter(snapshot(), stranger({ state: "expired" })).last.need, "nothing");
});

test("messages at random, dropped, doubled and reordered, end equal to the server after a beat", () => {
  const random = seeded(20260302);
  for (let round = 0; round < 200; round += 1) {
    const { store } = storeAfter(snapshot());
    const server = { version: 1, seq: 10 };
    const sent = Array.from({ length: 12 }, () => {
      server.version += 1;
      server.seq += 1;
      return change(server.seq, { part: processing({ version: server.version, missing: server.version }) });
    });
    const truth = () => snapshot({ seq: server.seq, requests: [request({ parts: [sent.at(-1).part] })] });
    const lossy = sent.flatMap((message) => [[], [message], [message], [message, message]][Math.floor(random() * 4)]);
    for (const message of swapped(lossy, random)) if (store.apply(message).need === "resync") store.apply(truth());
    if (store.apply(beat(server.seq)).need === "resync") store.apply(truth());
    assert.deepEqual(store.part(11), sent.at(-1).part);
  }
});

function swapped(messages, random) {
  const result = [...messages];
  for (let place = 1; place < result.length; place += 1) {
    if (random() < 0.3) [result[place - 1], result[place]] = [result[place], result[place - 1]];
  }
  return result;
}

/** mulberry32: the same sequence each time. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
