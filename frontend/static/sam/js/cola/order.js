/** What an operator is about to do, as the form says it and as the dialog asks it. Pure. */

import { counted } from "../figures.js";

/**
 * @typedef {object} Order
 * @property {string} action
 * @property {number[]} ids
 * @property {string[]} workers
 * @property {number | null} empresa
 * @property {string} reason
 *
 * `says`: the button; `will`: what happens then; `needsWhy`: whether a reason has to be given.
 *
 * @typedef {{title: string, will: string, says: string, needsWhy: boolean}} Question
 */

/**
 * @param {Iterable<[string, unknown]>} entries of the form
 * @returns {Order}
 */
export function readOrder(entries) {
  /** @type {Order} */
  const order = { action: "", ids: [], workers: [], empresa: null, reason: "" };
  for (const [name, value] of entries) {
    const said = String(value);
    if (name === "action" || name === "reason") order[name] = said;
    if (name === "ids") order.ids.push(Number(said));
    if (name === "workers") order.workers.push(said);
    if (name === "empresa" && said) order.empresa = Number(said);
  }
  return order;
}

/** Whether it is about parts and names none. @param {Order} order */
export function isEmpty({ action, ids }) {
  return ["cancel", "retry", "priority"].includes(action) && ids.length === 0;
}

/**
 * What the server takes: only what is said.
 *
 * @param {Order} order
 * @param {string} why
 */
export function orderBody({ action, ids, workers, empresa, reason }, why) {
  return {
    action,
    why,
    ...(ids.length > 0 && { ids }),
    ...(workers.length > 0 && { workers }),
    ...(empresa !== null && { empresa }),
    ...(reason && { reason }),
  };
}

/**
 * @param {Order} order
 * @param {string} target as the page calls what it is done to; "" where it is the whole queue
 * @returns {Question}
 */
export function question({ action, ids, empresa }, target) {
  const parts = counted(ids.length, "parte", "partes");
  const whose = empresa === null ? "la cola" : target;
  switch (action) {
    case "cancel":
      return asks(`Cancelar ${parts}`, "Dejan de esperar o de armarse. Su usuario las ve canceladas y puede pedirlas de nuevo.");
    case "retry":
      return asks(`Reintentar ${parts}`, "Las que fallaron, se cancelaron o vencieron vuelven a la cola; las demás quedan como están.");
    case "retry_reason":
      return asks("Reintentar las fallidas", `Vuelven a la cola las partes que fallaron así: ${target}`);
    case "priority":
      return asks(`Subir la prioridad de ${parts}`, "Las que esperan pasan delante de las de menor prioridad, de cualquier empresa.", true);
    case "pause":
      return asks(`Pausar ${whose}`, "Ninguna de sus partes empieza hasta que se reanude; las que están en curso terminan.");
    case "resume":
      return asks(`Reanudar ${whose}`, "Las partes que esperan vuelven a empezar, en su orden.");
    case "quiet":
      return asks(`Poner en calma ${target}`, "Termina lo que está armando y no toma nada más.");
    case "unquiet":
      return asks(`Quitar la calma a ${target}`, "Vuelve a tomar partes de la cola.");
    default:
      return asks("Confirmar", target);
  }
}

/** How much an order changed, as the server answered it. @param {unknown} answer */
export function changedBy(answer) {
  return Number(/** @type {{changed?: unknown} | null} */ (answer)?.changed ?? 0);
}

/**
 * What is told when it is done.
 *
 * @param {Order} order
 * @param {unknown} answer
 */
export function outcomeOf({ action }, answer) {
  const changed = changedBy(answer);
  if (changed === 0) return "No cambió nada: ya estaba así, o entretanto cambió.";
  switch (action) {
    case "cancel":
      return `${counted(changed, "parte cancelada", "partes canceladas")}.`;
    case "retry":
    case "retry_reason":
      return `${counted(changed, "parte vuelve", "partes vuelven")} a la cola.`;
    case "priority":
      return `${counted(changed, "parte tiene", "partes tienen")} más prioridad.`;
    case "pause":
      return "En pausa.";
    case "resume":
      return "Reanudada.";
    case "quiet":
      return `${counted(changed, "proceso", "procesos")} en calma.`;
    case "unquiet":
      return `${counted(changed, "proceso vuelve", "procesos vuelven")} a tomar partes.`;
    default:
      return `Hecho: ${counted(changed, "cambio", "cambios")}.`;
  }
}

/**
 * @param {string} title
 * @param {string} will
 * @param {boolean} [needsWhy]
 * @returns {Question}
 */
function asks(title, will, needsWhy = false) {
  return { title, will, says: title, needsWhy };
}
