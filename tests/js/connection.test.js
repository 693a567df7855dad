import assert from "node:assert/strict";
import { test } from "node:test";

import { Connection } from "../../frontend/static/sam/js/connection.js";
import { FakeClock, FakeSockets } from "./fakes.js";
import { beat, snapshot } from "./samples.js";

const SECOND = 1000;

function connect({ random = () => 0 } = {}) {
  const [clock, sockets] = [new FakeClock(), new FakeSockets()];
  const states = [];
  const messages = [];
  const connection = new Connection({
    open: () => sockets.open(),
    clock,
    random,
    onMessage: (message) => messages.push(message.type),
    onState: (state) => states.push(state),
  });
  connection.start();
  return { clock, sockets, states, messages, connection };
}

function connectLive(options) {
  const found = connect(options);
  found.sockets.last.hear(snapshot());
  return found;
}

test("it is live when the snapshot has come, not when the socket has opened", () => {
  const { connection, sockets, states } = connect();
  assert.equal(connection.state, "connecting");
  sockets.last.hear(beat(1));
  assert.equal(connection.state, "connecting");
  sockets.last.hear(snapshot());
  assert.deepEqual(states, ["live"]);
});

test("a first connection that takes longer than 3 s is told", () => {
  const { clock, states } = connect();
  clock.pass(2.9 * SECOND);
  assert.deepEqual(states, []);
  clock.pass(0.2 * SECOND);
  assert.deepEqual(states, ["reconnecting"]);
});

test("a first connection that is refused at once is told after 3 s, not before", () => {
  const { clock, sockets, states } = connect();
  sockets.last.lose(1006);
  clock.pass(2.9 * SECOND);
  assert.deepEqual(states, []);
  clock.pass(0.2 * SECOND);
  assert.deepEqual(states, ["reconnecting"]);
});

test("a break shorter than 3 s is not told", () => {
  const { clock, sockets, states } = connectLive();
  sockets.last.lose(1006);
  clock.pass(0.1 * SECOND);
  sockets.last.hear(snapshot());
  clock.pass(5 * SECOND);
  assert.equal(sockets.opened.length, 2);
  assert.deepEqual(states, ["live"]);
});

test("a break of 3 s is told even when each retry fails at once", () => {
  const { clock, sockets, states } = connectLive();
  sockets.refuse = true;
  sockets.last.lose(1012);
  clock.pass(2.9 * SECOND);
  assert.deepEqual(states, ["live"]);
  clock.pass(0.2 * SECOND);
  assert.deepEqual(states, ["live", "reconnecting"]);
  assert.ok(sockets.opened.length > 3);
});

test("silence: a ping at 22 s, stale at 25 s, given up at 45 s and tried again", () => {
  const { clock, sockets, states, connection } = connectLive();
  const [socket] = sockets.opened;
  clock.pass(21.9 * SECOND);
  assert.deepEqual(socket.sent, []);
  clock.pass(0.2 * SECOND);
  assert.deepEqual(socket.sent, [{ type: "ping" }]);
  clock.pass(2.8 * SECOND);
  assert.equal(connection.state, "live");
  clock.pass(0.2 * SECOND);
  assert.equal(connection.state, "stale");
  clock.pass(19.8 * SECOND);
  assert.equal(socket.closed, null);
  clock.pass(0.2 * SECOND);
  assert.equal(socket.closed, 1000);
  assert.deepEqual(states, ["live", "stale", "reconnecting"]);
  clock.pass(SECOND);
  assert.equal(sockets.opened.length, 2);
});

test("after a sleep that went past the moment for it, a silent socket is asked all the same, once", () => {
  const { clock, sockets, connection } = connectLive();
  clock.sleep(30 * SECOND);
  clock.pass(5 * SECOND);
  assert.deepEqual([connection.state, sockets.last.sent], ["stale", [{ type: "ping" }]]);
});

test("any frame ends the silence, even one that cannot be read", () => {
  const { clock, sockets, states } = connectLive();
  clock.pass(30 * SECOND);
  sockets.last.hearText("?");
  assert.deepEqual(states, ["live", "stale", "live"]);
  clock.pass(24 * SECOND);
  assert.equal(states.length, 3);
});

test("beats every 20 s keep it live, without a ping", () => {
  const { clock, sockets, states } = connectLive();
  for (let minute = 0; minute < 30; minute += 1) {
    clock.pass(20 * SECOND);
    sockets.last.hear(beat(10));
  }
  assert.deepEqual([states, sockets.last.sent, sockets.opened.length], [["live"], [], 1]);
});

test("a socket that brings no snapshot within 10 s is given up", () => {
  const { clock, sockets } = connect();
  clock.pass(9.9 * SECOND);
  sockets.last.hear(beat(1));
  assert.equal(sockets.opened.length, 1);
  clock.pass(SECOND);
  assert.equal(sockets.opened[0].closed, 1000);
  assert.equal(sockets.opened.length, 2);
});

test("4401 signs out: nothing is tried again, not even when the page is shown", () => {
  const { clock, sockets, states, connection } = connectLive();
  sockets.last.lose(4401);
  clock.pass(600 * SECOND);
  connection.shown();
  assert.deepEqual(states, ["live", "signed-out"]);
  assert.equal(sockets.opened.length, 1);
  assert.equal(clock.waiting, 0);
});

