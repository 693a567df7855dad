/** The modules of `/verificar/`: which the page loads, and which of them know nothing of a page. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../frontend/", import.meta.url);
const STATIC = new URL("static/sam/js/", ROOT);
const ENTRY = "verificar/main.js";
const WITH_A_PAGE = ["issue.js", "main.js", "report-view.js", "zip-verifier.js"];

const own = readdirSync(new URL("verificar/", STATIC)).filter((name) => name.endsWith(".js"));
const read = (name) => readFileSync(new URL(name, STATIC), "utf8");

/** Every module that the entry imports, whatever the way. */
function reached(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, path] of read(name).matchAll(/^import [^;]*?from "([^"]+)";/gm)) {
    reached(new URL(path, new URL(name, "file:///")).pathname.slice(1), found);
  }
  return found;
}

test("the page loads every module at once, and no other", () => {
  const page = readFileSync(new URL("templates/verificar.html", ROOT), "utf8");
  const listed = [...page.matchAll(/static 'sam\/js\/([^']+)'/g)].map(([, name]) => name);
  assert.deepEqual([...listed].sort(), [...reached(ENTRY)].sort());
  assert.deepEqual(own.filter((name) => !listed.includes(`verificar/${name}`)), []);
});

for (const name of own.filter((one) => !WITH_A_PAGE.includes(one))) {
  test(`verificar/${name} touches no page, no network and no clock`, () => {
    const source = read(`verificar/${name}`).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    assert.doesNotMatch(source, /\b(document|window|navigator|location|fetch|XMLHttpRequest|Date|setTimeout|Math\.random)\b/);
  });
}

test("nothing of the page but the question to SAM uses the network", () => {
  const asking = own.filter((name) => /\b(fetch|XMLHttpRequest|sendBeacon|WebSocket|EventSource)\b/.test(read(`verificar/${name}`)));
  assert.deepEqual(asking, ["issue.js"]);
});
