import assert from "node:assert/strict";
import { test } from "node:test";

import { retryDelay } from "../../frontend/static/sam/js/backoff.js";

const ALMOST_ONE = 1 - Number.EPSILON;

for (const { failures, most } of [
  { failures: 0, most: 3_000 },
  { failures: 1, most: 6_000 },
  { failures: 2, most: 12_000 },
  { failures: 3, most: 24_000 },
  { failures: 4, most: 30_000 },
  { failures: 1_000_000, most: 30_000 },
]) {
  test(`retry ${failures} waits between 0.1 s and ${most / 1000} s`, () => {
    assert.equal(retryDelay({ failures, random: () => 0 }), 100);
    assert.equal(retryDelay({ failures, random: () => ALMOST_ONE }), most);
    assert.equal(retryDelay({ failures, random: () => 0.5 }), Math.round(100 + 0.5 * (most - 100)));
  });
}
