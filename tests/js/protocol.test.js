import assert from "node:assert/strict";
import { test } from "node:test";

import { decode, parsePart, parseRequest } from "../../frontend/static/sam/js/protocol.js";
import { beat, change, notification, part, progress, request, snapshot, summary } from "./samples.js";

const read = (value) => decode(JSON.stringify(value));

for (const message of [
  snapshot({ unread: 1, latest: [notification()] }),
  change(11, { part: part(), request: summary(), notification: notification() }),
  progress(),
  beat(7),
  { type: "error", code: "forbidden" },
]) {
  test(`a ${message.type} arrives as it was sent`, () => {
    assert.deepEqual(read(message), message);
  });
}

test("an outlook arrives as a map by the part's id", () => {
  const expected = { position: 1, eta: ["2026-03-02T15:01:00Z", "2026-03-02T15:02:00Z"], reason: "paused" };
  assert.deepEqual(read({ type: "outlook", parts: { 11: expected } }), {
    type: "outlook",
    parts: new Map([[11, expected]]),
  });
});

test("what a change leaves out is null", () => {
  assert.deepEqual(read({ type: "change", seq: 3 }), change(3));
});

test("fields of a newer server are left behind", () => {
  assert.deepEqual(read({ ...beat(7), colour: "red" }), beat(7));
  assert.deepEqual(read(change(1, { part: part({ colour: "red" }) })), change(1, { part: part() }));
});

test("a key called __proto__ reaches neither the message nor any object", () => {
  const hostile = decode('{"type": "beat", "seq": 1, "__proto__": {"polluted": true}}');
  assert.equal(Object.getPrototypeOf(hostile), Object.prototype);
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
  const inherited = decode('{"type": "change", "__proto__": {"seq": 1}}');
  assert.equal(inherited, null);
});

test("a snapshot of a newer protocol says only that, whatever else is in it", () => {
  assert.deepEqual(read(snapshot({ v: 2, requests: "otherwise" })), { type: "newer" });
});

test("a snapshot of a server from before builds were told has none", () => {
  assert.equal(read(snapshot({ build: undefined })).build, null);
});

const hostile = {
  "no text": [null, undefined, 7, {}, new ArrayBuffer(8)],
  "no JSON": ["", "{", "beat", '{"type": "beat", "seq": NaN}'],
  "no object": ["null", "[]", "7", '"beat"', "true"],
  "no type": ["{}", '{"type": null}', '{"type": "queue"}', '{"type": "constructor"}', '{"type": ["beat"]}'],
};
for (const [what, frames] of Object.entries(hostile)) {
  test(`${what} is no message`, () => {
    for (const frame of frames) assert.equal(decode(frame), null, String(frame));
  });
}

const wrong = [
  ["a seq that is no whole number", { ...beat(7), seq: 1.5 }],
  ["a negative seq", { ...beat(7), seq: -1 }],
  ["a seq beyond exact numbers", { ...beat(7), seq: 2 ** 53 }],
  ["a seq in text", { ...beat(7), seq: "7" }],
  ["an older protocol version", snapshot({ v: 0 })],
  ["a protocol version that is no number", snapshot({ v: "2" })],
  ["a snapshot without usuario", snapshot({ user: null })],
  ["requests that are no list", { ...snapshot(), requests: {} }],
  ["a part of an unknown state", change(1, { part: part({ state: "paused" }) })],
  ["a part of the state 'constructor'", change(1, { part: part({ state: "constructor" }) })],
  ["a part without version", change(1, { part: part({ version: null }) })],
  ["a download that is a script", change(1, { part: part({ download: "javascript:alert(1)" }) })],
  ["a download on another scheme's host", change(1, { part: part({ download: "//evil.example/x" }) })],
  ["a download that a browser would read as such", change(1, { part: part({ download: "/\\evil.example/x" }) })],
  ["an eta of one", change(1, { part: part({ eta: ["2026-03-02T15:01:00Z"] }) })],
  ["an instant that is none", change(1, { request: summary({ instant: "ayer" }) })],
  ["a text of a million characters", change(1, { part: part({ current: "x".repeat(1e6) }) })],
  ["an outlook for no id", { type: "outlook", parts: { x: { position: 1, eta: null, reason: null } } }],
];
for (const [what, message] of wrong) {
  test(`${what} is refused`, () => {
    assert.equal(read(message), null);
  });
}

for (const download of ["/zip/partes/1/descargar/", "https://store.example/x?sig=1", null]) {
  test(`a download ${download} is taken`, () => {
    assert.equal(parsePart(part({ download }))?.download, download);
  });
}

test("an answer that is no request is null", () => {
  assert.deepEqual(parseRequest(request()), request());
  for (const value of [null, [], {}, part(), { ...request(), parts: [1] }]) assert.equal(parseRequest(value), null);
});

test("deeply nested JSON does not throw", () => {
  assert.equal(decode(`${"[".repeat(50_000)}${"]".repeat(50_000)}`), null);
});
