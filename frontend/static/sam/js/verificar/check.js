/**
 * An archive against its manifest, file by file: the whole of a check, in one pass over the bytes.
 *
 * The same rules as the server's `sam/verifying/verify.py`. Pure; memory is that of the directory, of the manifest and
 * of the piece that passes, whatever the archive's size.
 */

/** @import { Place, Tools } from "./contents.js" */
/** @import { Directory, Entry } from "./directory.js" */
/** @import { ListedFile, Manifest } from "./manifest.js" */
/** @import { CheckedFile, DamageReason, Problem, Report } from "./outcome.js" */

import { content, locate, sums } from "./contents.js";
import { readDirectory } from "./directory.js";
import { MANIFEST_BYTES_LIMIT, isSafePath, manifestName, readManifest } from "./manifest.js";
import { Damaged, Unchecked, Unreadable } from "./outcome.js";
import { Sha256 } from "./sha256.js";
import { Source } from "./source.js";

/** Beyond this a tab would be busy for minutes, and a telephone for longer; the command takes any size. */
export const LARGEST_ENTRY_BYTES = 4 * 1024 ** 3;

/**
 * Who is told how far the check is.
 *
 * @typedef {object} Watcher
 * @property {(total: {files: number, bytes: number}) => void} onStart
 * @property {(bytes: number) => void} onBytes
 * @property {(file: CheckedFile) => void} onFile
 */

/** @type {Watcher} */
const NOBODY = { onStart: () => {}, onBytes: () => {}, onFile: () => {} };

/**
 * Check every file of the archive. Throws the signal's reason when it is aborted.
 *
 * @param {Blob} blob
 * @param {Tools & {signal?: AbortSignal, watcher?: Watcher, largest?: number}} options
 * @returns {Promise<Report>}
 */
export async function check(blob, { signal, watcher = NOBODY, largest = LARGEST_ENTRY_BYTES, ...tools }) {
  try {
    const source = new Source(blob, signal);
    const directory = await readDirectory(source);
    const manifest = await findManifest(source, directory, tools);
    const pass = new Pass({ source, manifest, watcher, largest, tools });
    const files = await pass.files(directory);
    /** @type {Problem[]} */
    const problems = [];
    if (pass.hasStrayBytes || directory.beginsLate) problems.push("stray_bytes");
    if (directory.hasComment) problems.push("comment");
    return { manifest, files, problems };
  } catch (error) {
    if (error instanceof Unreadable) return { manifest: null, files: [], problems: [error.problem] };
    throw error;
  }
}

/**
 * @param {Source} source
 * @param {Directory} directory
 * @param {Tools} tools
 */
async function findManifest(source, { entries }, tools) {
  const found = entries.filter(({ name }) => manifestName(name));
  const [entry] = found;
  const named = entry && manifestName(entry.name);
  if (!named) throw new Unreadable("no_manifest");
  if (found.length > 1) throw new Unreadable("several_manifests");
  if (entry.size > MANIFEST_BYTES_LIMIT) throw new Unreadable("manifest");
  try {
    const data = new Uint8Array(entry.size);
    let passed = 0;
    for await (const piece of content(source, entry, await locate(source, entry), tools)) {
      data.set(piece, passed);
      passed += piece.length;
    }
    return readManifest(data, { ...named, hash: hashOf });
  } catch (error) {
    if (error instanceof Unchecked) throw new Unreadable("old_browser");
    if (error instanceof Damaged) throw new Unreadable("manifest");
    throw error;
  }
}

/** @param {Uint8Array} bytes */
function hashOf(bytes) {
  const sha256 = new Sha256();
  sha256.update(bytes);
  return sha256.digest();
}

/** One pass over the entries, in the order of their bytes. */
class Pass {
  #source;
  #manifest;
  #watcher;
  #largest;
  #tools;
  #seen = new Set();
  hasStrayBytes = false;

  /** @param {{source: Source, manifest: Manifest, watcher: Watcher, largest: number, tools: Tools}} options */
  constructor({ source, manifest, watcher, largest, tools }) {
    this.#source = source;
    this.#manifest = manifest;
    this.#watcher = watcher;
    this.#largest = largest;
    this.#tools = tools;
  }

