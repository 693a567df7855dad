/**
 * One entry of an archive: its two headers compared, its bytes as they were before they were packed, and their sums.
 *
 * The same rules as the server's `sam/verifying/contents.py`. Pure: what only some browsers have comes from outside.
 */

/** @import { Entry } from "./directory.js" */
/** @import { Source } from "./source.js" */

import { crc32 } from "./crc32.js";
import { LOCAL_HEADER_BYTES, extraFields, renames, resolveZip64, viewOf } from "./directory.js";
import { Damaged, Unchecked, Unreadable } from "./outcome.js";
import { Sha256 } from "./sha256.js";

const [STORED, DEFLATED] = [0, 8];
const ENCRYPTED_FLAGS = (1 << 0) | (1 << 6) | (1 << 13);
const PATCH_FLAG = 1 << 5;
const NEWEST_VERSION = 63; // other readers refuse what asks for more
const SIZES_FOLLOW_FLAG = 1 << 3;
const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const DESCRIPTOR_BYTES = [12, 16, 20, 24]; // with 32 or 64 bits for a size, with or without its signature

/** Up to here the browser's own SHA-256 gets an entry whole, in memory; it is several times as fast. */
const WHOLE_BYTES = 64 * 1024 * 1024;

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/**
 * What a browser may have or not: raw deflate, and SHA-256 of a whole message (on secure pages only).
 *
 * @typedef {object} Tools
 * @property {(() => ReadableWritablePair<Bytes, Bytes>) | null} inflate
 * @property {((bytes: Bytes) => Promise<ArrayBuffer>) | null} digest
 */

/** Where an entry's packed bytes begin, and whether bytes of nobody come after them. @typedef {{start: number, isFollowedByStray: boolean}} Place */

/**
 * Throws Damaged where the entry's own header does not say what the directory says, or others share its bytes.
 *
 * @param {Source} source
 * @param {Entry} entry
 * @returns {Promise<Place>}
 */
export async function locate(source, entry) {
  if (entry.limit - entry.offset < LOCAL_HEADER_BYTES) throw new Damaged("overlap");
  const header = viewOf(await source.read(entry.offset, LOCAL_HEADER_BYTES));
  const [nameLength, extraLength] = [header.getUint16(26, true), header.getUint16(28, true)];
  const start = entry.offset + LOCAL_HEADER_BYTES + nameLength + extraLength;
  const end = start + entry.compressed;
  if (end > entry.limit) throw new Damaged("overlap");
  const tail = await source.read(entry.offset + LOCAL_HEADER_BYTES, nameLength + extraLength);
  const same =
    header.getUint32(0, true) === LOCAL &&
    (header.getUint16(4, true) & 0xff) <= NEWEST_VERSION &&
    header.getUint16(6, true) === entry.flags &&
    header.getUint16(8, true) === entry.method &&
    isEqual(tail.subarray(0, nameLength), entry.rawName);
  if (!same || !agrees(entry, header, tail.subarray(nameLength))) throw new Damaged("header");
  return { start, isFollowedByStray: await isStray(source, entry, end) };
}

/**
 * The entry's bytes, at most as many as its header says. Throws Damaged: at once where they are packed in a way that
 * is not read, later where they are not all there; Unchecked where this browser cannot unpack them.
 *
 * @param {Source} source
 * @param {Entry} entry
 * @param {Place} place
 * @param {Tools} tools
 * @returns {AsyncGenerator<Bytes>}
 */
export function content(source, entry, { start }, { inflate }) {
  if (entry.flags & ENCRYPTED_FLAGS) throw new Damaged("encrypted");
  const known = [STORED, DEFLATED].includes(entry.method) && entry.version <= NEWEST_VERSION;
  if (!known || entry.flags & PATCH_FLAG) throw new Damaged("method");
  if (entry.method === STORED) return bounded(source.pieces(start, entry.compressed), entry.size);
  if (!inflate) throw new Unchecked("no_inflate");
  return bounded(inflated(source.stream(start, entry.compressed).pipeThrough(inflate())), entry.size);
}

