import assert from "node:assert/strict";
import { test } from "node:test";

import { Store } from "../../frontend/static/sam/js/store.js";
import { beat, change, notification, part, progress, request, snapshot, summary, USER } from "./samples.js";

const READ = "2026-03-02T15:10:00Z";

function storeAfter(...messages) {
  const store = new Store({ user: USER });
  const outcomes = messages.map((message) => store.apply(message));
  return { store, last: outcomes.at(-1) };
}

function processing(changes = {}) {
  return part({ state: "processing", version: 2, ...changes });
}

const live = (changes) => snapshot({ requests: [request({ state: "processing", parts: [processing(changes)] })] });

test("a snapshot is what the store shows", () => {
  const { store, last } = storeAfter(snapshot({ unread: 2, latest: [notification()] }));
  assert.deepEqual(store.requests, [request()]);
  assert.deepEqual(store.notifications, { unread: 2, latest: [notification()] });
  assert.equal(last.everything, true);
  assert.equal(store.seq, 10);
});

test("a second snapshot replaces all of the first", () => {
  const other = request({ id: 2, parts: [part({ id: 21, request: 2 })] });
  const { store } = storeAfter(snapshot(), snapshot({ seq: 12, requests: [other] }));
  assert.deepEqual(store.requests, [other]);
});

test("nothing is known before the first snapshot, and a beat then asks for one", () => {
  const { store, last } = storeAfter(change(1, { part: part(), request: summary() }), beat(1));
  assert.equal(store.isKnown, false);
  assert.deepEqual(store.requests, []);
  assert.equal(last.need, "resync");
});

test("the next change applies", () => {
  const { store, last } = storeAfter(snapshot(), change(11, { part: processing(), request: summary({ version: 2 }) }));
  assert.equal(store.part(11).state, "processing");
  assert.equal(store.request(1).version, 2);
  assert.deepEqual([last.need, [...last.parts], [...last.requests]], ["nothing", [11], [1]]);
});

for (const seq of [10, 9, 0]) {
  test(`a change with seq ${seq}, which is in the snapshot already, is ignored`, () => {
    const { store, last } = storeAfter(snapshot(), change(seq, { part: processing() }));
    assert.equal(store.part(11).state, "pending");
    assert.equal(last.need, "nothing");
  });
}

test("another epoch starts anew, whatever its seq, and keeps no progress of the old one", () => {
  const { store, last } = storeAfter(live({ done: 20 }), { ...live({ done: 3 }), epoch: "e2", seq: 1 });
  assert.equal(last.need, "nothing");
  assert.equal(store.seq, 1);
  assert.equal(store.part(11).done, 3);
});

test("a change to an older version of a part or a request is ignored, but counted", () => {
  const held = snapshot({ requests: [request({ version: 5, parts: [processing({ version: 5 })] })] });
  const { store } = storeAfter(held, change(11, { part: part({ version: 4 }), request: summary({ version: 4 }) }));
  assert.equal(store.part(11).state, "processing");
  assert.equal(store.request(1).version, 5);
  assert.equal(store.seq, 11);
});

test("progress moves a part within its attempt", () => {
  const { store, last } = storeAfter(live(), progress());
  assert.deepEqual([store.part(11).done, store.part(11).percent, store.part(11).current], [5, 14, "EQ-005"]);
  assert.deepEqual([...last.parts], [11]);
  assert.equal(store.seq, 10);
});

const stray = [
  { why: "of an older attempt", held: { attempt: 2 }, said: { attempt: 1, done: 30 } },
  { why: "of an attempt that is not known yet", held: {}, said: { attempt: 2, done: 30 } },
  { why: "that goes backwards", held: { done: 12 }, said: { done: 11 } },
  { why: "of a finished part", held: { state: "completed", done: 35 }, said: { done: 35, current: "EQ-035" } },
  { why: "of a cancelled part", held: { state: "cancelled" }, said: { done: 30 } },
  { why: "of an unknown part", held: {}, said: { part: 99 } },
];
for (const { why, held, said } of stray) {
  test(`progress ${why} changes nothing`, () => {
    const { store, last } = storeAfter(live(held), progress(said));
    assert.deepEqual(store.part(11), processing(held));
    assert.equal(last.parts.size, 0);
  });
}

test("the larger done of an attempt is kept across a change and a snapshot", () => {
  const { store } = storeAfter(live(), progress({ done: 20, percent: 57, current: "EQ-020" }));
  store.apply(change(11, { part: processing({ version: 3, done: 18, percent: 51 }) }));
  assert.deepEqual([store.part(11).done, store.part(11).percent, store.part(11).version], [20, 57, 3]);
  store.apply({ ...live({ version: 3, done: 19, percent: 54 }), seq: 11 });
  assert.deepEqual([store.part(11).done, store.part(11).current], [20, "EQ-020"]);
});

test("a new attempt starts at its own done", () => {
  const { store } = storeAfter(live({ done: 20 }), change(11, { part: part({ version: 3, attempt: 2 }) }));
  assert.deepEqual([store.part(11).done, store.part(11).state], [0, "pending"]);
});

