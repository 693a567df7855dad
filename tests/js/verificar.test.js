/** The browser's check finds in every archive of the vectors what the server's finds. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inflateSync } from "node:zlib";

import { check } from "../../frontend/static/sam/js/verificar/check.js";
import { count, isWhole } from "../../frontend/static/sam/js/verificar/outcome.js";
import * as words from "../../frontend/static/sam/js/verificar/words.js";
import { different, tools } from "./verificar-archives.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/verificar.json", import.meta.url), "utf8"));
const unpack = (zip) => inflateSync(Buffer.from(zip, "base64"));

for (const { name, zip, different: expected, problems, intact, verdict } of vectors.cases) {
  for (const digest of [tools.digest, null]) {
    test(`${name}${digest ? "" : " (without WebCrypto)"}`, async () => {
      const report = await check(new Blob([unpack(zip)]), { ...tools, digest });
      assert.deepEqual(different(report), expected);
      assert.deepEqual(report.problems, problems);
      assert.equal(count(report, "intact"), intact);
      assert.equal(words.verdict(report, { issued: false }), verdict);
    });
  }
}

test("one changed byte passes where the server lets it pass, and nowhere else", async () => {
  const { zip, xor, whole } = vectors.changed_byte;
  const honest = unpack(zip);
  const passed = [];
  for (let place = 0; place < honest.length; place += 1) {
    const changed = Uint8Array.from(honest);
    changed[place] ^= xor;
    if (isWhole(await check(new Blob([changed]), tools))) passed.push(place);
  }
  assert.deepEqual(passed, whole);
});

test("the words are the server's, and what only a browser finds has words too", () => {
  const { states, reasons, problems, verdicts } = vectors.words;
  assert.deepEqual({ ...words.STATES, ...states }, words.STATES);
  assert.deepEqual({ ...words.REASONS, ...reasons }, words.REASONS);
  assert.deepEqual({ ...words.PROBLEMS, ...problems }, words.PROBLEMS);
  assert.deepEqual(verdicts, [words.WHOLE_AND_ISSUED, words.WHOLE_ONLY, words.NOT_WHOLE, words.NOT_CHECKED]);
  assert.deepEqual(Object.keys(words.ICONS), Object.keys(words.STATES));
});

test("a whole archive is issued only if SAM says so", async () => {
  const whole = vectors.cases.find(({ name }) => name.startsWith("whole"));
  const report = await check(new Blob([unpack(whole.zip)]), tools);
  assert.equal(words.verdict(report, { issued: true }), "Íntegro y emitido por SAM");
  assert.equal(words.verdict(report, { issued: false }), "Íntegro según su manifiesto, emisión no comprobada");
});
