/** "Descargar todo": the parts one after the other, each as if its link had been clicked. */

/** A second click before the first download has begun would replace it. */
const APART_MS = 1_200;

/** @param {string[]} addresses */
export function downloadAll(addresses) {
  const [first, ...others] = addresses;
  if (first === undefined) return;
  const link = document.createElement("a");
  link.href = first;
  link.download = "";
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => downloadAll(others), APART_MS);
}
