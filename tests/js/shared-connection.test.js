import assert from "node:assert/strict";
import { test } from "node:test";

import { Live } from "../../frontend/static/sam/js/live.js";
import { FakeWorker } from "./fake-worker.js";
import { FakeSockets } from "./fakes.js";
import { beat, BUILD, change, part, request, snapshot, summary, USER } from "./samples.js";

const SECOND = 1000;

/** A whole tab: store, shared connection, and the socket of its own that it should not need. */
class Tab {
  own = new FakeSockets();
  states = [];
  ages = [];

  constructor(worker, { seq = 0, share } = {}) {
    this.live = new Live({
      page: { user: USER, seq, build: BUILD },
      share: share ?? worker.share((port) => (this.port = port)),
      open: () => this.own.open(),
      clock: worker.clock,
      random: () => 0,
    });
    const { signal } = new AbortController();
    this.live.onState((state) => this.states.push(state), signal);
    this.live.onAged((aged) => this.ages.push(aged), signal);
    this.live.connection.start();
  }

  get state() {
    return this.live.connection.state;
  }
}

function liveTabs(count = 2) {
  const worker = new FakeWorker();
  const tabs = Array.from({ length: count }, () => new Tab(worker));
  worker.sockets.last.hear(snapshot());
  return { worker, tabs, sockets: worker.sockets, clock: worker.clock };
}

test("tabs that share are live together, on one socket, and none opens its own", () => {
  const { tabs, sockets } = liveTabs(3);
  for (const tab of tabs) {
    assert.deepEqual(tab.states, ["connecting", "live"]);
    assert.equal(tab.own.opened.length, 0);
  }
  assert.equal(sockets.opened.length, 1);
});

test("a change is the same in the store of every tab, also of one that came later", () => {
  const { worker, tabs, sockets } = liveTabs();
  sockets.last.hear(change(11, { part: part({ version: 2, state: "processing" }), request: summary({ version: 2 }) }));
  tabs.push(new Tab(worker, { seq: 11 }));
  sockets.last.hear(change(12, { part: part({ version: 3, state: "completed", done: 35, percent: 100 }) }));
  for (const { live } of tabs) {
    assert.equal(live.store.seq, 12);
    assert.equal(live.store.part(11).state, "completed");
  }
});

test("a click in one tab is in the stores of all before any frame says it", () => {
  const { tabs } = liveTabs();
  tabs[0].live.adopt(request({ id: 7, parts: [part({ id: 70, request: 7 })] }));
  assert.equal(tabs[1].live.store.part(70).state, "pending");
  tabs[1].live.adoptPart(part({ id: 70, request: 7, version: 2, state: "cancelled" }));
  assert.equal(tabs[0].live.store.part(70).state, "cancelled");
});

test("the page is live only once this tab has its snapshot, whatever the worker is", () => {
  const { worker, sockets } = liveTabs();
  const later = new Tab(worker, { seq: 12 });
  assert.equal(later.state, "connecting");
  sockets.last.hear(snapshot({ seq: 12 }));
  assert.equal(later.state, "live");
});

test("a snapshot that does not come within 3 s is told", () => {
  const { worker, clock } = liveTabs();
  const later = new Tab(worker, { seq: 12 });
  clock.pass(3.1 * SECOND);
  assert.deepEqual(later.states, ["connecting", "reconnecting"]);
});

test("stale is stale in all tabs, and the age goes on growing in one that was opened meanwhile", () => {
  const { worker, tabs, clock } = liveTabs();
  clock.pass(30 * SECOND);
  const later = new Tab(worker);
  clock.pass(2 * SECOND);
  for (const tab of [...tabs, later]) {
    assert.equal(tab.state, "stale");
    assert.equal(tab.live.age, 32);
  }
});

test("a read is handed on while live and while stale, and not while there is nobody to hear it", () => {
  const { tabs, sockets, clock } = liveTabs(1);
  const [{ live }] = tabs;
  const read = { type: "read", notification: 5 };
  assert.equal(live.connection.send(read), true);
  assert.deepEqual(sockets.last.sent, [read]);
  sockets.refuse = true;
  sockets.last.lose(1006);
  clock.pass(3.1 * SECOND);
  assert.equal(live.connection.send(read), false);
});

test("a worker that says nothing within 2 s is left, and the tab opens a socket of its own", () => {
  const worker = new FakeWorker();
  worker.isDead = true;
  const tab = new Tab(worker);
  worker.clock.pass(1.9 * SECOND);
  assert.equal(tab.own.opened.length, 0);
  worker.clock.pass(0.2 * SECOND);
  assert.equal(tab.own.opened.length, 1);
  tab.own.last.hear(snapshot());
  assert.equal(tab.state, "live");
  tab.port.events.onTold({ tell: "state", state: "signed-out", heardAt: 0 });
  assert.equal(tab.state, "live");
});

