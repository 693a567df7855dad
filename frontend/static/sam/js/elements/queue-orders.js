/** What operators do: each form asks first, in one dialog, and is sent without leaving the page. */

/** @import { Order } from "../cola/order.js" */

import { sendJson } from "../actions.js";
import { announce } from "../announcer.js";
import { isEmpty, orderBody, outcomeOf, question, readOrder } from "../cola/order.js";
import { fill, slot } from "../slots.js";

const MOST_NAMED = 8;
const SAID_MS = 10_000;
const NONE = "Elija primero las partes.";

/** @typedef {{order: Order, title: string, address: string, token: string}} Asked */

export class QueueOrders {
  #root;
  #nameOf;
  #onDone;
  /** @type {HTMLDialogElement} */
  #dialog;
  /** @type {Asked | null} */
  #asked = null;
  #isSending = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #saying;

  /**
   * @param {object} options
   * @param {HTMLElement} options.root
   * @param {HTMLDialogElement} options.dialog
   * @param {(id: number) => string} options.nameOf a part, as its row calls it
   * @param {() => void} [options.onDone]
   * @param {AbortSignal} options.signal
   */
  constructor({ root, dialog, nameOf, onDone = () => {}, signal }) {
    this.#root = root;
    this.#dialog = dialog;
    this.#nameOf = nameOf;
    this.#onDone = onDone;
    root.addEventListener("submit", (event) => this.#submit(event), { signal });
    dialog.addEventListener("click", (event) => this.#click(event), { signal });
    dialog.addEventListener("cancel", (event) => this.#isSending && event.preventDefault(), { signal });
    dialog.addEventListener("close", () => this.#leave(), { signal });
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.closest("dialog")) {
      event.preventDefault();
      this.#send();
    } else if (form.hasAttribute("data-order")) {
      event.preventDefault();
      this.#ask(form, /** @type {HTMLElement | null} */ (event.submitter));
    }
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement | null} submitter
   */
  #ask(form, submitter) {
    const fields = new FormData(form, submitter);
    const order = readOrder(fields);
    if (isEmpty(order)) return this.#say(NONE);
    const { title, will, says, needsWhy } = question(order, form.dataset.target ?? "");
    const address = form.getAttribute("action") ?? ""; // `form.action` is its field of that name
    this.#asked = { order, title, address, token: String(fields.get("csrfmiddlewaretoken") ?? "") };
    this.#say("");
    this.#complain("");
    fill(this.#dialog, "confirm-title", `¿${title}?`);
    fill(this.#dialog, "confirm-will", will);
    fill(this.#dialog, "confirm-do", says);
    fill(this.#dialog, "confirm-optional", needsWhy ? "(queda en el registro)" : "(opcional; queda en el registro)");
    this.#why.value = "";
    this.#why.required = needsWhy;
    this.#name(order.ids);
    this.#dialog.showModal();
    this.#why.focus();
  }

  /** @param {number[]} ids */
  #name(ids) {
    const list = slot(this.#dialog, "confirm-targets");
    if (!list) return;
    const names = ids.slice(0, MOST_NAMED).map(this.#nameOf);
    if (ids.length > MOST_NAMED) names.push(`y ${ids.length - MOST_NAMED} más`);
    const items = names.map((name) => {
      const item = document.createElement("li");
      item.textContent = name;
      return item;
    });
    list.replaceChildren(...items);
    list.hidden = items.length === 0;
  }

  /** @param {MouseEvent} event */
  #click({ target }) {
    if (target instanceof Element && target.closest("[data-verb='back']") && !this.#isSending) this.#dialog.close();
  }

  async #send() {
    const asked = this.#asked;
    if (!asked || this.#isSending) return;
    const button = /** @type {HTMLButtonElement | null} */ (slot(this.#dialog, "confirm-do"));
    this.#isSending = true;
    button?.setAttribute("aria-disabled", "true");
    this.#complain("");
    const why = this.#why.value.trim();
    const answer = await sendJson({ ...asked, body: orderBody(asked.order, why) });
    this.#isSending = false;
    button?.removeAttribute("aria-disabled");
    if (!answer.done) return this.#complain(answer.problem);
    this.#dialog.close();
    this.#finish(asked.order, outcomeOf(asked.order, answer.body));
  }

  /**
   * @param {Order} order
   * @param {string} words
   */
  #finish(order, words) {
    this.#say(words);
    for (const id of order.ids) {
      const pick = /** @type {HTMLInputElement | null} */ (this.#root.querySelector(`input[name="ids"][value="${id}"]`));
      if (pick) pick.checked = false;
    }
    this.#root.dispatchEvent(new Event("change"));
    this.#onDone();
  }

  #leave() {
    this.#asked = null;
    // The browser gave the focus back to what had it, unless that is gone or hidden: then it is lost with the dialog.
    const focused = document.activeElement;
    if (focused && focused !== document.body && !this.#dialog.contains(focused)) return;
    /** @type {HTMLElement | null} */ (this.#root.querySelector("h2[tabindex]"))?.focus({ preventScroll: true });
  }

  /** @param {string} words */
  #say(words) {
    const place = slot(this.#root, "done");
    if (!place) return;
    place.textContent = words;
    place.hidden = words === "";
    clearTimeout(this.#saying);
    if (words) this.#saying = setTimeout(() => (place.hidden = true), SAID_MS);
    if (words) announce(words);
  }

  /** @param {string} problem */
  #complain(problem) {
    const place = slot(this.#dialog, "confirm-problem");
    if (!place) return;
    place.textContent = problem;
    place.hidden = problem === "";
  }

  get #why() {
    return /** @type {HTMLTextAreaElement} */ (slot(this.#dialog, "confirm-why"));
  }
}
