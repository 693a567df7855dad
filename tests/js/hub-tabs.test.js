import assert from "node:assert/strict";
import { test } from "node:test";

import { ListeningTab, liveWorker } from "./fake-worker.js";
import { beat, request, snapshot, USER } from "./samples.js";

const SECOND = 1000;

test("the socket is closed when the last tab has left, and opened when one comes again", () => {
  const { worker, tab, sockets, clock } = liveWorker();
  const other = new ListeningTab(worker);
  tab.port.close();
  assert.equal(sockets.last.closed, null);
  other.port.close();
  assert.equal(sockets.last.closed, 1000);
  clock.pass(600 * SECOND);
  assert.equal(sockets.opened.length, 1);
  const again = new ListeningTab(worker);
  assert.equal(sockets.opened.length, 2);
  assert.equal(again.states.at(-1), "connecting");
  sockets.last.hear(snapshot({ seq: 20 }));
  assert.equal(again.states.at(-1), "live");
  assert.equal(again.messages.at(-1).seq, 20);
});

test("a tab that crashed has left when its lock is free", () => {
  const { worker, tab, sockets } = liveWorker();
  tab.say("alive", { lock: "sam-tab-1" });
  worker.locks.get("sam-tab-1")();
  assert.equal(sockets.last.closed, 1000);
  worker.locks.get("sam-tab-1")(); // a lock that is free late, of a tab that said goodbye
  tab.say("shown");
  assert.equal(sockets.opened.length, 1);
});

test("hidden is what all tabs are: one that is seen keeps the retries going", () => {
  const { worker, tab, sockets, clock } = liveWorker();
  const other = new ListeningTab(worker);
  tab.say("hidden");
  clock.sleep(600 * SECOND);
  sockets.last.lose(1006);
  clock.pass(SECOND);
  assert.equal(sockets.opened.length, 2);
  other.say("hidden");
  clock.sleep(600 * SECOND);
  sockets.last.lose(1006);
  clock.pass(3600 * SECOND);
  assert.equal(sockets.opened.length, 2);
  tab.say("shown");
  assert.equal(sockets.opened.length, 3);
});

test("the only visible tab leaves: what stays is hidden", () => {
  const { worker, tab, sockets, clock } = liveWorker();
  const other = new ListeningTab(worker);
  tab.say("hidden");
  other.port.close();
  clock.sleep(600 * SECOND);
  sockets.last.lose(1006);
  clock.pass(3600 * SECOND);
  assert.equal(sockets.opened.length, 1);
});

test("a session that ended is told to all tabs at once, and nothing is tried again by itself", () => {
  const { worker, tab, sockets, clock } = liveWorker();
  const other = new ListeningTab(worker);
  sockets.last.lose(4401);
  clock.pass(3600 * SECOND);
  tab.say("shown");
  for (const one of [tab, other]) assert.equal(one.states.at(-1), "signed-out");
  assert.equal(sockets.opened.length, 1);
});

test("a page loaded after the login brings all tabs back, and is never told that it is signed out", () => {
  const { worker, tab, sockets } = liveWorker();
  sockets.last.lose(4401);
  const entered = new ListeningTab(worker, { seq: 10 });
  assert.equal(sockets.opened.length, 2);
  sockets.last.hear(snapshot());
  for (const one of [tab, entered]) assert.equal(one.states.at(-1), "live");
  assert.ok(!entered.states.includes("signed-out"));
});

test("a page that comes back from the cache without a session is told again", () => {
  const { worker, sockets } = liveWorker();
  sockets.last.lose(4401);
  const old = new ListeningTab(worker);
  sockets.last.lose(4401);
  assert.equal(old.states.at(-1), "signed-out");
});

test("a snapshot of another usuario reaches no tab", () => {
  const { tab, sockets } = liveWorker();
  sockets.last.hear(snapshot({ user: USER + 1, requests: [request({ id: 99 })] }));
  assert.deepEqual(tab.types, ["snapshot"]);
  assert.equal(tab.states.at(-1), "signed-out");
  assert.equal(sockets.last.closed, 1000);
});

test("what a tab says after its goodbye is not heard", () => {
  const { worker, tab, sockets } = liveWorker();
  const other = new ListeningTab(worker);
  tab.say("leave");
  tab.say("send", { message: { type: "read", notification: 5 } });
  tab.say("leave");
  assert.deepEqual(sockets.last.sent.filter(({ type }) => type === "read"), []);
  sockets.last.hear(beat(10));
  assert.deepEqual([tab.types.at(-1), other.types.at(-1)], ["snapshot", "beat"]);
});
