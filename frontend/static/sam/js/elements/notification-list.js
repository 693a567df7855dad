/** `<notification-list>`: the notification centre; what is read in one tab is read in all of them. */

/** @import { Live } from "../live.js" */
/** @import { Notification } from "../protocol.js" */

import { moment } from "../figures.js";
import { control, copy, fill, slot } from "../slots.js";

export class NotificationList extends HTMLElement {
  /** @type {Live} */
  static live;

  #connected = new AbortController();

  connectedCallback() {
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    NotificationList.live.onChange(({ notifications }) => notifications && this.#show(), signal);
  }

  disconnectedCallback() {
    this.#connected.abort();
  }

  #show() {
    const newestFirst = NotificationList.live.store.notifications.latest;
    for (const notification of [...newestFirst].reverse()) this.#showOne(notification);
  }

  /** @param {Notification} notification */
  #showOne(notification) {
    const template = /** @type {HTMLTemplateElement | null} */ (this.querySelector("template"));
    const list = slot(this, "notifications");
    if (!template || !list) return;
    const element = this.#element(notification.id) ?? this.#prepend(list, template, notification);
    if (!element) return;
    const unread = notification.read_at === null;
    element.toggleAttribute("data-unread", unread);
    fill(element, "notification-state", unread ? "Sin leer" : "Leída");
    control(element, template, { name: "notification-read", id: notification.id, present: unread });
  }

  /**
   * Only what is newer than all that the page shows belongs on top; older ones are on other pages.
   *
   * @param {HTMLElement} list
   * @param {HTMLTemplateElement} template
   * @param {Notification} notification
   */
  #prepend(list, template, notification) {
    const [newest] = /** @type {Iterable<HTMLElement>} */ (list.children);
    const isNewer = notification.id > Number(newest?.dataset.notificationId ?? 0);
    if (!this.hasAttribute("data-newest") || !isNewer) return null;
    const element = copy(template, notification.id);
    element.dataset.notificationId = String(notification.id);
    element.querySelector("input[name='id']")?.setAttribute("value", String(notification.id));
    fill(element, "notification-text", notification.text);
    fill(element, "notification-moment", moment(notification.created_at));
    list.prepend(element);
    const none = slot(this, "no-notifications");
    if (none) none.hidden = true;
    return element;
  }

  /**
   * Said over the socket, without a reload; where there is none, the form goes its own way.
   *
   * @param {SubmitEvent} event
   */
  #submit(event) {
    const id = new FormData(/** @type {HTMLFormElement} */ (event.target)).get("id");
    const isSaid = NotificationList.live.connection.send({ type: "read", notification: Number(id) });
    if (isSaid) event.preventDefault();
  }

  /**
   * @param {number} id
   * @returns {HTMLElement | null}
   */
  #element(id) {
    return this.querySelector(`[data-notification-id="${id}"]`);
  }
}
