/** The words of the browser are those of the server: both are compared with the same vectors. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as queue from "../../frontend/static/sam/js/cola/words.js";
import * as figures from "../../frontend/static/sam/js/figures.js";
import * as words from "../../frontend/static/sam/js/words.js";

const asInPython = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const calls = new Map(Object.entries({ ...figures, ...words, ...queue }).map(([name, call]) => [asInPython(name), call]));
const vectors = JSON.parse(readFileSync(new URL("../vectors/words.json", import.meta.url), "utf8"));

for (const name of new Set(vectors.map(({ call }) => call))) {
  test(`${name} says what the server says`, () => {
    for (const { args, words } of vectors.filter(({ call }) => call === name)) {
      assert.equal(calls.get(name)(...args), words, JSON.stringify(args));
    }
  });
}

for (const [seconds, said] of [
  [-1, "hace 0 s"],
  [40.9, "hace 40 s"],
  [89, "hace 89 s"],
  [90, "hace 2 min"],
  [5_399, "hace 90 min"],
  [7_200, "hace 2 h"],
]) {
  test(`${seconds} seconds are «${said}»`, () => assert.equal(figures.ago(seconds), said));
}