test("an outlook moves waiting parts, and says of those that are built only when they end", () => {
  const two = request({ parts: [processing({ of: 2 }), part({ id: 12, number: 2, of: 2, position: 4 })] });
  const expected = { position: 1, eta: ["2026-03-02T15:01:00Z", "2026-03-02T15:02:00Z"], reason: "queue_ahead" };
  const outlook = { type: "outlook", parts: new Map([11, 12, 99].map((id) => [id, expected])) };
  const { store, last } = storeAfter(snapshot({ requests: [two] }), outlook);
  assert.deepEqual([store.part(11).position, store.part(11).reason, store.part(11).eta], [null, null, expected.eta]);
  assert.deepEqual([store.part(12).position, store.part(12).reason], [1, "queue_ahead"]);
  assert.deepEqual([...last.parts], [11, 12]);
});

test("an outlook says nothing of a part that is over", () => {
  const outlook = { type: "outlook", parts: new Map([[11, { position: 1, eta: null, reason: "queue_ahead" }]]) };
  const over = change(11, { part: part({ state: "cancelled", version: 2 }) });
  const { last } = storeAfter(snapshot(), over, outlook);
  assert.deepEqual([...last.parts], []);
});

test("a new request appears when its last part has come, newest first", () => {
  const created_at = "2026-03-02T16:00:00Z";
  const parts = [1, 2].map((number) => part({ id: 20 + number, request: 2, number, of: 2 }));
  const { store } = storeAfter(snapshot(), change(11, { part: parts[0], request: summary({ id: 2, created_at }) }));
  assert.deepEqual(store.requests.map(({ id }) => id), [1]);
  const outcome = store.apply(change(12, { part: parts[1] }));
  assert.equal(outcome.everything, true);
  assert.deepEqual(store.requests, [request({ id: 2, created_at, parts }), request()]);
  assert.equal(store.apply(beat(12)).need, "nothing");
});

test("a request is let go when its last part has expired", () => {
  const { store, last } = storeAfter(snapshot(), change(11, { part: part({ state: "expired", version: 2 }) }));
  assert.deepEqual(store.requests, []);
  assert.deepEqual([last.everything, last.need], [true, "nothing"]);
});

test("of more than twenty requests the newest stay; when one goes, the older are asked for", () => {
  const single = (id) => request({ id, parts: [part({ id: id - 100, request: id })] });
  const many = Array.from({ length: 20 }, (_, n) => single(100 + n));
  const newest = change(11, { part: part({ id: 21, request: 200 }), request: summary({ id: 200 }) });
  const { store } = storeAfter(snapshot({ requests: many }), newest);
  assert.deepEqual([store.requests.length, store.requests[0].id, store.requests.at(-1).id], [20, 200, 101]);
  const gone = store.apply(change(12, { part: part({ id: 21, request: 200, state: "expired", version: 2 }) }));
  assert.equal(gone.need, "resync");
});

const reads = [
  { why: "a new one", latest: [], said: { id: 6 }, unread: 3, ids: [6] },
  {
    why: "one of the latest that was read",
    latest: [notification()],
    said: { version: 2, read_at: READ },
    unread: 1,
    ids: [5],
  },
  { why: "the same again", latest: [notification()], said: {}, unread: 2, ids: [5] },
  {
    why: "an older one that was read",
    latest: [notification()],
    said: { id: 2, version: 2, read_at: READ },
    unread: 1,
    ids: [5, 2],
  },
  {
    why: "an older version",
    latest: [notification({ version: 2, read_at: READ })],
    said: { version: 1 },
    unread: 2,
    ids: [5],
  },
];
for (const { why, latest, said, unread, ids } of reads) {
  test(`the unread count after ${why} is ${unread}`, () => {
    const { store } = storeAfter(snapshot({ unread: 2, latest }), change(11, { notification: notification(said) }));
    assert.equal(store.notifications.unread, unread);
    assert.deepEqual(store.notifications.latest.map(({ id }) => id), ids);
  });
}

test("another usuario's snapshot applies nothing and signs the page out", () => {
  const { store, last } = storeAfter(snapshot(), snapshot({ user: 4, seq: 20, requests: [] }));
  assert.equal(last.need, "signed-out");
  assert.deepEqual([store.requests, store.seq], [[request()], 10]);
  store.apply(change(11, { part: processing() }));
  store.adopt(request({ version: 9, state: "cancelled" }));
  assert.deepEqual(store.requests, [request()]);
});

test("the page's own usuario back again is shown again", () => {
  const { store, last } = storeAfter(snapshot(), snapshot({ user: 4 }), snapshot({ seq: 20, requests: [] }));
  assert.deepEqual([store.requests, last.need], [[], "nothing"]);
});

test("the answer to a click shows at once and the change that follows it does no harm", () => {
  const { store } = storeAfter(snapshot({ requests: [] }));
  const outcome = store.adopt(request());
  assert.equal(outcome.everything, true);
  assert.deepEqual(store.requests, [request()]);
  store.apply(change(11, { part: part(), request: summary() }));
  assert.deepEqual([store.requests, store.seq], [[request()], 11]);
});

test("a late answer to a click does not undo a newer change", () => {
  const { store } = storeAfter(snapshot(), change(11, { part: processing(), request: summary({ version: 2 }) }));
  store.adopt(request());
  store.adoptPart(part());
  assert.deepEqual([store.part(11).state, store.request(1).version], ["processing", 2]);
});

test("an answer about another usuario's request is not taken", () => {
  const { store } = storeAfter(snapshot({ requests: [] }));
  store.adopt(request({ requester: 4 }));
  assert.deepEqual(store.requests, []);
});
