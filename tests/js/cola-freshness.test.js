import assert from "node:assert/strict";
import { test } from "node:test";

import { freshness, isOld } from "../../frontend/static/sam/js/cola/freshness.js";

const says = (age, how = {}) => freshness({ age, isHeld: false, comes: true, ...how });

test("it is up to date while digests come, and not because the connection lives", () => {
  assert.deepEqual([0, 6, 15].map((age) => says(age)), ["al día", "al día", "al día"]);
  assert.equal(says(16), "se ve lo de hace 10 s");
  assert.deepEqual([isOld(15), isOld(16)], [false, true]);
});

test("where no more are to come it tells the age of what is shown at once", () => {
  assert.equal(says(0, { comes: false }), "se ve lo de hace 0 s");
  assert.equal(says(75, { comes: false }), "se ve lo de hace 70 s");
});

test("paused, it says so and how old it has become, in steps", () => {
  assert.equal(says(9, { isHeld: true }), "en pausa");
  assert.equal(says(19, { isHeld: true }), "en pausa; se ve lo de hace 10 s");
});
