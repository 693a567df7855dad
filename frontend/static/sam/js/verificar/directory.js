/**
 * The central directory of a ZIP, read strictly: a structure that two readers could take for two things is refused.
 *
 * The same rules as the server's `sam/verifying/directory.py`; the sections are those of PKWARE's APPNOTE 6.3. Pure.
 */

/** @import { Source } from "./source.js" */

import { Unreadable } from "./outcome.js";

const DIRECTORY_BYTES_LIMIT = 64 * 1024 * 1024;
const COMMENT_BYTES_LIMIT = 0xffff;
export const LOCAL_HEADER_BYTES = 30;

const [END_BYTES, LOCATOR_BYTES, END_64_BYTES, CENTRAL_BYTES] = [22, 20, 56, 46];
const [END, LOCATOR, END_64, CENTRAL] = [0x06054b50, 0x07064b50, 0x06064b50, 0x02014b50];
const [ALL_16, ALL_32] = [0xffff, 0xffffffff];
const UTF8_FLAG = 1 << 11;
const ZIP64_EXTRA = 0x0001;
const UNICODE_PATH_EXTRA = 0x7075;
const FILE_TYPE = 0xf000;
const DOS_FOLDER_OR_LABEL = 0x18;
const REGULAR_FILES = [0x0000, 0x8000]; // no type at all, or S_IFREG

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * One entry as the directory describes it. Its header is at `offset`, and what comes after it at `limit`; `renamed`:
 * another name for it stands in an extra field.
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {Uint8Array} rawName
 * @property {number} version of the format, in tenths, that a reader needs
 * @property {number} flags
 * @property {number} method
 * @property {number} crc32
 * @property {number} compressed
 * @property {number} size
 * @property {number} offset
 * @property {number} limit
 * @property {boolean} renamed
 * @property {boolean} regular
 */

/** The entries in the order of their bytes. @typedef {{entries: Entry[], hasComment: boolean, beginsLate: boolean}} Directory */

/** @typedef {{at: number, count: number, size: number, offset: number, hasComment: boolean}} End */

/**
 * Throws Unreadable: not a ZIP, a directory that contradicts itself, or one beyond the bound.
 *
 * @param {Source} source
 * @returns {Promise<Directory>}
 */
export async function readDirectory(source) {
  const end = await findEnd(source);
  if (end.size > DIRECTORY_BYTES_LIMIT) throw new Unreadable("too_many");
  if (end.offset + end.size !== end.at) throw new Unreadable("directory");
  const entries = readEntries(await source.read(end.offset, end.size), end);
  const beginsLate = (entries[0]?.offset ?? end.offset) > 0;
  return { entries, hasComment: end.hasComment, beginsLate };
}

/**
 * The numbers, each that is all ones replaced by its 64 bits of the extra field (4.5.3).
 *
 * @param {Map<number, DataView>} extra
 * @param {number[]} numbers
 */
export function resolveZip64(extra, numbers) {
  const wide = extra.get(ZIP64_EXTRA);
  let at = 0;
  return numbers.map((number) => {
    if (number !== ALL_32) return number;
    if (!wide || wide.byteLength < at + 8) throw new Unreadable("directory");
    at += 8;
    return wholeNumber(wide, at - 8);
  });
}

/**
 * The extra fields by their kind; throws Unreadable where they do not fill their space, or come twice.
 *
 * @param {Uint8Array} extra
 */
export function extraFields(extra) {
  /** @type {Map<number, DataView>} */
  const fields = new Map();
  const data = viewOf(extra);
  let at = 0;
  while (at < extra.length) {
    if (at + 4 > extra.length) throw new Unreadable("directory");
    const [kind, length] = [data.getUint16(at, true), data.getUint16(at + 2, true)];
    at += 4 + length;
    if (fields.has(kind) || at > extra.length) throw new Unreadable("directory");
    fields.set(kind, viewOf(extra.subarray(at - length, at)));
  }
  return fields;
}

/** @param {Map<number, DataView>} extra */
export function renames(extra) {
  return extra.has(UNICODE_PATH_EXTRA);
}

/** @param {Uint8Array} bytes */
export function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The end record is the last of the archive, whatever a comment claims.
 *
 * @param {Source} source
 * @returns {Promise<End>}
 */
async function findEnd(source) {
  const length = Math.min(source.size, END_BYTES + COMMENT_BYTES_LIMIT);
  const tail = viewOf(await source.read(source.size - length, length));
  for (let at = length - END_BYTES; at >= 0; at -= 1) {
    if (tail.getUint32(at, true) !== END) continue;
    const comment = tail.getUint16(at + 20, true);
    if (at + END_BYTES + comment === length) return readEnd(source, source.size - length + at, tail, at);
  }
  throw new Unreadable("not_zip");
}

/**
 * @param {Source} source
 * @param {number} at where the record stands in the archive
 * @param {DataView} tail
 * @param {number} place where it stands in the tail
 * @returns {Promise<End>}
 */