  /**
   * @param {Directory} directory
   * @returns {Promise<CheckedFile[]>}
   */
  async files({ entries }) {
    const { files: listed } = this.#manifest;
    const bytes = [...listed.values()].reduce((sum, file) => sum + file.bytes, 0);
    this.#watcher.onStart({ files: listed.size, bytes });
    const folders = foldersOf(this.#manifest);
    /** @type {CheckedFile[]} */
    const files = [];
    for (const entry of entries) {
      const place = await this.#place(entry);
      if (folders.has(entry.name) && entry.size === 0 && typeof place !== "string") continue;
      const file = await this.#checked(entry, place);
      files.push(file);
      this.#watcher.onFile(file);
    }
    for (const path of listed.keys()) {
      if (!this.#seen.has(path)) files.push({ path, state: "missing", reason: null });
    }
    return files;
  }

  /**
   * @param {Entry} entry
   * @returns {Promise<Place | DamageReason>}
   */
  async #place(entry) {
    try {
      const place = await locate(this.#source, entry);
      this.hasStrayBytes ||= place.isFollowedByStray;
      return place;
    } catch (error) {
      if (error instanceof Damaged) return error.reason;
      throw error;
    }
  }

  /**
   * @param {Entry} entry
   * @param {Place | DamageReason} place
   * @returns {Promise<CheckedFile>}
   */
  async #checked(entry, place) {
    const prefix = `${this.#manifest.root}/`;
    const path = entry.name.startsWith(prefix) ? entry.name.slice(prefix.length) : null;
    if (path === null || (path && !isSafePath(path.replace(/\/$/, "")))) {
      return { path: entry.name, state: "extra", reason: "outside" };
    }
    const listed = this.#manifest.files.get(path);
    if (!listed) return { path: path || entry.name, state: "extra", reason: "unlisted" };
    if (this.#seen.has(path)) return { path, state: "extra", reason: "repeated" };
    this.#seen.add(path);
    return this.#compared(entry, place, listed);
  }

  /**
   * @param {Entry} entry
   * @param {Place | DamageReason} place
   * @param {ListedFile} listed
   * @returns {Promise<CheckedFile>}
   */
  async #compared(entry, place, listed) {
    const { path } = listed;
    try {
      const reason = await this.#difference(entry, place, listed);
      const isList = path === this.#manifest.listPath && (reason === "bytes" || reason === "sha256");
      return { path, state: reason ? "altered" : "intact", reason: isList ? "list" : reason };
    } catch (error) {
      if (error instanceof Damaged) return { path, state: "altered", reason: error.reason };
      if (error instanceof Unchecked) return { path, state: "unchecked", reason: error.reason };
      throw error;
    }
  }

  /**
   * How the entry is not the listed file; the plainest of several.
   *
   * @param {Entry} entry
   * @param {Place | DamageReason} place
   * @param {ListedFile} listed
   * @returns {Promise<DamageReason | null>}
   */
  async #difference(entry, place, listed) {
    if (typeof place === "string") return place;
    if (!entry.regular) return "special";
    const pieces = content(this.#source, entry, place, this.#tools);
    if (entry.size !== listed.bytes) return "bytes";
    if (entry.size > this.#largest) throw new Unchecked("too_large");
    const { digest } = this.#tools;
    const found = await sums(pieces, { size: entry.size, digest, onBytes: this.#watcher.onBytes });
    if (found.sha256 !== listed.sha256) return "sha256";
    return found.crc32 === entry.crc32 ? null : "crc32";
  }
}

/**
 * The folders that listed files lie in, as a ZIP names them: what else holds nothing is one entry too many.
 *
 * @param {Manifest} manifest
 */
function foldersOf({ root, files }) {
  const folders = new Set([`${root}/`]);
  for (const path of files.keys()) {
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      folders.add(`${root}/${path.slice(0, slash + 1)}`);
    }
  }
  return folders;
}
