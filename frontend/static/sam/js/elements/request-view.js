/** How one request is shown: its head, its actions and its parts; the same as the server's `_solicitud.html`. */

/** @import { Part, Request } from "../protocol.js" */

import { isLive } from "../held.js";
import { control, copy, fill, slot } from "../slots.js";
import { moment } from "../figures.js";
import { partRange, requestDetail, requestIcon, requestStatus } from "../words.js";
import { namePart, showPart } from "./part-view.js";

/** @typedef {{request: HTMLTemplateElement, part: HTMLTemplateElement}} Templates */

/** @type {Record<string, (request: Request) => boolean>} */
const CONTROLS = {
  "request-all": ({ parts }) => parts.length > 1 && parts.every((part) => part.download !== null),
  "request-missing": ({ parts }) => parts.some((part) => part.missing > 0),
  "request-retry": (request) => !isLive(request) && request.parts.filter(isUnfinished).length > 1,
  "request-cancel": isLive,
};

/**
 * A new element for `request`, with its parts still to be shown.
 *
 * @param {Templates} templates
 * @param {Request} request
 */
export function createRequest(templates, request) {
  const element = copy(templates.request, request.id);
  element.dataset.requestId = String(request.id);
  fill(element, "request-name", `Solicitud ${request.id}`);
  fill(element, "request-instant", moment(request.instant));
  slot(element, "request-instant")?.setAttribute("datetime", request.instant);
  fill(element, "request-empresa", request.empresa.nombre);
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {Templates} templates
 * @param {Request} request
 */
export function showRequest(element, templates, request) {
  element.dataset.state = request.state;
  element.dataset.look = requestIcon(request);
  for (const [name, isPresent] of Object.entries(CONTROLS)) {
    control(element, templates.request, { name, id: request.id, present: isPresent(request) });
  }
  slot(element, "request-icon")?.setAttribute("href", `#i-${requestIcon(request)}`);
  fill(element, "request-status", requestStatus(request));
  fill(element, "request-detail", requestDetail(request));
}

/**
 * One element for each part, in order; those that are there are kept. Returns them by the part's id.
 *
 * @param {HTMLElement} element
 * @param {Templates} templates
 * @param {Request} request
 */
export function arrangeParts(element, templates, request) {
  const list = slot(element, "request-parts");
  if (!list) return;
  const known = new Map([...list.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.partId, child]));
  const wanted = request.parts.map((part) => known.get(String(part.id)) ?? createPart(templates, request.parts, part));
  arrange(list, wanted);
}

/**
 * Make `wanted` the children of `list`, moving only what is out of place: a moved element loses focus.
 *
 * @param {Element} list
 * @param {Element[]} wanted
 */
export function arrange(list, wanted) {
  for (const child of [...list.children]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((element, place) => {
    const there = list.children[place] ?? null;
    if (there !== element) list.insertBefore(element, there);
  });
}

/**
 * @param {Templates} templates
 * @param {Part[]} parts
 * @param {Part} part
 */
function createPart(templates, parts, part) {
  const element = copy(templates.part, part.id);
  namePart(element, part, partRange(parts, part));
  showPart(element, templates.part, part);
  return element;
}

/** @param {Part} part */
function isUnfinished({ state }) {
  return state === "failed" || state === "cancelled" || state === "expired";
}
