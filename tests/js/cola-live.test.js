/** Who hears of the queue: the page that asks, over its own socket or over the one that all tabs share. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Live } from "../../frontend/static/sam/js/live.js";
import { decode } from "../../frontend/static/sam/js/protocol.js";
import { chart, digest, queue, row } from "./cola-samples.js";
import { FakeWorker, ListeningTab, liveWorker } from "./fake-worker.js";
import { FakeClock, FakeSockets } from "./fakes.js";
import { BUILD, snapshot, USER } from "./samples.js";

const SUBSCRIBE = { type: "subscribe", topic: "queue" };
const UNSUBSCRIBE = { type: "unsubscribe", topic: "queue" };
const FORBIDDEN = { type: "error", code: "forbidden" };

const about = (socket) => socket.sent.filter(({ topic }) => topic === "queue");
const watch = (tab) => tab.say("send", { message: SUBSCRIBE });
const leave = (tab) => tab.say("send", { message: UNSUBSCRIBE });
const versions = (tab) => tab.messages.filter(({ type }) => type === "queue").map(({ digest }) => digest.version);

function ownSocket() {
  const [clock, sockets] = [new FakeClock(), new FakeSockets()];
  const page = { user: USER, seq: 0, build: BUILD };
  const live = new Live({ page, share: null, open: () => sockets.open(), clock, random: () => 0 });
  return { live, sockets, clock, ...watching(live) };
}

function watching(live) {
  const [heard, controller] = [[], new AbortController()];
  live.onQueue((digest) => heard.push(digest?.version ?? digest), controller.signal);
  return { heard, controller };
}

function sharedTab(worker) {
  const live = new Live({
    page: { user: USER, seq: 0, build: BUILD },
    share: worker.share(),
    open: () => new FakeSockets().open(),
    clock: worker.clock,
    random: () => 0,
  });
  const found = { live, ...watching(live) };
  live.connection.start();
  return found;
}

test("a digest is read whole, with its charts by window and its failures by reason", () => {
  const message = decode(JSON.stringify(queue({ rows: [row(4)], charts: { "15min": chart() } })));
  assert.equal(message.digest.rows[0].id, 4);
  assert.deepEqual(message.digest.charts.get("15min").p95, [null, 9, 11.5]);
  assert.equal(message.digest.charts.get("15min").failures.get("build_error"), 3);
});

for (const wrong of [{ rows: null }, { at: "ayer" }, { counts: {} }, { rows: [{ ...row(1), state: "lost" }] }]) {
  test(`a digest with ${JSON.stringify(wrong).slice(0, 40)} is ignored`, () => {
    assert.equal(decode(JSON.stringify({ ...queue(), ...wrong })), null);
  });
}

test("with a socket of its own, the page asks once it is greeted, and again after each reconnect", () => {
  const { live, sockets, clock, heard } = ownSocket();
  live.connection.start();
  assert.deepEqual(about(sockets.last), []);
  sockets.last.hear(snapshot());
  assert.deepEqual(about(sockets.last), [SUBSCRIBE]);
  sockets.last.hear(queue({ version: "v1" }));
  sockets.last.hear(snapshot({ seq: 11 }));
  assert.equal(about(sockets.last).length, 1);
  sockets.last.lose(1006);
  clock.passUntil(() => sockets.opened.length === 2);
  sockets.last.hear(snapshot());
  assert.deepEqual(about(sockets.last), [SUBSCRIBE]);
  sockets.last.hear(queue({ version: "v2" }));
  assert.deepEqual(heard, ["v1", "v2"]);
});

test("a page that watches no more says so, and is told no more", () => {
  const { live, sockets, heard, controller } = ownSocket();
  live.connection.start();
  sockets.last.hear(snapshot());
  controller.abort();
  assert.deepEqual(about(sockets.last), [SUBSCRIBE, UNSUBSCRIBE]);
  sockets.last.hear(queue());
  assert.deepEqual(heard, []);
});

test("a right that was taken away is told to who watches", () => {
  const { live, sockets, heard } = ownSocket();
  live.connection.start();
  sockets.last.hear(snapshot());
  sockets.last.hear(FORBIDDEN);
  sockets.last.hear({ type: "error", code: "too_fast" });
  assert.deepEqual(heard, [null]);
});

test("of many tabs only those that watch are told, and the server is asked once", () => {
  const { worker, tab, sockets } = liveWorker();
  const [first, second] = [new ListeningTab(worker), new ListeningTab(worker)];
  watch(first);
  sockets.last.hear(queue({ version: "v1" }));
  watch(second);
  sockets.last.hear(queue({ version: "v2" }));
  assert.deepEqual(about(sockets.last), [SUBSCRIBE]);
  assert.deepEqual([tab, first, second].map(versions), [[], ["v1", "v2"], ["v1", "v2"]]);
});

test("the last that leaves takes the subscription along, in whatever way it leaves", () => {
  for (const [how, go] of [
    ["unsubscribes", leave],
    ["closes", (tab) => tab.port.close()],
    ["crashes", (tab, worker) => worker.locks.get("sam-tab-2")()],
  ]) {
    const { worker, sockets } = liveWorker();
    const [first, second] = [new ListeningTab(worker), new ListeningTab(worker)];
    second.say("alive", { lock: "sam-tab-2" });
    watch(first);
    watch(second);
    leave(first);
    assert.equal(about(sockets.last).at(-1).type, "subscribe", how);
    go(second, worker);
    assert.deepEqual(about(sockets.last).at(-1), UNSUBSCRIBE, how);
  }
});

test("who comes after all had left is not handed what was remembered from then", () => {
  const { worker, tab, sockets } = liveWorker();
  watch(tab);
  sockets.last.hear(queue({ version: "old" }));
  leave(tab);
  const later = new ListeningTab(worker);
  watch(later);
  assert.deepEqual(versions(later), []);
  assert.deepEqual(about(sockets.last).at(-1), SUBSCRIBE);
});

test("the worker asks again on each new socket, and not where nobody watches", () => {
  const { worker, tab, sockets, clock } = liveWorker();
  watch(tab);
  sockets.last.lose(1006);
  clock.passUntil(() => sockets.opened.length === 2);
  sockets.last.hear(snapshot());
  assert.deepEqual(about(sockets.last), [SUBSCRIBE]);
  leave(tab);
  sockets.last.lose(1006);
  clock.passUntil(() => sockets.opened.length === 3);
  sockets.last.hear(snapshot());
  assert.deepEqual(about(sockets.last), []);
  assert.equal(worker.sockets, sockets);
});

test("after the right was taken away nobody is subscribed, and who asks again asks the server", () => {
  const { tab, sockets, worker } = liveWorker();
  watch(tab);
  sockets.last.hear(queue());
  sockets.last.hear(FORBIDDEN);
  assert.equal(tab.messages.at(-1).code, "forbidden");
  const later = new ListeningTab(worker);
  watch(later);
  assert.deepEqual([versions(later), about(sockets.last).length], [[], 2]);
});

test("a whole tab that shares hears digests, and again when it comes back from the cache", () => {
  const worker = new FakeWorker();
  const tab = sharedTab(worker);
  worker.sockets.last.hear(snapshot());
  worker.sockets.last.hear(queue({ version: "v1" }));
  const other = sharedTab(worker);
  assert.deepEqual(other.heard, ["v1"]);
  tab.live.connection.suspend();
  tab.live.connection.resume();
  worker.sockets.last.hear(queue({ version: "v2" }));
  assert.equal(tab.heard.at(-1), "v2");
  assert.equal(other.heard.at(-1), "v2");
});

test("a tab whose worker fails asks for itself on its own socket", () => {
  const worker = new FakeWorker();
  const own = new FakeSockets();
  let near;
  const live = new Live({
    page: { user: USER, seq: 0, build: BUILD },
    share: worker.share((port) => (near = port)),
    open: () => own.open(),
    clock: worker.clock,
    random: () => 0,
  });
  const { heard } = watching(live);
  live.connection.start();
  near.events.onFailure();
  own.last.hear(snapshot());
  own.last.hear({ type: "queue", ...digest({ version: "v9" }) });
  assert.deepEqual([about(own.last), heard], [[SUBSCRIBE], ["v9"]]);
});
