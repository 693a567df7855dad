/**
 * The Spanish words for what a check finds: pure, and the same as the server's `sam/verifying/words.py`.
 *
 * Both are compared with `tests/vectors/verificar.json`.
 */

/** @import { FileState, Problem, Reason, Report } from "./outcome.js" */

import { isBroken, isWhole } from "./outcome.js";

/** @type {Record<FileState, string>} */
export const STATES = {
  intact: "Íntegro",
  altered: "Alterado",
  missing: "Faltante",
  extra: "Sobrante",
  unchecked: "Sin comprobar",
};

/** A symbol of the icon sheet, and a colour. @type {Record<FileState, string>} */
export const ICONS = { intact: "ok", altered: "bad", missing: "bad", extra: "bad", unchecked: "warn" };

/** @type {Record<Reason, string>} */
export const REASONS = {
  bytes: "su tamaño no es el del manifiesto",
  sha256: "su contenido no es el del manifiesto",
  list: "no dice lo mismo que el manifiesto",
  crc32: "el CRC-32 que el ZIP anota no es el suyo",
  data: "sus datos están dañados o incompletos",
  encrypted: "está cifrado",
  method: "está comprimido de una forma que SAM no usa",
  header: "su encabezado contradice el directorio del ZIP",
  overlap: "sus bytes se cruzan con los de otro",
  special: "no es un archivo corriente",
  unlisted: "no está en el manifiesto",
  repeated: "su nombre está repetido",
  outside: "está fuera de la carpeta del paquete",
  too_large: "es demasiado grande para el navegador",
  no_inflate: "este navegador no lo puede descomprimir",
};

/** @type {Record<Problem, string>} */
export const PROBLEMS = {
  not_zip: "No es un ZIP, o está truncado.",
  directory: "El directorio del ZIP está dañado o se contradice.",
  too_many: "El directorio del ZIP es demasiado grande para ser de un paquete de SAM.",
  no_manifest: "No es un paquete de SAM: no trae manifiesto.",
  several_manifests: "Trae más de un manifiesto: cada parte se comprueba por separado.",
  manifest: "Su manifiesto está dañado o no se entiende.",
  stray_bytes: "Hay bytes en el ZIP que no son de ningún archivo.",
  comment: "El ZIP lleva un comentario, y SAM no los escribe.",
  old_browser: "Este navegador es demasiado antiguo para leer el ZIP.",
  unreadable_file: "El archivo cambió o dejó de poderse leer mientras se comprobaba.",
};

export const WHOLE_AND_ISSUED = "Íntegro y emitido por SAM";
export const WHOLE_ONLY = "Íntegro según su manifiesto, emisión no comprobada";
export const NOT_WHOLE = "No está íntegro";
export const NOT_CHECKED = "No se puede comprobar";
export const PARTLY = "Comprobado solo en parte";

/**
 * @param {Report} report
 * @param {{issued: boolean}} known
 */
export function verdict(report, { issued }) {
  if (!report.manifest) return NOT_CHECKED;
  if (isBroken(report)) return NOT_WHOLE;
  if (!isWhole(report)) return PARTLY;
  return issued ? WHOLE_AND_ISSUED : WHOLE_ONLY;
}

/**
 * A name with nothing in it that moves a cursor, hides, or turns the direction of reading.
 *
 * @param {string} text
 */
export function printable(text) {
  return text.replace(/[\p{C}\p{Z}]/gu, (character) => (character === " " ? " " : "�"));
}