test("a worker that cannot start is left at once", () => {
  const worker = new FakeWorker();
  const tab = new Tab(worker);
  tab.port.events.onFailure();
  tab.port.events.onFailure();
  assert.equal(tab.own.opened.length, 1);
  assert.equal(worker.sockets.last.closed, 1000);
});

test("a browser that forbids the worker costs nothing but the sharing", () => {
  const worker = new FakeWorker();
  const share = () => {
    throw new Error("SecurityError");
  };
  const tab = new Tab(worker, { share });
  tab.own.last.hear(snapshot());
  assert.equal(tab.state, "live");
  assert.deepEqual(tab.states.at(-1), "live");
});

test("a worker that died in silence is noticed within a minute, or at once when the page is shown", () => {
  for (const notice of [(tab, clock) => clock.pass(53 * SECOND), (tab, clock) => {
    tab.live.connection.shown();
    clock.pass(2.1 * SECOND);
  }]) {
    const { worker, tabs, clock } = liveTabs(1);
    worker.isDead = true;
    notice(tabs[0], clock);
    assert.equal(tabs[0].own.opened.length, 1);
  }
});

test("a worker that is only quiet, as without a network, is not left", () => {
  const { tabs, sockets, clock } = liveTabs(1);
  sockets.refuse = true;
  sockets.last.lose(1006);
  clock.pass(600 * SECOND);
  assert.equal(tabs[0].own.opened.length, 0);
  assert.equal(tabs[0].state, "reconnecting");
});

test("after a night asleep, the late timer of a page leaves no worker that answers", () => {
  const { worker, tabs, clock } = liveTabs(1);
  worker.isDead = true; // its answer comes after the timer
  tabs[0].live.connection.shown();
  clock.sleep(8 * 3600 * SECOND);
  worker.isDead = false;
  clock.pass(0);
  assert.equal(tabs[0].own.opened.length, 0);
});

test("the back/forward cache: goodbye on the way in; back, it claims nothing until it knows", () => {
  const { tabs, sockets } = liveTabs();
  const [one, other] = tabs;
  one.live.connection.suspend();
  assert.equal(sockets.last.closed, null);
  sockets.last.hear(change(11, { part: part({ version: 2, state: "processing" }) }));
  assert.equal(one.live.store.part(11).state, "pending");
  one.live.connection.resume();
  assert.equal(one.live.store.part(11).state, "processing");
  assert.deepEqual(one.states, ["connecting", "live", "connecting", "live"]);
  assert.equal(other.state, "live");
});

test("back from the cache, a page that knows more than the worker is not taken back in time", () => {
  const { worker, tabs, sockets } = liveTabs(1);
  const [{ live }] = tabs;
  sockets.last.hear(change(11, { part: part({ version: 2, state: "processing" }) }));
  live.connection.suspend();
  const newer = new FakeWorker();
  newer.clock = worker.clock;
  live.connection.resume();
  sockets.last.hear(snapshot({ seq: 11, requests: [request({ parts: [part({ version: 2, state: "processing" })] })] }));
  assert.equal(live.store.part(11).state, "processing");
});

test("signed out, all tabs say it; after a login in another tab all are live and the old ones ask for a reload", () => {
  const { worker, tabs, sockets } = liveTabs();
  sockets.last.lose(4401);
  for (const tab of tabs) assert.equal(tab.state, "signed-out");
  const entered = new Tab(worker, { seq: 10 });
  sockets.last.hear(snapshot());
  assert.deepEqual(entered.states, ["connecting", "live"]);
  assert.deepEqual(entered.ages, [null]);
  for (const tab of tabs) {
    assert.deepEqual(tab.states, ["connecting", "live", "signed-out", "live"]);
    assert.deepEqual(tab.ages, [null, "session"]);
  }
});

test("a deploy is told in all tabs, and by the worker's memory to an old page that comes back", () => {
  const { tabs, sockets } = liveTabs();
  const [one, other] = tabs;
  one.live.connection.suspend();
  sockets.last.hear(snapshot({ build: "b2" }));
  one.live.connection.resume();
  for (const tab of [one, other]) assert.deepEqual(tab.ages, [null, "deploy"]);
  sockets.last.hear(beat(10));
  assert.equal(one.state, "live");
});
