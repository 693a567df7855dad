/**
 * Readers of untrusted JSON: each takes any value and returns it typed and copied, or throws Malformed.
 *
 * An object's reader copies only the fields that it names; an absent one counts as null. Pure.
 */

const MAX_TEXT = 2000;
const MAX_ITEMS = 20_000;

class Malformed extends Error {}

/**
 * @template T
 * @typedef {(value: unknown) => T} Reader
 */

/**
 * The value as `read` gives it, or null when it is malformed.
 *
 * @template T
 * @param {Reader<T>} read
 * @param {unknown} value
 * @returns {T | null}
 */
export function attempt(read, value) {
  try {
    return read(value);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/**
 * The JSON as `read` gives it, or null when it is malformed or no JSON.
 *
 * @template T
 * @param {Reader<T>} read
 * @param {string} json
 * @returns {T | null}
 */
export function parsed(read, json) {
  try {
    return attempt(read, JSON.parse(json));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** @returns {never} */
export function malformed() {
  throw new Malformed();
}

/** @type {Reader<Record<string, unknown>>} */
export function record(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return malformed();
  return /** @type {Record<string, unknown>} */ (value);
}

/** @type {Reader<number>} */
export function whole(value) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : malformed();
}

/** @type {Reader<number>} */
export function finite(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : malformed();
}

/** @type {Reader<string>} */
export function text(value) {
  return typeof value === "string" && value.length <= MAX_TEXT ? value : malformed();
}

/** @type {Reader<string>} */
export function instant(value) {
  return typeof value === "string" && Number.isFinite(Date.parse(value)) ? value : malformed();
}

/** @type {Reader<boolean>} */
export function truth(value) {
  return typeof value === "boolean" ? value : malformed();
}

/**
 * An address to follow: a path of this site or an http address, never `javascript:` or the like.
 *
 * @type {Reader<string>}
 */
export function address(value) {
  const candidate = text(value);
  return /^\/(?![/\\])/.test(candidate) || /^https?:\/\//.test(candidate) ? candidate : malformed();
}

/** @type {Reader<[string, string]>} */
export function span(value) {
  if (!Array.isArray(value) || value.length !== 2) return malformed();
  return [instant(value[0]), instant(value[1])];
}

/**
 * @template T
 * @param {Reader<T>} read
 * @returns {Reader<[T, T]>}
 */
export function pair(read) {
  return (value) => (Array.isArray(value) && value.length === 2 ? [read(value[0]), read(value[1])] : malformed());
}

/**
 * @template {string} W
 * @param {...W} words
 * @returns {Reader<W>}
 */
export function oneOf(...words) {
  return (value) => words.find((word) => word === value) ?? malformed();
}

/**
 * @template T
 * @param {Reader<T>} read
 * @returns {Reader<T | null>}
 */
export function nullable(read) {
  return (value) => (value === null || value === undefined ? null : read(value));
}

/**
 * @template T
 * @param {Reader<T>} read
 * @returns {Reader<T[]>}
 */
export function listOf(read) {
  return (value) => (Array.isArray(value) && value.length <= MAX_ITEMS ? value.map(read) : malformed());
}

/**
 * @template T
 * @param {Reader<T>} read
 * @returns {Reader<Map<number, T>>}
 */
export function byId(read) {
  return (value) => new Map(Object.entries(record(value)).map(([id, item]) => [whole(Number(id)), read(item)]));
}

/**
 * @template T
 * @param {Reader<T>} read
 * @returns {Reader<Map<string, T>>}
 */
export function byName(read) {
  return (value) => new Map(Object.entries(record(value)).map(([name, item]) => [text(name), read(item)]));
}

/**
 * @template {Record<string, Reader<any>>} F
 * @param {F} fields
 * @returns {Reader<{[K in keyof F]: ReturnType<F[K]>}>}
 */
export function shape(fields) {
  const readers = Object.entries(fields);
  return (value) => {
    const source = record(value);
    const pairs = readers.map(([name, read]) => [name, read(source[name])]);
    return Object.fromEntries(pairs);
  };
}
