/** `<history-watch>`: the history shows one moment; when it is no longer true, it says so and offers a new one. */

/** @import { Live } from "../live.js" */
/** @import { Request } from "../protocol.js" */

import { slot } from "../slots.js";

export class HistoryWatch extends HTMLElement {
  /** @type {Live} */
  static live;

  #connected = new AbortController();

  connectedCallback() {
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    HistoryWatch.live.onChange(() => this.#compare(), signal);
  }

  disconnectedCallback() {
    this.#connected.abort();
  }

  #compare() {
    const notice = slot(this, "history-changed");
    if (!notice?.hidden) return;
    notice.hidden = !HistoryWatch.live.store.requests.some((request) => this.#differs(request));
  }

  /** @param {Request} request */
  #differs(request) {
    /** @type {HTMLElement | null} */
    const row = this.querySelector(`[data-request-id="${request.id}"]`);
    return row ? row.dataset.versions !== versions(request) : this.#belongs(request);
  }

  /**
   * Whether a request without a row should have one: only the newest page gets new ones.
   *
   * @param {Request} request
   */
  #belongs({ id }) {
    const rows = /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-request-id]"));
    const newest = Math.max(0, ...[...rows].map((row) => Number(row.dataset.requestId)));
    return this.hasAttribute("data-newest") && id > newest;
  }
}

/**
 * As the server writes them in a row.
 *
 * @param {Request} request
 */
function versions(request) {
  return [request, ...request.parts].map(({ version }) => version).join(".");
}
