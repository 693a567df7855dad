/**
 * *apply = refetch*: a tab that gets the frames ends with what a reload would show it, for every service.
 *
 * The vectors are what the real services did (see tests/integration/test_vectors.py).
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { decode } from "../../frontend/static/sam/js/protocol.js";
import { Store } from "../../frontend/static/sam/js/store.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/entrega.json", import.meta.url), "utf8"));

/** Where no frames can tell all: older requests come into sight that the tab does not know. */
const ASKS = new Set([
  "retry_request: that had expired and was shown no more",
  "retry_request: older than all that a page shows",
  "fail_part: of a request older than all that a page shows",
  "expire_parts: where an older request takes the place",
]);

const read = (frame) => decode(JSON.stringify(frame)) ?? assert.fail(`not read: ${JSON.stringify(frame)}`);

function tabThatKnows(snapshot) {
  const store = new Store({ user: snapshot.user });
  store.apply(read(snapshot));
  return store;
}

/** What a page shows of it, in its order. */
function shown({ seq, requests, notifications }) {
  return { seq, requests, notifications };
}

/** Applies the frames; answers each question for a snapshot with the last, as a server that reads late would. */
function applyAll(store, frames, after) {
  let asked = false;
  for (const frame of frames) {
    if (store.apply(read(frame)).need !== "resync") continue;
    asked = true;
    store.apply(read(after));
  }
  return asked;
}

for (const { name, before, frames, after } of vectors) {
  test(`${name}, applied, is what a reload shows`, () => {
    const store = tabThatKnows(before);
    const asked = applyAll(store, frames, after);
    assert.deepEqual(shown(store), shown(tabThatKnows(after)));
    assert.equal(asked, ASKS.has(name));
    assert.equal(store.apply({ type: "beat", seq: after.seq }).need, "nothing");
  });

  test(`${name}, each frame twice and again in the end, is the same`, () => {
    const store = tabThatKnows(before);
    const counted = frames.filter(({ type }) => type !== "outlook");
    applyAll(store, [...frames.flatMap((frame) => [frame, frame]), ...counted], after);
    assert.deepEqual(shown(store), shown(tabThatKnows(after)));
  });
}

test("a reload shows each snapshot whole, in the server's order", () => {
  for (const { before, after } of vectors) {
    for (const snapshot of [before, after]) {
      const { user, seq, requests, notifications } = read(snapshot);
      assert.deepEqual(shown(tabThatKnows(snapshot)), { seq, requests, notifications }, `usuario ${user}`);
    }
  }
});

test("every vector changes what is shown", () => {
  for (const { name, before, after } of vectors) {
    assert.notDeepEqual(shown(tabThatKnows(before)), shown(tabThatKnows(after)), name);
  }
});
