/** `<notification-count>`: how many notifications are unread; not shown at none. */

/** @import { Live } from "../live.js" */

export class NotificationCount extends HTMLElement {
  /** @type {Live} */
  static live;

  #connected = new AbortController();

  connectedCallback() {
    this.#connected = new AbortController();
    NotificationCount.live.onChange(({ notifications }) => notifications && this.#show(), this.#connected.signal);
  }

  disconnectedCallback() {
    this.#connected.abort();
  }

  #show() {
    const { unread } = NotificationCount.live.store.notifications;
    this.textContent = String(unread);
    this.hidden = unread === 0;
  }
}
