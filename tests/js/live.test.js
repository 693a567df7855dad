import assert from "node:assert/strict";
import { test } from "node:test";

import { Live } from "../../frontend/static/sam/js/live.js";
import { FakeClock, FakeSockets } from "./fakes.js";
import { change, part, request, snapshot, summary, USER } from "./samples.js";

function liveOf(user) {
  const [clock, sockets] = [new FakeClock(), new FakeSockets()];
  const live = new Live({ user, open: () => sockets.open(), clock, random: () => 0 });
  live.connection.start();
  return { live, sockets, clock };
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
