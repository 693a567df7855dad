import assert from "node:assert/strict";
import { test } from "node:test";

import { Found } from "../../frontend/static/sam/js/cola/found.js";
import { digest, row } from "./cola-samples.js";

const answer = (...ids) => JSON.stringify({ ...digest(), found: ids.map((id) => row(id)) });

function asking(...answers) {
  const state = { now: 0, asked: 0, heard: [] };
  const fetch = async () => {
    state.asked++;
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next ?? answer();
  };
  const hear = (rows) => state.heard.push(rows.map(({ id }) => id));
  return { state, found: new Found({ fetch, now: () => state.now, hear }) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("it asks when the queue has changed since the page was rendered, and not while it stands still", async () => {
  const { state, found } = asking(answer(4));
  for (const version of ["a", "a", "a"]) found.at(version);
  assert.equal(state.asked, 0);
  found.at("b");
  await settled();
  assert.deepEqual([state.asked, state.heard], [1, [[4]]]);
});

test("in a queue that changes all the time it asks every ten seconds, and at once after something was done", async () => {
  const { state, found } = asking();
  for (let second = 0; second < 31; second++) {
    state.now = 1000 * second;
    found.at(String(second));
  }
  assert.equal(state.asked, 3);
  found.ask();
  assert.equal(state.asked, 4);
  await settled();
});

test("an answer that was overtaken by a later one, or that cannot be read, changes nothing", async () => {
  const { state, found } = asking(answer(1), answer(2), "<html>", new Error("no connection"));
  found.ask();
  found.ask();
  await settled();
  assert.deepEqual(state.heard, [[2]]);
  found.ask();
  await settled();
  found.ask();
  await settled();
  assert.deepEqual(state.heard, [[2]]);
});