async function readEnd(source, at, tail, place) {
  const [disk = 0, firstDisk = 0, here = 0, count = 0] = [4, 6, 8, 10].map((byte) => tail.getUint16(place + byte, true));
  const [size, offset] = [tail.getUint32(place + 12, true), tail.getUint32(place + 16, true)];
  const hasComment = tail.getUint16(place + 20, true) > 0;
  const wide = await readEnd64(source, at);
  if (!wide) {
    if (disk || firstDisk || here !== count) throw new Unreadable("directory");
    return { at, count, size, offset, hasComment };
  }
  const fits =
    [here, count].every((number) => number === ALL_16 || number === wide.count) &&
    (size === ALL_32 || size === wide.size) &&
    (offset === ALL_32 || offset === wide.offset) &&
    [disk, firstDisk].every((number) => number === 0 || number === ALL_16);
  if (!fits) throw new Unreadable("directory");
  return { ...wide, hasComment };
}

/**
 * The ZIP64 end record, if a locator stands before the end record.
 *
 * @param {Source} source
 * @param {number} endAt
 */
async function readEnd64(source, endAt) {
  const locatorAt = endAt - LOCATOR_BYTES;
  if (locatorAt < 0) return null;
  const locator = viewOf(await source.read(locatorAt, LOCATOR_BYTES));
  if (locator.getUint32(0, true) !== LOCATOR) return null;
  const at = wholeNumber(locator, 8);
  if (at + END_64_BYTES > locatorAt) throw new Unreadable("directory");
  const end = viewOf(await source.read(at, END_64_BYTES));
  const [here = 0, count = 0, size = 0, offset = 0] = [24, 32, 40, 48].map((byte) => wholeNumber(end, byte));
  const isEnd =
    end.getUint32(0, true) === END_64 &&
    at + 12 + wholeNumber(end, 4) === locatorAt &&
    [locator.getUint32(4, true), end.getUint32(16, true), end.getUint32(20, true)].every((disk) => disk === 0) &&
    locator.getUint32(16, true) === 1 &&
    here === count;
  if (!isEnd) throw new Unreadable("directory");
  return { at, count, size, offset };
}

/**
 * All the entries, by offset; what follows the last is the directory.
 *
 * @param {Uint8Array} data
 * @param {End} end
 */
function readEntries(data, { count, offset: start }) {
  /** @type {Entry[]} */
  const entries = [];
  let at = 0;
  while (at < data.length) {
    const { entry, next } = readEntry(data, at);
    entries.push(entry);
    at = next;
  }
  entries.sort((one, other) => one.offset - other.offset);
  const last = entries.at(-1);
  if (entries.length !== count || (last && last.offset + LOCAL_HEADER_BYTES > start)) throw new Unreadable("directory");
  entries.forEach((entry, place) => (entry.limit = entries[place + 1]?.offset ?? start));
  return entries;
}

/**
 * @param {Uint8Array} data
 * @param {number} at
 * @returns {{entry: Entry, next: number}}
 */
function readEntry(data, at) {
  const view = viewOf(data);
  if (at + CENTRAL_BYTES > data.length || view.getUint32(at, true) !== CENTRAL) throw new Unreadable("directory");
  const [needed = 0, flags = 0, method = 0, nameLength = 0, extraLength = 0, commentLength = 0, disk = 0] = [
    6, 8, 10, 28, 30, 32, 34,
  ].map((byte) => view.getUint16(at + byte, true));
  const [crc32 = 0, narrowCompressed = 0, narrowSize = 0, attributes = 0, narrowOffset = 0] = [16, 20, 24, 38, 42].map(
    (byte) => view.getUint32(at + byte, true),
  );
  const extraAt = at + CENTRAL_BYTES + nameLength;
  const next = extraAt + extraLength + commentLength;
  if (next > data.length || (disk !== 0 && disk !== ALL_16)) throw new Unreadable("directory");
  const rawName = data.subarray(at + CENTRAL_BYTES, extraAt);
  const extra = extraFields(data.subarray(extraAt, extraAt + extraLength));
  const [size = 0, compressed = 0, offset = 0] = resolveZip64(extra, [narrowSize, narrowCompressed, narrowOffset]);
  const name = flags & UTF8_FLAG ? utf8.decode(rawName) : asciiOf(rawName);
  const isFile = REGULAR_FILES.includes((attributes >>> 16) & FILE_TYPE);
  const regular = isFile && (attributes & DOS_FOLDER_OR_LABEL) === 0;
  const renamed = renames(extra);
  const version = needed & 0xff;
  const entry = { name, rawName, version, flags, method, crc32, compressed, size, offset, limit: offset, renamed, regular };
  return { entry, next };
}

/** Without the flag, bytes beyond ASCII mean another letter on every system. @param {Uint8Array} bytes */
function asciiOf(bytes) {
  return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : "�")).join("");
}

/**
 * 64 bits as a number, as long as a number can hold them exactly.
 *
 * @param {DataView} view
 * @param {number} at
 */
function wholeNumber(view, at) {
  const number = view.getBigUint64(at, true);
  if (number > BigInt(Number.MAX_SAFE_INTEGER)) throw new Unreadable("directory");
  return Number(number);
}
