/** How one part of a request is shown: the same hooks and words as the server's `_parte.html`. */

/** @import { Part } from "../protocol.js" */

import { control, fill, slot } from "../slots.js";
import { partDetail, partIcon, partStatus } from "../words.js";

const RETRYABLE = new Set(["failed", "cancelled", "expired"]);

/** @type {Record<string, (part: Part) => boolean>} */
const CONTROLS = {
  "part-download": (part) => part.download !== null,
  "part-retry": (part) => RETRYABLE.has(part.state),
  "part-extend": (part) => part.state === "completed" && !part.extended,
  "part-sum": (part) => part.sha256 !== null,
};

/**
 * Show `part` in `element`; returns the state that it showed before.
 *
 * @param {HTMLElement} element
 * @param {HTMLTemplateElement} template
 * @param {Part} part
 */
export function showPart(element, template, part) {
  const before = element.dataset.state;
  element.dataset.state = part.state;
  element.dataset.look = partIcon(part);
  element.toggleAttribute("data-downloadable", part.download !== null);
  for (const [name, isPresent] of Object.entries(CONTROLS)) {
    control(element, template, { name, id: part.id, present: isPresent(part) });
  }
  slot(element, "part-icon")?.setAttribute("href", `#i-${partIcon(part)}`);
  fill(element, "part-status", partStatus(part));
  fill(element, "part-detail", partDetail(part));
  fill(element, "part-sum", part.sha256 ?? "");
  slot(element, "part-link")?.setAttribute("href", part.download ?? "");
  hideStatus(element, part);
  showProgress(element, part);
  return before;
}

/**
 * @param {HTMLElement} element
 * @param {Part} part
 * @param {string} range
 */
export function namePart(element, part, range) {
  element.dataset.partId = String(part.id);
  fill(element, "part-name", `Parte ${part.number} de ${part.of}`);
  fill(element, "part-range", `equipos ${range}`);
  slot(element, "part-progress")?.setAttribute("aria-label", `Avance de la parte ${part.number}`);
}

/**
 * A whole part says "Descargar" twice, as its status and as its link: a screen reader hears the link.
 *
 * @param {HTMLElement} element
 * @param {Part} part
 */
function hideStatus(element, part) {
  const status = slot(element, "part-status");
  if (part.download !== null && !part.missing) status?.setAttribute("aria-hidden", "true");
  else status?.removeAttribute("aria-hidden");
}

/**
 * @param {HTMLElement} element
 * @param {Part} part
 */
function showProgress(element, part) {
  const progress = /** @type {HTMLProgressElement | null} */ (slot(element, "part-progress"));
  if (!progress) return;
  progress.max = part.equipos;
  progress.value = part.done;
  progress.hidden = part.state !== "processing" && part.state !== "pending";
}