for (const code of [1006, 1011, 1012, 4408]) {
  test(`closed with ${code}, it is tried again within 3 s`, () => {
    const { clock, sockets } = connectLive({ random: () => 0.999 });
    sockets.last.lose(code);
    clock.pass(3 * SECOND);
    assert.equal(sockets.opened.length, 2);
  });
}

for (const code of [4400, 4429]) {
  test(`closed with ${code}, trying again soon would be refused again`, () => {
    const { clock, sockets } = connectLive({ random: () => 0.5 });
    sockets.last.lose(code);
    clock.pass(14 * SECOND);
    assert.equal(sockets.opened.length, 1);
    clock.pass(2 * SECOND);
    assert.equal(sockets.opened.length, 2);
  });
}

test("retries are ever further apart, and near again after a connection that lasted", () => {
  const { clock, sockets } = connectLive({ random: () => 1 });
  const gaps = [];
  sockets.refuse = true;
  sockets.last.lose(1006);
  for (let retry = 0; retry < 6; retry += 1) gaps.push(clock.passUntil(() => sockets.opened.length === retry + 2));
  assert.deepEqual(gaps, [3, 6, 12, 24, 30, 30].map((seconds) => seconds * SECOND));
  sockets.refuse = false;
  clock.passUntil(() => sockets.opened.length === 8);
  sockets.last.hear(snapshot());
  clock.pass(10 * SECOND);
  sockets.last.lose(1006);
  assert.equal(clock.passUntil(() => sockets.opened.length === 9), 3 * SECOND);
});

test("a server that greets and drops at once is not stormed", () => {
  const { clock, sockets } = connectLive({ random: () => 1 });
  const gaps = [];
  for (let drop = 1; drop <= 3; drop += 1) {
    sockets.last.lose(1011);
    gaps.push(clock.passUntil(() => sockets.opened.length === drop + 1));
    sockets.last.hear(snapshot());
  }
  assert.deepEqual(gaps, [3 * SECOND, 6 * SECOND, 12 * SECOND]);
});

test("shown again, a lost connection is tried at once, and only once", () => {
  const { sockets, connection } = connectLive({ random: () => 1 });
  sockets.last.lose(1006);
  connection.shown();
  connection.shown();
  assert.equal(sockets.opened.length, 2);
});

test("after a night asleep the dead socket is dropped and another opened at once", () => {
  const { clock, sockets, states, connection } = connectLive();
  clock.sleep(8 * 3600 * SECOND);
  connection.shown();
  assert.equal(sockets.opened.length, 2);
  assert.deepEqual(states, ["live", "reconnecting"]);
  sockets.last.hear(snapshot());
  assert.equal(connection.state, "live");
});

test("shown again, an open socket is asked, and given up if it does not answer within 5 s", () => {
  const { clock, sockets, connection } = connectLive();
  clock.pass(10 * SECOND);
  connection.shown();
  assert.deepEqual(sockets.last.sent, [{ type: "ping" }]);
  sockets.last.hear(beat(10));
  clock.pass(6 * SECOND);
  assert.equal(sockets.opened.length, 1);
  connection.shown();
  clock.pass(5.2 * SECOND);
  assert.equal(sockets.opened.length, 2);
});

test("nothing is tried while hidden for long, and at once when shown", () => {
  const { clock, sockets, connection } = connectLive();
  connection.hidden();
  clock.pass(20 * SECOND);
  sockets.last.hear(beat(10));
  clock.sleep(300 * SECOND);
  sockets.last.lose(1006);
  clock.pass(3600 * SECOND);
  assert.equal(sockets.opened.length, 1);
  connection.shown();
  assert.equal(sockets.opened.length, 2);
});

test("the back/forward cache: closed on the way in; back, it claims nothing until it knows", () => {
  const { clock, sockets, states, connection } = connectLive();
  connection.suspend();
  assert.equal(sockets.last.closed, 1000);
  clock.pass(3600 * SECOND);
  connection.shown();
  assert.equal(sockets.opened.length, 1);
  connection.resume();
  assert.equal(sockets.opened.length, 2);
  assert.equal(connection.state, "connecting");
  sockets.last.hear(snapshot());
  assert.deepEqual(states, ["live", "connecting", "live"]);
});

test("a page that was signed out tries once more when it comes back from the cache", () => {
  const { sockets, connection } = connectLive();
  sockets.last.lose(4401);
  connection.suspend();
  connection.resume();
  sockets.last.hear(snapshot());
  assert.equal(connection.state, "live");
});

test("resume without suspend, as on a first load, does nothing", () => {
  const { sockets, connection } = connectLive();
  connection.resume();
  assert.equal(sockets.opened.length, 1);
});

test("what an abandoned socket still says is not heard", () => {
  const { sockets, connection, messages } = connectLive();
  const [old] = sockets.opened;
  const { onmessage, onclose } = old;
  connection.suspend();
  connection.resume();
  onmessage({ data: JSON.stringify(beat(99)) });
  onclose({ code: 4401 });
  assert.deepEqual(messages, ["snapshot"]);
  assert.equal(connection.state, "connecting");
});

test("nothing is sent before the snapshot", () => {
  const { sockets, connection } = connect();
  assert.equal(connection.send({ type: "resync" }), false);
  sockets.last.hear(snapshot());
  assert.equal(connection.send({ type: "resync" }), true);
  assert.deepEqual(sockets.last.sent, [{ type: "resync" }]);
});
