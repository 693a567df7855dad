/**
 * The Spanish words for what people see of requests and parts: pure, and the same as the server's `sam/words.py`.
 *
 * Both are compared with `tests/vectors/words.json`.
 */

/** @import { Part, Request, State } from "./protocol.js" */

import { byteSize, clockTime, counted, moment, thousands } from "./figures.js";

/** @type {Record<State, string>} */
const PART_STATUS = {
  pending: "Calculando...",
  processing: "Calculando...",
  completed: "Descargar",
  failed: "Fallida",
  cancelled: "Cancelada",
  expired: "Vencida",
};
const WITH_MISSING = "Lista con faltantes";

/** @type {Record<State, string>} */
const ICONS = {
  pending: "wait",
  processing: "work",
  completed: "ok",
  failed: "bad",
  cancelled: "off",
  expired: "off",
};

/** @type {Record<State, string>} */
const REQUEST_STATUS = {
  pending: "En la cola",
  processing: "En curso",
  completed: "Lista",
  failed: "Con partes fallidas",
  cancelled: "Cancelada",
  expired: "Vencida",
};

export const ERRORS = new Map([
  ["worker_lost", "El proceso que la armaba se cayó varias veces."],
  ["storage_unavailable", "El almacenamiento de documentos no respondió."],
  ["plan_unreadable", "Los datos guardados para esta solicitud no se pudieron leer."],
  ["build_error", "Ocurrió un error al armar el archivo."],
]);
export const UNKNOWN_ERROR = "No se pudo armar esta parte.";

export const REASONS = new Map([
  ["queue_ahead", ""], // its position says it
  ["no_workers", "espera a que haya un proceso disponible"],
  ["paused", "la cola está en pausa"],
  ["retry_later", "se intentará de nuevo en unos segundos"],
  ["empresa_limit", "espera a otras partes de la empresa"],
  ["storage_unavailable", "espera a que el almacenamiento responda"],
]);

/** @param {Part} part */
export function partStatus(part) {
  return part.state === "completed" && part.missing ? WITH_MISSING : PART_STATUS[part.state];
}

/**
 * The name of a symbol of the icon sheet, and of a colour of the stylesheet.
 *
 * @param {Part} part
 */
export function partIcon(part) {
  return part.state === "completed" && part.missing ? "warn" : ICONS[part.state];
}

/**
 * What stands beside the status: "12/35 · EQ-012", "2.º en la cola", sizes and dates, or why it failed.
 *
 * @param {Part} part
 */
export function partDetail(part) {
  switch (part.state) {
    case "pending":
      return joined(position(part.position), eta(part.eta), REASONS.get(part.reason ?? "") ?? "");
    case "processing":
      return joined(`${part.done}/${part.equipos}`, part.current ?? "");
    case "completed":
      return joined(
        missingWords(part.missing),
        byteSize(part.bytes),
        dated("vence el ", part.expires_at),
        part.downloaded_at ? "ya descargada" : "",
      );
    case "failed":
      return ERRORS.get(part.error ?? "") ?? UNKNOWN_ERROR;
    case "expired":
      return dated("venció el ", part.expires_at);
    default:
      return "";
  }
}

/**
 * The ordinals of a part's equipos, "36–69", from the sizes of the parts before it.
 *
 * @param {Part[]} parts
 * @param {Part} part
 */
export function partRange(parts, part) {
  const before = sum(parts, (other) => (other.number < part.number ? other.equipos : 0));
  const [first, last] = [before + 1, before + part.equipos];
  return last > first ? `${thousands(first)}–${thousands(last)}` : thousands(first);
}

/** @param {Request} request */
export function requestStatus(request) {
  return isIncomplete(request) ? WITH_MISSING : REQUEST_STATUS[request.state];
}

/** @param {Request} request */
export function requestIcon(request) {
  return isIncomplete(request) ? "warn" : ICONS[request.state];
}

/**
 * "69 equipos en 2 partes · 1 de 2 listas", with the size instead once every part is there.
 *
 * @param {Request} request
 */
export function requestDetail(request) {
  const { parts } = request;
  const ready = parts.filter((part) => part.state === "completed");
  const all = ready.length === parts.length;
  const some = ready.length > 0 && !all ? `${ready.length} de ${parts.length} listas` : "";
  const size = ready.length > 0 && all ? byteSize(sum(ready, (part) => part.bytes ?? 0)) : "";
  return joined(inParts(sum(parts, (part) => part.equipos), parts.length), some, size);
}

/**
 * @param {number} equipos
 * @param {number} parts
 */
export function inParts(equipos, parts) {
  return `${counted(equipos, "equipo", "equipos")} en ${counted(parts, "parte", "partes")}`;
}

/** @param {number} missing */
export function missingWords(missing) {
  return missing ? counted(missing, "documento faltante", "documentos faltantes") : "";
}

/** @param {Request} request */
function isIncomplete(request) {
  return request.state === "completed" && request.parts.some((part) => part.missing > 0);
}

/** @param {number | null} place */
function position(place) {
  return place ? `${thousands(place)}.º en la cola` : "en la cola";
}

/** @param {[string, string] | null} range */
function eta(range) {
  if (!range) return "";
  const [first, last] = range.map(clockTime);
  return first === last ? `hacia las ${first}` : `entre ${first} y ${last}`;
}

/**
 * @param {string} words
 * @param {string | null} iso
 */
function dated(words, iso) {
  return iso ? `${words}${moment(iso)}` : "";
}

/** @param {...string} details */
function joined(...details) {
  return details.filter(Boolean).join(" · ");
}

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T) => number} count
 */
function sum(items, count) {
  return items.reduce((total, item) => total + count(item), 0);
}