/**
 * The SHA-256 and the CRC-32 of the pieces.
 *
 * @param {AsyncIterable<Bytes>} pieces
 * @param {{size: number, digest: Tools["digest"], onBytes: (bytes: number) => void}} options
 */
export async function sums(pieces, { size, digest, onBytes }) {
  const whole = digest && size <= WHOLE_BYTES ? new Uint8Array(size) : null;
  const sha256 = new Sha256();
  let [crc, passed] = [0, 0];
  for await (const piece of pieces) {
    crc = crc32(piece, crc);
    if (whole) whole.set(piece, passed);
    else sha256.update(piece);
    passed += piece.length;
    onBytes(piece.length);
  }
  const sum = whole && digest ? hexadecimal(await digest(whole)) : sha256.digest();
  return { sha256: sum, crc32: crc };
}

/**
 * No more than `size` bytes, and no fewer; a bomb is left alone here.
 *
 * @param {AsyncIterable<Bytes>} pieces
 * @param {number} size
 */
async function* bounded(pieces, size) {
  let passed = 0;
  for await (const piece of pieces) {
    passed += piece.length;
    if (passed > size) throw new Damaged("bytes");
    yield piece;
  }
  if (passed !== size) throw new Damaged("data");
}

/**
 * The pieces of a stream; what breaks in it is damage, except that the archive itself could not be read.
 *
 * @param {ReadableStream<Bytes>} stream
 */
async function* inflated(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (error instanceof Unreadable || (error instanceof DOMException && error.name === "AbortError")) throw error;
    throw new Damaged("data");
  } finally {
    await reader.cancel().catch(() => undefined); // of a stream that broke there is nothing left to stop
  }
}

/**
 * The local header against the directory; with sizes that follow the data, it may leave its own at zero.
 *
 * @param {Entry} entry
 * @param {DataView} header
 * @param {Uint8Array} tail
 */
function agrees(entry, header, tail) {
  try {
    const extra = extraFields(tail);
    const sizes = resolveZip64(extra, [header.getUint32(22, true), header.getUint32(18, true)]);
    const said = [header.getUint32(14, true), ...sizes];
    const known = [entry.crc32, entry.size, entry.compressed];
    const follow = (entry.flags & SIZES_FOLLOW_FLAG) !== 0;
    const same = said.every((number, place) => number === known[place] || (follow && number === 0));
    return same && !entry.renamed && !renames(extra);
  } catch (error) {
    if (error instanceof Unreadable) return false;
    throw error;
  }
}

/**
 * Whether what stands between the data and the next header is more than the descriptor of 4.3.9.
 *
 * @param {Source} source
 * @param {Entry} entry
 * @param {number} end
 */
async function isStray(source, entry, end) {
  const gap = entry.limit - end;
  if ((entry.flags & SIZES_FOLLOW_FLAG) === 0) return gap > 0;
  if (!DESCRIPTOR_BYTES.includes(gap)) return true;
  const found = viewOf(await source.read(end, gap));
  const at = gap % 8 === 0 ? 4 : 0; // 16 and 24 begin with the signature
  const sizeBytes = (gap - at - 4) / 2;
  const said = [0, sizeBytes].map((byte) => readSize(found, at + 4 + byte, sizeBytes));
  const signed = at === 0 || found.getUint32(0, true) === DESCRIPTOR;
  return !(signed && found.getUint32(at, true) === entry.crc32 && isPair(said, [entry.compressed, entry.size]));
}

/**
 * @param {DataView} view
 * @param {number} at
 * @param {number} bytes
 */
function readSize(view, at, bytes) {
  return bytes === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

/**
 * @param {number[]} one
 * @param {number[]} other
 */
function isPair(one, other) {
  return one[0] === other[0] && one[1] === other[1];
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
function isEqual(one, other) {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

/** @param {ArrayBuffer} bytes */
function hexadecimal(bytes) {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
