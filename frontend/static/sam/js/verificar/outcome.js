/**
 * What a check can find, by the codes of the server's `sam/verifying/outcome.py`, and two states more that only a
 * browser has: what it cannot check is said to be unchecked, never intact. Pure.
 */

/** @import { Manifest } from "./manifest.js" */

/**
 * @typedef {"intact" | "altered" | "missing" | "extra" | "unchecked"} FileState
 * @typedef {"bytes" | "sha256" | "list" | "crc32" | "data" | "encrypted" | "method" | "header" | "overlap"
 *   | "special"} DamageReason
 * @typedef {"unlisted" | "repeated" | "outside"} ExtraReason
 * @typedef {"too_large" | "no_inflate"} UncheckedReason
 * @typedef {DamageReason | ExtraReason | UncheckedReason} Reason
 * @typedef {"not_zip" | "directory" | "too_many" | "no_manifest" | "several_manifests" | "manifest"
 *   | "stray_bytes" | "comment" | "old_browser" | "unreadable_file"} Problem
 */

/** One file; `path` is from the root folder, or the whole name. @typedef {{path: string, state: FileState, reason: Reason | null}} CheckedFile */

/**
 * The whole of a check; without a `manifest` it could not be made.
 *
 * @typedef {{manifest: Manifest | null, files: CheckedFile[], problems: Problem[]}} Report
 */

/** The check cannot go on. */
export class Unreadable extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem);
    this.problem = problem;
  }
}

/** One entry is not what the manifest says. */
export class Damaged extends Error {
  /** @param {DamageReason} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** One entry is beyond what this browser can read. */
export class Unchecked extends Error {
  /** @param {UncheckedReason} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * @param {Report} report
 * @param {FileState} state
 */
export function count(report, state) {
  return report.files.filter((file) => file.state === state).length;
}

/** Whether something is wrong; what could not be checked is not. @param {Report} report */
export function isBroken(report) {
  const wrong = report.files.some(({ state }) => state !== "intact" && state !== "unchecked");
  return report.manifest === null || report.problems.length > 0 || wrong;
}

/** @param {Report} report */
export function isWhole(report) {
  return !isBroken(report) && count(report, "unchecked") === 0;
}
