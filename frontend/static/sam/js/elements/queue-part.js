/** `<queue-part>`: one part in detail, as it was when the page was opened; when that is no longer true, it says so. */

/** @import { Digest } from "../digest.js" */
/** @import { Live } from "../live.js" */

import { thousands } from "../figures.js";
import { fill, slot } from "../slots.js";
import { QueueOrders } from "./queue-orders.js";

export class QueuePart extends HTMLElement {
  /** @type {Live} */
  static live;

  #connected = new AbortController();

  connectedCallback() {
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    const dialog = /** @type {HTMLDialogElement | null} */ (slot(this, "confirm"));
    const name = this.querySelector("h1")?.textContent ?? "";
    if (dialog) new QueueOrders({ root: this, dialog, nameOf: () => name, signal });
    QueuePart.live.onQueue((digest) => digest && this.#compare(digest), signal);
  }

  disconnectedCallback() {
    this.#connected.abort();
  }

  /** @param {Digest} digest */
  #compare({ rows, hidden }) {
    const { part, state, attempt, priority } = this.dataset;
    const row = rows.find(({ id }) => id === Number(part));
    const notice = slot(this, "part-changed");
    if (row) fill(this, "part-done", thousands(row.done));
    if (!notice?.hidden) return;
    const was = [state, attempt, priority].join();
    // What waits behind the end of the digest may well wait on; what had ended is not in it.
    const left = state === "processing" || (state === "pending" && hidden === 0);
    notice.hidden = row ? [row.state, row.attempt, row.priority].join() === was : !left;
  }
}
