/** The modules as hashed static files need them, and the list that the page loads them by. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../frontend/", import.meta.url);
const STATIC = new URL("static/", ROOT);

const modules = readdirSync(new URL("sam/js/", STATIC), { recursive: true })
  .filter((name) => name.endsWith(".js"))
  .map((name) => `sam/js/${name.replaceAll("\\", "/")}`)
  .sort();

const read = (name, base = STATIC) => readFileSync(new URL(name, base), "utf8");

test("the page loads every module at once, none later", () => {
  const listed = [...read("templates/_modulos.html", ROOT).matchAll(/static '([^']+)'/g)].map(([, name]) => name);
  // /verificar/ and /cola/ have lists of their own (verificar-modules.test.js, cola-modules.test.js).
  const ofOnePage = /^sam\/js\/(verificar\/|cola\/|elements\/queue-)/;
  assert.deepEqual([...listed].sort(), modules.filter((name) => !ofOnePage.test(name)));
});

for (const name of modules) {
  test(`${name} begins with what it is for and stays short`, () => {
    const source = read(name);
    assert.match(source, /^\/\*\*/);
    assert.ok(source.split("\n").length <= 251);
  });

  // Django rewrites only `import … from "./x.js";`: without its semicolon a browser would ask for an unhashed file,
  // and a type written as import("./x.js") would make the hashes of two modules depend on each other.
  test(`${name} has only such imports as hashed static files rewrite`, () => {
    const source = read(name);
    for (const [statement] of source.matchAll(/^(?:import|export)\b[^;]*?from [^;\n]*;?/gm)) {
      assert.match(statement, /from "\.{1,2}\/[\w./-]+\.js";$/);
    }
    assert.doesNotMatch(source, /\bimport\(/);
  });
}
