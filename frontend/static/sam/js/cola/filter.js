/** Which rows the page is about, by the filter that it was opened with; the same rule as the server's. Pure. */

/** @import { Row } from "../digest.js" */

/**
 * @param {{empresa?: string, usuario?: string, estado?: string, id?: string}} filter
 * @returns {(row: Row) => boolean}
 */
export function matcher({ empresa = "", usuario = "", estado = "", id = "" }) {
  const wanted = usuario.toLocaleLowerCase();
  return (row) =>
    (!empresa || row.empresa === Number(empresa)) &&
    (!wanted || row.requester.toLocaleLowerCase().includes(wanted)) &&
    (!estado || row.state === estado) &&
    (!id || row.id === Number(id) || row.request === Number(id));
}
