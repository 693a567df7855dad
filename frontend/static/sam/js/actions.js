/** A form sent as the person's own click, without leaving the page: the answer as a value, never an exception. */

const ANSWER_WITHIN_MS = 20_000;

const NO_ANSWER = "No hubo conexión con el servidor. Inténtelo de nuevo.";
const NO_SESSION = "La sesión se cerró. Entre de nuevo para continuar.";
const OLD_PAGE = "Esta página ya no es válida. Recárguela e inténtelo de nuevo.";
const UNEXPECTED = "El servidor no pudo atender lo pedido. Inténtelo de nuevo.";

/** @typedef {{done: true, body: unknown} | {done: false, problem: string}} Answer */

/**
 * Send what the form would send. Its own token travels along, not the cookie's: a page that was rendered for another
 * session must not act in this one.
 *
 * @param {HTMLFormElement} form
 * @returns {Promise<Answer>}
 */
export async function send(form) {
  const fields = new FormData(form);
  const token = String(fields.get("csrfmiddlewaretoken") ?? "");
  return post(form.action, { "X-CSRFToken": token }, new URLSearchParams(/** @type {any} */ (fields)));
}

/**
 * Send a body that no form has, with the token of the form that it is about.
 *
 * @param {{address: string, token: string, body: object}} what
 * @returns {Promise<Answer>}
 */
export async function sendJson({ address, token, body }) {
  return post(address, { "X-CSRFToken": token, "Content-Type": "application/json" }, JSON.stringify(body));
}

/**
 * @param {string} address
 * @param {Record<string, string>} headers
 * @param {URLSearchParams | string} body
 * @returns {Promise<Answer>}
 */
async function post(address, headers, body) {
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { Accept: "application/json", ...headers },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return await read(response);
  } catch {
    return { done: false, problem: NO_ANSWER };
  }
}

/**
 * @param {Response} response
 * @returns {Promise<Answer>}
 */
async function read(response) {
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json") ?? false;
  const body = isJson ? await response.json() : null;
  if (response.ok && isJson) return { done: true, body };
  if (response.status === 401) return { done: false, problem: NO_SESSION };
  const said = typeof body?.message === "string" ? body.message : null;
  return { done: false, problem: said ?? (response.status === 403 ? OLD_PAGE : UNEXPECTED) };
}
