import assert from "node:assert/strict";
import { test } from "node:test";

import { ListeningTab, liveWorker } from "./fake-worker.js";
import { beat, BUILD, change, notification, part, progress, request, snapshot, summary } from "./samples.js";

const SECOND = 1000;

const asked = (sockets) => sockets.last.sent.filter(({ type }) => type === "resync").length;

test("any number of tabs have one socket, and all are told the same in the same order", () => {
  const { worker, tab, sockets } = liveWorker();
  const others = [new ListeningTab(worker), new ListeningTab(worker)];
  sockets.last.hear(change(11, { part: part({ version: 2, state: "processing" }) }));
  sockets.last.hear(progress());
  sockets.last.hear(beat(11));
  assert.equal(sockets.opened.length, 1);
  for (const one of [tab, ...others]) assert.deepEqual(one.types, ["snapshot", "change", "progress", "beat"]);
});

test("a tab that comes later is handed what is known, without a word to the server", () => {
  const latest = [notification()];
  const { worker, sockets } = liveWorker(snapshot({ unread: 1, latest }));
  sockets.last.hear(change(11, { part: part({ version: 2, state: "processing", attempt: 2 }) }));
  sockets.last.hear(progress({ attempt: 2, done: 9, percent: 25 }));
  const later = new ListeningTab(worker, { seq: 11 });
  assert.deepEqual(later.states, ["live"]);
  const known = part({ version: 2, state: "processing", attempt: 2, done: 9, percent: 25, current: "EQ-005" });
  const expected = snapshot({ seq: 11, unread: 1, latest, requests: [request({ parts: [known] })] });
  assert.deepEqual(later.messages, [expected]);
  assert.equal(later.messages[0].build, BUILD);
  assert.equal(asked(sockets), 0);
});

test("a page that is newer than what the worker knows waits for the server's own snapshot", () => {
  const { worker, sockets } = liveWorker();
  const later = new ListeningTab(worker, { seq: 12 });
  assert.deepEqual(later.types, []);
  assert.equal(asked(sockets), 1);
  sockets.last.hear(snapshot({ seq: 12 }));
  assert.deepEqual(later.types, ["snapshot"]);
});

test("a page that is newer is served as soon as the changes that it has have come", () => {
  const { worker, sockets } = liveWorker();
  const later = new ListeningTab(worker, { seq: 12 });
  sockets.last.hear(change(11));
  assert.deepEqual(later.types, ["change"]);
  sockets.last.hear(change(12));
  assert.deepEqual(later.types, ["change", "change", "snapshot"]);
  assert.equal(later.messages.at(-1).seq, 12);
});

test("a page of before the database was restored is served by what the server says now", () => {
  const { worker, sockets } = liveWorker();
  const later = new ListeningTab(worker, { seq: 900 });
  sockets.last.hear(snapshot({ seq: 3, epoch: "e2" }));
  assert.deepEqual(later.types, ["snapshot"]);
  sockets.last.hear(change(4));
  assert.deepEqual(later.types, ["snapshot", "change"]);
});

test("a wish that the server did not answer is repeated at the next beat", () => {
  const { worker, sockets } = liveWorker();
  const later = new ListeningTab(worker, { seq: 12 });
  sockets.last.hear(beat(10));
  assert.equal(asked(sockets), 2);
  assert.deepEqual(later.types, ["beat"]);
});

test("nobody is handed a request without its parts: between two changes of one click a tab waits", () => {
  const { worker, sockets } = liveWorker();
  sockets.last.hear(change(11, { request: summary({ id: 2 }) }));
  const later = new ListeningTab(worker);
  assert.deepEqual(later.types, []);
  sockets.last.hear(change(12, { part: part({ id: 21, request: 2 }) }));
  assert.deepEqual(later.types, ["change", "snapshot"]);
  assert.deepEqual(later.messages[1].requests.map(({ id }) => id), [2, 1]);
});

test("a gap asks the server once, however many tabs ask; all get its snapshot", () => {
  const { worker, tab, sockets } = liveWorker();
  const other = new ListeningTab(worker);
  sockets.last.hear(change(15));
  assert.equal(asked(sockets), 1);
  tab.say("send", { message: { type: "resync" } });
  sockets.last.hear(snapshot({ seq: 15 }));
  for (const one of [tab, other]) assert.equal(one.messages.at(-1).seq, 15);
});

test("a tab that alone lost track is handed what is known, and the server is not asked", () => {
  const { tab, sockets } = liveWorker();
  tab.say("send", { message: { type: "resync" } });
  assert.deepEqual(tab.types, ["snapshot", "snapshot"]);
  assert.equal(asked(sockets), 0);
});

test("what a tab says goes to the server, and is lost while there is none", () => {
  const { tab, sockets, clock } = liveWorker();
  const read = { type: "read", notification: 5 };
  tab.say("send", { message: read });
  assert.deepEqual(sockets.last.sent, [read]);
  sockets.last.lose(1006);
  clock.pass(SECOND);
  tab.say("send", { message: read });
  assert.deepEqual(sockets.last.sent, []);
});

test("the answer to a click in one tab is told to the others and to tabs that come later, even without a socket", () => {
  const { worker, tab, sockets } = liveWorker(snapshot({ requests: [] }));
  const other = new ListeningTab(worker);
  sockets.refuse = true;
  sockets.last.lose(1006);
  const clicked = { request: request({ id: 7, parts: [part({ id: 70, request: 7 })] }) };
  tab.say("clicked", { clicked });
  assert.deepEqual(other.told.at(-1).clicked, clicked);
  assert.ok(!tab.told.some(({ tell }) => tell === "clicked"));
  const later = new ListeningTab(worker);
  assert.deepEqual(later.messages[0].requests.map(({ id }) => id), [7]);
  other.say("clicked", { clicked: { part: part({ id: 70, request: 7, version: 2, state: "cancelled" }) } });
  assert.equal(tab.told.at(-1).clicked.part.state, "cancelled");
});

test("a tab opened while the connection is stale is told so, with the time when the server was last heard", () => {
  const { worker, clock } = liveWorker();
  const heard = clock.now();
  clock.pass(40 * SECOND);
  const later = new ListeningTab(worker);
  assert.deepEqual(later.states, ["stale"]);
  assert.ok(later.told.every(({ heardAt }) => heardAt === heard));
  assert.deepEqual(later.types, ["snapshot"]);
});

test("a new tab makes a stale connection prove itself: it is given up within 5 s", () => {
  const { worker, sockets, clock } = liveWorker();
  clock.pass(30 * SECOND);
  new ListeningTab(worker);
  clock.pass(6 * SECOND);
  assert.equal(sockets.opened.length, 2);
});

test("every state is told to every tab, also to one that asks whether the worker is there", () => {
  const { worker, tab, sockets, clock } = liveWorker();
  const other = new ListeningTab(worker);
  sockets.refuse = true;
  sockets.last.lose(1006);
  clock.pass(3.1 * SECOND);
  assert.deepEqual([tab.states, other.states], [["connecting", "live", "reconnecting"], ["live", "reconnecting"]]);
  other.say("ask");
  assert.deepEqual(other.states, ["live", "reconnecting", "reconnecting"]);
});
