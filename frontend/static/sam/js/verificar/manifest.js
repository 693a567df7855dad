/**
 * What a part says of itself: manifiesto.json read back, and MANIFIESTO.sha256 as it has to be.
 *
 * The same rules as the server's `sam/verifying/manifest.py`. Pure.
 */

import { Unreadable } from "./outcome.js";

const FORMAT = "sam-manifiesto/1";
export const MANIFEST_BYTES_LIMIT = 64 * 1024 * 1024;
const MANIFEST_NAME = /^([^/]+)\/(manifiesto(?:_P[0-9]{1,9}de[0-9]{1,9})?\.json)$/;
const SHA256 = /^[0-9a-f]{64}$/;
const UNSAFE = /[\p{Cc}\\:]/u;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @typedef {{path: string, bytes: number, sha256: string}} ListedFile */

/**
 * A part's own description; `files` are all that its archive must hold, by path, both manifests included.
 *
 * @typedef {object} Manifest
 * @property {string} sha256
 * @property {string} root
 * @property {number} request
 * @property {number} number
 * @property {number} of
 * @property {string} empresa
 * @property {string} instant
 * @property {number} missing
 * @property {string} listPath
 * @property {Map<string, ListedFile>} files
 */

/**
 * The folder and the name of a manifest, or null for any other entry.
 *
 * @param {string} entry
 * @returns {{folder: string, name: string} | null}
 */
export function manifestName(entry) {
  const [, folder, name] = MANIFEST_NAME.exec(entry) ?? [];
  return folder && name ? { folder, name } : null;
}

/**
 * The manifest that stands in `folder` under `name`; throws Unreadable where it is none, or contradicts itself.
 *
 * @param {Uint8Array} data
 * @param {{folder: string, name: string, hash: (data: Uint8Array) => string}} options
 * @returns {Manifest}
 */
export function readManifest(data, { folder, name, hash }) {
  const found = record(parse(data));
  const [number, of] = [whole(found.part), whole(found.of)];
  const counts = record(found.counts);
  const files = list(found.files).map(listed);
  insist(found.format === FORMAT && found.root === folder);
  insist(sidecar("manifiesto", "json", number, of) === name);
  insist(whole(counts.files) === files.length && whole(counts.missing) === list(found.missing).length);
  const sha256 = hash(data);
  files.push({ path: name, bytes: data.length, sha256 });
  const sums = new TextEncoder().encode(files.map((file) => `${file.sha256}  ${file.path}\n`).join(""));
  const listPath = sidecar("MANIFIESTO", "sha256", number, of);
  files.push({ path: listPath, bytes: sums.length, sha256: hash(sums) });
  const byPath = new Map(files.map((file) => [file.path, file]));
  insist(byPath.size === files.length);
  return {
    sha256,
    root: folder,
    request: whole(found.request),
    number,
    of,
    empresa: text(record(found.empresa).nombre),
    instant: text(found.instant),
    missing: whole(counts.missing),
    listPath,
    files: byPath,
  };
}

/**
 * Whether a path stays in the folder that it is put in, on every system.
 *
 * @param {string} path
 */
export function isSafePath(path) {
  return !UNSAFE.test(path) && path.split("/").every((piece) => piece !== "" && piece !== "." && piece !== "..");
}

/** @param {Uint8Array} data */
function parse(data) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data));
  } catch {
    return refuse();
  }
}

/**
 * @param {string} stem
 * @param {string} extension
 * @param {number} number
 * @param {number} of
 */
function sidecar(stem, extension, number, of) {
  return of === 1 ? `${stem}.${extension}` : `${stem}_P${number}de${of}.${extension}`;
}

/**
 * @param {unknown} value
 * @returns {ListedFile}
 */
function listed(value) {
  const file = record(value);
  const [path, sha256] = [text(file.path), text(file.sha256)];
  insist(isSafePath(path) && SHA256.test(sha256));
  return { path, bytes: whole(file.bytes), sha256 };
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
function record(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse();
  return /** @type {Record<string, unknown>} */ (value);
}

/**
 * @param {unknown} value
 * @returns {unknown[]}
 */
function list(value) {
  return Array.isArray(value) ? value : refuse();
}

/** @param {unknown} value */
function whole(value) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : refuse();
}

/** @param {unknown} value */
function text(value) {
  return typeof value === "string" && !LONE_SURROGATE.test(value) ? value : refuse();
}

/** @param {boolean} condition */
function insist(condition) {
  if (!condition) refuse();
}

/** @returns {never} */
function refuse() {
  throw new Unreadable("manifest");
}
