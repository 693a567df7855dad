/** `<reload-notice>`: the page is from before a deploy or of a session that ended; it asks, and goes on working. */

/** @import { Aged, Live } from "../live.js" */

import { announce } from "../announcer.js";
import { fill } from "../slots.js";

/** @type {Record<Aged, string>} */
const WORDS = {
  deploy: "Hay una versión nueva de SAM. Recargue esta página cuando le venga bien.",
  session: "Su sesión es nueva. Recargue esta página para seguir trabajando en ella.",
};

export class ReloadNotice extends HTMLElement {
  /** @type {Live} */
  static live;

  #connected = new AbortController();
  /** @type {Set<Aged>} */
  #announced = new Set();

  connectedCallback() {
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    this.addEventListener("click", (event) => this.#click(event), { signal });
    ReloadNotice.live.onAged((aged) => this.#show(aged), signal);
  }

  disconnectedCallback() {
    this.#connected.abort();
  }

  /** @param {Aged | null} aged */
  #show(aged) {
    this.hidden = aged === null;
    if (!aged) return;
    fill(this, "reload-why", WORDS[aged]);
    if (!this.#announced.has(aged)) announce(WORDS[aged]);
    this.#announced.add(aged);
  }

  /** @param {MouseEvent} event */
  #click({ target }) {
    if (target instanceof Element && target.closest("button")) location.reload();
  }
}
