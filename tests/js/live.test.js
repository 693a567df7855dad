import assert from "node:assert/strict";
import { test } from "node:test";

import { Live } from "../../frontend/static/sam/js/live.js";
import { FakeClock, FakeSockets } from "./fakes.js";
import { BUILD, change, part, request, snapshot, summary, USER } from "./samples.js";

function liveOf(user) {
  const [clock, sockets] = [new FakeClock(), new FakeSockets()];
  const page = { user, seq: 0, build: BUILD };
  const live = new Live({ page, share: null, open: () => sockets.open(), clock, random: () => 0 });
  live.connection.start();
  return { live, sockets, clock };
}

function agesOf(live) {
  const ages = [];
  live.onAged((aged) => ages.push(aged), new AbortController().signal);
  return ages;
}

test("a gap in seq asks the socket for a snapshot", () => {
  const { sockets } = liveOf(USER);
  sockets.last.hear(snapshot());
  sockets.last.hear(change(12));
  assert.deepEqual(sockets.last.sent, [{ type: "resync" }]);
});

test("a snapshot of another usuario signs out and closes, and the page was never live", () => {
  const { live, sockets } = liveOf(USER + 1);
  const states = [];
  live.onState((state) => states.push(state), new AbortController().signal);
  sockets.last.hear(snapshot());
  assert.deepEqual(states, ["connecting", "signed-out"]);
  assert.equal(sockets.last.closed, 1000);
  assert.deepEqual(live.store.requests, []);
});

test("listeners hear changes until they are aborted, and late ones are told what is known", () => {
  const { live, sockets } = liveOf(USER);
  const controller = new AbortController();
  const heard = [];
  live.onChange(({ everything }) => heard.push(["early", everything]), controller.signal);
  sockets.last.hear(snapshot());
  live.onChange(({ everything }) => heard.push(["late", everything]), controller.signal);
  controller.abort();
  sockets.last.hear(change(11, { part: part({ version: 2 }), request: summary({ version: 2 }) }));
  assert.deepEqual(heard, [["early", true], ["late", true]]);
  assert.equal(live.store.requests[0].version, 2);
});

test("the answer to a click is told to listeners, and age counts from the last frame", () => {
  const { live, sockets, clock } = liveOf(USER);
  assert.equal(live.age, 0);
  sockets.last.hear(snapshot({ requests: [] }));
  const heard = [];
  live.onChange(({ requests }) => heard.push(...requests), new AbortController().signal);
  live.adopt(request());
  clock.pass(7_000);
  assert.deepEqual(heard, [1]);
  assert.equal(live.age, 7);
});

test("a snapshot of another build asks for a reload, once, and goes on being applied", () => {
  const { live, sockets } = liveOf(USER);
  const ages = agesOf(live);
  sockets.last.hear(snapshot());
  sockets.last.hear(snapshot({ build: "b2" }));
  sockets.last.hear(snapshot({ build: "b2", seq: 11, requests: [request({ version: 9 })] }));
  assert.deepEqual(ages, [null, "deploy"]);
  assert.equal(live.store.requests[0].version, 9);
  assert.equal(live.connection.state, "live");
});

test("the page's own build again, as when a deploy is taken back, asks for nothing any more", () => {
  const { live, sockets } = liveOf(USER);
  const ages = agesOf(live);
  sockets.last.hear(snapshot({ build: "b2" }));
  sockets.last.hear(snapshot());
  assert.deepEqual(ages, [null, "deploy", null]);
});

test("a server that does not say its build asks for nothing", () => {
  const { live, sockets } = liveOf(USER);
  const ages = agesOf(live);
  sockets.last.hear(snapshot({ build: undefined }));
  sockets.last.hear(snapshot({ build: "" }));
  assert.deepEqual(ages, [null]);
});

test("a newer protocol asks for a reload; nothing of it is applied and the server is not stormed", () => {
  const { live, sockets, clock } = liveOf(USER);
  const ages = agesOf(live);
  sockets.last.hear(snapshot());
  sockets.last.hear({ type: "snapshot", v: 2, everything: "else" });
  assert.deepEqual(ages, [null, "deploy"]);
  assert.equal(live.store.requests.length, 1);
  assert.equal(sockets.last.closed, 1000);
  clock.pass(3_100);
  assert.equal(live.connection.state, "reconnecting");
  assert.equal(sockets.opened.length, 2);
  sockets.last.hear({ type: "snapshot", v: 2 });
  assert.deepEqual(ages, [null, "deploy"]);
});

test("a page that outlived its session asks for a reload when it is live again", () => {
  const { live, sockets } = liveOf(USER);
  const ages = agesOf(live);
  sockets.last.hear(snapshot());
  sockets.last.lose(4401);
  assert.deepEqual(ages, [null]);
  live.connection.suspend();
  live.connection.resume();
  sockets.last.hear(snapshot());
  assert.deepEqual(ages, [null, "session"]);
});
