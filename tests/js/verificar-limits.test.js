/** What a browser's check does at its limits: gigabytes, bombs, old browsers, a person who stops it. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { crc32 as zlibCrc32 } from "node:zlib";

import { check } from "../../frontend/static/sam/js/verificar/check.js";
import { crc32 } from "../../frontend/static/sam/js/verificar/crc32.js";
import { isWhole } from "../../frontend/static/sam/js/verificar/outcome.js";
import { Sha256 } from "../../frontend/static/sam/js/verificar/sha256.js";
import { printable, verdict } from "../../frontend/static/sam/js/verificar/words.js";
import { MANIFEST, archive, deflated, different, part, stored, tools, zeros } from "./verificar-archives.js";

const GIGABYTE = 1024 ** 3;
const LITTLE = 4 * 1024 * 1024;
const FILES = { "Equipos/EQ-1/manual.pdf": Buffer.from("manual"), "LEEME.txt": Buffer.alloc(0) };
const VIDEO = "Equipos/EQ-1/video.mp4";

test("SHA-256 is that of another implementation at every length around its block, in pieces of any size", () => {
  for (let length = 0; length <= 200; length += 1) {
    const data = randomBytes(length);
    const expected = createHash("sha256").update(data).digest("hex");
    for (const piece of [1, 63, 64, 65, 200]) {
      const sha256 = new Sha256();
      for (let at = 0; at < length; at += piece) sha256.update(data.subarray(at, at + piece));
      assert.equal(sha256.digest(), expected, `${length} bytes in pieces of ${piece}`);
    }
  }
});

test("SHA-256 of the standard's million letters", () => {
  const sha256 = new Sha256();
  const thousand = new Uint8Array(1000).fill(0x61);
  for (let n = 0; n < 1000; n += 1) sha256.update(thousand);
  assert.equal(sha256.digest(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
});

test("CRC-32 is that of zlib, whole and in pieces", () => {
  const data = randomBytes(1000);
  assert.equal(crc32(data, 0), zlibCrc32(data));
  assert.equal(crc32(data.subarray(300), crc32(data.subarray(0, 300), 0)), zlibCrc32(data));
  assert.equal(crc32(new Uint8Array(0), 0), 0);
});

test("a ZIP of 30 GB is read by its directory; what is not listed costs nothing", async () => {
  const pieces = part(FILES);
  const videos = Array.from({ length: 6 }, (_, n) => zeros(`Equipos/video_${n}.mp4`, 5 * GIGABYTE));
  const blob = archive([...videos, ...pieces]);
  assert.ok(blob.size > 30 * GIGABYTE);
  const report = await check(blob, tools);
  const extra = Object.fromEntries(videos.map((_, n) => [`Equipos/video_${n}.mp4`, "extra unlisted"]));
  assert.deepEqual(different(report), extra);
  assert.equal(report.files.length, 6 + 4);
  assert.ok(blob.bytesRead < 7 * LITTLE);
});

test("an entry too large for the browser is named, the rest is checked, and the whole is not called intact", async () => {
  const video = zeros(VIDEO, 5 * GIGABYTE);
  const [first, ...others] = part(FILES, [{ path: VIDEO, bytes: video.size, sha256: "0".repeat(64) }]);
  const blob = archive([first, video, ...others]);
  const report = await check(blob, tools);
  assert.deepEqual(different(report), { [VIDEO]: "unchecked too_large" });
  assert.deepEqual(report.problems, []);
  assert.equal(isWhole(report), false);
  assert.equal(verdict(report, { issued: true }), "Comprobado solo en parte");
  assert.ok(blob.bytesRead < LITTLE);
});

test("what is altered is worse than what could not be checked", async () => {
  const video = zeros(VIDEO, 5 * GIGABYTE);
  const pieces = part(FILES, [{ path: VIDEO, bytes: video.size, sha256: "0".repeat(64) }]);
  const report = await check(archive([video, ...pieces.slice(1)]), tools);
  assert.deepEqual(different(report), { [VIDEO]: "unchecked too_large", "Equipos/EQ-1/manual.pdf": "missing" });
  assert.equal(verdict(report, { issued: true }), "No está íntegro");
});

test("an entry beyond what WebCrypto is given is hashed as it streams", async () => {
  const data = Buffer.alloc(65 * 1024 * 1024, "sam");
  const refuse = () => assert.fail("too large to be hashed whole");
  const small = (bytes) => (bytes.length > 64 * 1024 * 1024 ? refuse() : tools.digest(bytes));
  const report = await check(archive(part({ [VIDEO]: data })), { ...tools, digest: small });
  assert.equal(isWhole(report), true);
});

test("of a bomb little is unpacked", async () => {
  const [manual, ...others] = part(FILES);
  const bomb = { ...deflated("Equipos/EQ-1/manual.pdf", Buffer.alloc(256 * 1024 * 1024)), size: manual.size };
  let unpacked = 0;
  const inflate = () => {
    const { readable, writable } = tools.inflate();
    const count = new TransformStream({
      transform(piece, controller) {
        unpacked += piece.length;
        controller.enqueue(piece);
      },
    });
    return { writable, readable: readable.pipeThrough(count) };
  };
  const report = await check(archive([bomb, ...others]), { ...tools, inflate });
  assert.deepEqual(different(report), { "Equipos/EQ-1/manual.pdf": "altered bytes" });
  assert.ok(unpacked < 32 * 1024 * 1024, `${unpacked} bytes`);
});

test("a browser that cannot inflate says which files it did not check", async () => {
  const [manual, ...others] = part(FILES);
  const packed = deflated("Equipos/EQ-1/manual.pdf", FILES["Equipos/EQ-1/manual.pdf"]);
  assert.ok(manual);
  const report = await check(archive([packed, ...others]), { ...tools, inflate: null });
  assert.deepEqual(different(report), { "Equipos/EQ-1/manual.pdf": "unchecked no_inflate" });
});

test("a browser that cannot read the manifest says that it is too old", async () => {
  const pieces = part(FILES);
  const at = pieces.findIndex(({ name }) => name.endsWith(MANIFEST));
  pieces[at] = deflated(MANIFEST, pieces[at].packed[0]);
  const report = await check(archive(pieces), { ...tools, inflate: null });
  assert.deepEqual([report.manifest, report.problems], [null, ["old_browser"]]);
});

test("a file that goes away while it is read is not called intact", async () => {
  const blob = archive(part(FILES));
  const gone = { size: blob.size, slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException("gone")) }) };
  const report = await check(gone, tools);
  assert.deepEqual([report.manifest, report.problems], [null, ["unreadable_file"]]);
});

for (const make of [stored, deflated]) {
  test(`a person can stop it in the middle of a ${make.name} entry`, async () => {
    const data = randomBytes(8 * 1024 * 1024);
    const pieces = [make(VIDEO, data), ...part({ [VIDEO]: data }).slice(1)];
    const stop = new AbortController();
    const watcher = { onStart: () => {}, onFile: () => {}, onBytes: () => stop.abort() };
    await assert.rejects(check(archive(pieces), { ...tools, signal: stop.signal, watcher }), { name: "AbortError" });
  });
}

test("progress counts what the manifest lists, every file and every byte of it", async () => {
  const data = Buffer.alloc(3 * 1024 * 1024, "x");
  const told = { total: null, bytes: 0, paths: [] };
  const watcher = {
    onStart: (total) => (told.total = total),
    onBytes: (bytes) => (told.bytes += bytes),
    onFile: ({ path }) => told.paths.push(path),
  };
  const pieces = part({ ...FILES, [VIDEO]: data });
  await check(archive(pieces), { ...tools, watcher });
  const bytes = pieces.reduce((sum, { size }) => sum + size, 0);
  assert.deepEqual([told.total, told.bytes], [{ files: 5, bytes }, bytes]);
  assert.equal(told.paths.length, 5);
});

for (const [name, shown] of [
  ["a\u001b[2Jb", "a�[2Jb"],
  ["a\nb", "a�b"],
  ["a\u202efdp.exe", "a�fdp.exe"],
  ["ñandú 1.pdf", "ñandú 1.pdf"],
]) {
  test(`a name is shown as «${shown}»`, () => assert.equal(printable(name), shown));
}
