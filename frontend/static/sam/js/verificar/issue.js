/** Asks SAM whether it issued a manifest: all that ever leaves the computer is the manifest's SHA-256. */

import { attempt, instant, nullable, shape, truth } from "../readers.js";

const PATIENCE_MS = 10_000;

/** SAM issued it at that instant, does not know it, or could not be asked. @typedef {{known: true, at: string} | {known: false} | {known: null}} Issue */

const readAnswer = shape({ known: truth, created_at: nullable(instant) });

/**
 * @param {string} manifests the address under which manifests are asked for
 * @param {string} sha256
 * @returns {Promise<Issue>}
 */
export async function askIssue(manifests, sha256) {
  try {
    const headers = { Accept: "application/json" };
    const response = await fetch(`${manifests}${sha256}/`, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    const answer = response.ok ? attempt(readAnswer, await response.json()) : null;
    if (!answer) return { known: null };
    return answer.known && answer.created_at ? { known: true, at: answer.created_at } : { known: false };
  } catch {
    return { known: null }; // offline, too slow, or no JSON
  }
}
