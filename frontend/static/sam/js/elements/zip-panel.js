/**
 * `<zip-panel>`: the ZIP card and the requests below it, as the store has them.
 *
 * It takes over the elements that the server rendered, keeps one for each part, and sends the forms without a reload.
 */

/** @import { Live } from "../live.js" */
/** @import { Part } from "../protocol.js" */
/** @import { Outcome } from "../outcome.js" */
/** @import { Templates } from "./request-view.js" */

import { send } from "../actions.js";
import { announce } from "../announcer.js";
import { downloadAll } from "../downloads.js";
import { parsePart, parseRequest } from "../protocol.js";
import { slot } from "../slots.js";
import { showPart } from "./part-view.js";
import { arrange, arrangeParts, createRequest, showRequest } from "./request-view.js";

const SIGNED_OUT = "La sesión se cerró. Entre de nuevo para continuar.";

/** What is told aloud when a part changes to a state. @type {Record<string, string>} */
const SPOKEN = { completed: "lista", failed: "fallida", cancelled: "cancelada", expired: "vencida" };
const WITH_MISSING = "lista con faltantes";

export class ZipPanel extends HTMLElement {
  /** @type {Live} */
  static live;

  #connected = new AbortController();
  /** The forms whose answer is awaited. @type {Set<HTMLFormElement>} */
  #sending = new Set();

  connectedCallback() {
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    this.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.addEventListener("click", (event) => this.#click(event), { signal });
    ZipPanel.live.onChange((outcome) => this.#show(outcome), signal);
  }

  disconnectedCallback() {
    this.#connected.abort();
  }

  /** @param {Outcome} outcome */
  #show(outcome) {
    if (outcome.everything) this.#arrange();
    const { store } = ZipPanel.live;
    const all = outcome.everything ? this.#requests : [];
    const changed = [...outcome.parts].map((id) => store.part(id));
    for (const part of outcome.everything ? all.flatMap(({ parts }) => parts) : changed) this.#showPart(part);
    for (const id of outcome.everything ? all.map((request) => request.id) : outcome.requests) this.#showRequest(id);
    this.#showButton();
  }

  #arrange() {
    const list = slot(this, "requests");
    if (!list) return;
    const wanted = this.#requests.map((request) => {
      const element = this.#request(request.id) ?? createRequest(this.#templates, request);
      arrangeParts(element, this.#templates, request);
      return element;
    });
    // Until the first snapshot the store knows only what was clicked, and the page knows more.
    if (ZipPanel.live.store.isKnown) arrange(list, wanted);
    else list.prepend(...wanted.filter((element) => !element.isConnected));
    const none = slot(this, "no-requests");
    if (none) none.hidden = list.childElementCount > 0;
  }

  /** @param {Part | undefined} part */
  #showPart(part) {
    const element = part && /** @type {HTMLElement | null} */ (this.querySelector(`[data-part-id="${part.id}"]`));
    if (!element) return;
    const before = showPart(element, this.#templates.part, part);
    const word = part.state === "completed" && part.missing ? WITH_MISSING : SPOKEN[part.state];
    if (before !== part.state && word) announce(`Parte ${part.number} ${word}.`);
  }

  /** @param {number} id */
  #showRequest(id) {
    const request = ZipPanel.live.store.request(id);
    const element = this.#request(id);
    if (request && element) showRequest(element, this.#templates, request);
  }

  #showButton() {
    const button = /** @type {HTMLButtonElement | null} */ (this.querySelector("[data-testid='zip-request']"));
    if (!button?.form) return;
    const live = this.querySelector("[data-request-id]:is([data-state='pending'], [data-state='processing'])");
    const busy = live !== null || this.#sending.has(button.form);
    button.disabled = busy || button.hasAttribute("data-nothing");
    button.textContent = busy ? "Calculando..." : "Solicitar ZIP";
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    event.preventDefault();
    if (this.#sending.has(form)) return;
    if (ZipPanel.live.connection.state === "signed-out") return this.#say(SIGNED_OUT);
    this.#say("");
    this.#send(form, /** @type {HTMLButtonElement | null} */ (event.submitter));
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLButtonElement | null} button
   */
  async #send(form, button) {
    const hadFocus = button !== null && button === document.activeElement;
    /** @type {HTMLElement | null} */
    const owner = form.closest("[data-part-id], [data-request-id]");
    this.#sending.add(form);
    if (button) button.disabled = true;
    this.#showButton();
    const answer = await send(form);
    this.#sending.delete(form);
    if (button) button.disabled = false;
    const request = answer.done ? parseRequest(answer.body) : null;
    const part = answer.done ? parsePart(answer.body) : null;
    if (request) ZipPanel.live.adopt(request);
    if (part) ZipPanel.live.adoptPart(part);
    if (!answer.done) this.#say(answer.problem);
    this.#showButton();
    if (hadFocus) this.#giveFocus(button, owner ?? (request && this.#request(request.id)));
  }

  /**
   * Focus was on a button that was disabled or went away: back to it, or to what it started. The browser has handed
   * it to some element around the panel; anything else means that the person went on.
   *
   * @param {HTMLButtonElement} button
   * @param {HTMLElement | null} otherwise
   */
  #giveFocus(button, otherwise) {
    if (!document.activeElement?.contains(this)) return;
    if (button.isConnected && !button.disabled) button.focus({ preventScroll: true });
    else otherwise?.focus({ preventScroll: true });
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-verb='all']") : null;
    const request = /** @type {HTMLElement | null | undefined} */ (button?.closest("[data-request-id]"));
    const known = ZipPanel.live.store.request(Number(request?.dataset.requestId));
    if (known) downloadAll(known.parts.flatMap(({ download }) => download ?? []));
  }

  /** @param {string} problem */
  #say(problem) {
    const place = slot(this, "problem");
    if (!place) return;
    place.textContent = problem;
    place.hidden = problem === "";
  }

  /**
   * @param {number} id
   * @returns {HTMLElement | null}
   */
  #request(id) {
    return this.querySelector(`[data-request-id="${id}"]`);
  }

  /** The requests of the empresa that the page is about; all of them where none is chosen yet. */
  get #requests() {
    const empresa = Number(this.dataset.empresa);
    return ZipPanel.live.store.requests.filter((request) => !empresa || request.empresa.id === empresa);
  }

  /** @returns {Templates} */
  get #templates() {
    const [request, part] = ["request", "part"].map((name) => this.querySelector(`template[data-template="${name}"]`));
    return /** @type {Templates} */ ({ request, part });
  }
}
