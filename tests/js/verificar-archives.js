/** Archives of a part that a test makes by itself, also larger than any memory. */

import { createHash, webcrypto } from "node:crypto";
import { crc32, deflateRawSync } from "node:zlib";

export const ROOT = "CERTIBOY S.A.S";
export const [MANIFEST, LIST] = ["manifiesto.json", "MANIFIESTO.sha256"];

export const tools = {
  inflate: () => new DecompressionStream("deflate-raw"),
  digest: (bytes) => webcrypto.subtle.digest("SHA-256", bytes),
};

/** What a report has that is not intact: path → "state reason". */
export function different({ files }) {
  const told = files.filter(({ state }) => state !== "intact");
  return Object.fromEntries(told.map(({ path, state, reason }) => [path, reason ? `${state} ${reason}` : state]));
}

/**
 * The pieces of a part: its files, and the two manifests that list them and whatever is `promised` besides.
 *
 * @param {Record<string, Buffer>} files
 * @param {{path: string, bytes: number, sha256: string}[]} promised
 */
export function part(files, promised = []) {
  const listed = Object.entries(files).map(([path, data]) => ({ path, bytes: data.length, sha256: sha256(data) }));
  listed.push(...promised);
  const manifest = Buffer.from(
    JSON.stringify({
      format: "sam-manifiesto/1",
      request: 7,
      part: 1,
      of: 1,
      empresa: { id: 1, nombre: "CERTIBOY S.A.S." },
      root: ROOT,
      instant: "2026-01-02T09:30:07-05:00",
      counts: { missing: 0, files: listed.length },
      missing: [],
      files: listed,
    }),
  );
  const lines = [...listed, { path: MANIFEST, sha256: sha256(manifest) }].map((one) => `${one.sha256}  ${one.path}\n`);
  const all = { ...files, [MANIFEST]: manifest, [LIST]: Buffer.from(lines.join("")) };
  return Object.entries(all).map(([path, data]) => stored(path, data));
}

/** @param {string} path */
export function stored(path, data) {
  return { name: `${ROOT}/${path}`, method: 0, size: data.length, crc: crc32(data), packed: [data] };
}

/** @param {string} path */
export function deflated(path, data) {
  const packed = deflateRawSync(data);
  return { name: `${ROOT}/${path}`, method: 8, size: data.length, crc: crc32(data), packed: [packed] };
}

/**
 * An entry of zeros that takes no memory.
 *
 * @param {string} path
 * @param {number} size
 */
export function zeros(path, size) {
  return { name: `${ROOT}/${path}`, method: 0, size, crc: 0, packed: [{ length: size }] };
}

/** A ZIP of those pieces, every number of it in 64 bits, as a Blob that counts what is read of it. */
export function archive(pieces) {
  const segments = [];
  const directory = [];
  let at = 0;
  const put = (...added) => {
    segments.push(...added);
    at += added.reduce((sum, { length }) => sum + length, 0);
  };
  for (const { name, method, size, crc, packed } of pieces) {
    const [bytes, compressed, offset] = [Buffer.from(name), packed[0].length, at];
    put(header(0x04034b50, { bytes, method, crc, extra: wide(size, compressed) }), ...packed);
    directory.push(header(0x02014b50, { bytes, method, crc, extra: wide(size, compressed, offset) }));
  }
  const start = at;
  put(...directory);
  const [endAt, size] = [at, at - start];
  put(end64({ count: pieces.length, size, start }), locator(endAt), end());
  return new FakeBlob(segments, at);
}

/** As much of a Blob as a check uses; a segment without bytes is zeros. */
class FakeBlob {
  bytesRead = 0;
  #segments;

  constructor(segments, size) {
    this.#segments = segments;
    this.size = size;
  }

  slice(start, end) {
    return { arrayBuffer: async () => this.#read(start, Math.min(end, this.size)) };
  }

  #read(start, end) {
    const out = new Uint8Array(end - start);
    this.bytesRead += out.length;
    let at = 0;
    for (const segment of this.#segments) {
      const [from, to] = [Math.max(start, at), Math.min(end, at + segment.length)];
      if (from < to && segment instanceof Uint8Array) out.set(segment.subarray(from - at, to - at), from - start);
      at += segment.length;
    }
    return out.buffer;
  }
}

function header(signature, { bytes, method, crc, extra }) {
  const central = signature === 0x02014b50;
  const head = Buffer.alloc(central ? 46 : 30);
  const base = central ? 2 : 0; // the directory's has one field more before these
  head.writeUInt32LE(signature, 0);
  head.writeUInt16LE(45, 4 + base);
  head.writeUInt16LE(1 << 11, 6 + base);
  head.writeUInt16LE(method, 8 + base);
  head.writeUInt32LE(crc, 14 + base);
  head.fill(0xff, 18 + base, 26 + base);
  head.writeUInt16LE(bytes.length, 26 + base);
  head.writeUInt16LE(extra.length, 28 + base);
  if (central) head.fill(0xff, 42, 46);
  return Buffer.concat([head, bytes, extra]);
}

function wide(...numbers) {
  const extra = Buffer.alloc(4 + 8 * numbers.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * numbers.length, 2);
  numbers.forEach((number, place) => extra.writeBigUInt64LE(BigInt(number), 4 + 8 * place));
  return extra;
}

function end64({ count, size, start }) {
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  [44, count, count, size, start].forEach((number, place) => {
    record.writeBigUInt64LE(BigInt(number), place === 0 ? 4 : 16 + 8 * place);
  });
  return record;
}

function locator(at) {
  const record = Buffer.alloc(20);
  record.writeUInt32LE(0x07064b50, 0);
  record.writeBigUInt64LE(BigInt(at), 8);
  record.writeUInt32LE(1, 16);
  return record;
}

function end() {
  const record = Buffer.alloc(22, 0xff);
  record.writeUInt32LE(0x06054b50, 0);
  record.fill(0, 4, 8);
  record.fill(0, 20);
  return record;
}

function sha256(data) {
  return createHash("sha256").update(data).digest("hex");
}
