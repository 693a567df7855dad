/** Where the page of `/verificar/` comes alive: its one element, and what this browser has for it. */

import { ZipVerifier } from "./zip-verifier.js";

ZipVerifier.tools = {
  inflate: canInflate() ? () => new DecompressionStream("deflate-raw") : null,
  // Absent on plain HTTP, where a page is not secure enough for a browser's cryptography.
  digest: globalThis.crypto?.subtle ? (bytes) => crypto.subtle.digest("SHA-256", bytes) : null,
};
customElements.define("zip-verifier", ZipVerifier);

function canInflate() {
  try {
    return Boolean(new DecompressionStream("deflate-raw"));
  } catch {
    return false;
  }
}
