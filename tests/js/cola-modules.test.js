/** The modules of `/cola/`: which its pages load, besides those of every page. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../frontend/", import.meta.url);
const STATIC = new URL("static/sam/js/", ROOT);

const named = (folder, belongs) => readdirSync(new URL(folder, STATIC)).filter(belongs).map((name) => folder + name);
const own = [...named("cola/", (name) => name.endsWith(".js")), ...named("elements/", (name) => name.startsWith("queue-"))];

test("the page loads every module of its own at once, and no other", () => {
  const page = readFileSync(new URL("templates/cola/_modulos.html", ROOT), "utf8");
  const listed = [...page.matchAll(/static 'sam\/js\/([^']+)'/g)].map(([, name]) => name);
  assert.deepEqual([...listed].sort(), [...own].sort());
});
