/**
 * `<zip-verifier>`: takes a ZIP that is chosen or dropped, checks it in this browser, and shows what was found.
 *
 * The bytes are read from the disk and go nowhere; see `issue.js` for the one question that is asked.
 */

/** @import { Tools } from "./contents.js" */
/** @import { Report } from "./outcome.js" */

import { announce } from "../announcer.js";
import { byteSize, counted, thousands } from "../figures.js";
import { fill, slot } from "../slots.js";
import { check } from "./check.js";
import { askIssue } from "./issue.js";
import { isIssueShown, showIssue, showReport, verdictOf } from "./report-view.js";
import { printable } from "./words.js";

const ONE_AT_A_TIME = "Suelte un solo ZIP a la vez.";
const NOT_DONE = "No se pudo terminar la comprobación. Recargue la página e intente de nuevo.";

export class ZipVerifier extends HTMLElement {
  /** @type {Tools} */
  static tools;

  #connected = new AbortController();
  /** The check that runs, if any. @type {AbortController | null} */
  #running = null;
  /** @type {{report: Report, file: File} | null} */
  #shown = null;

  connectedCallback() {
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    this.#input?.addEventListener("change", () => this.#choose(), { signal });
    this.addEventListener("click", (event) => this.#click(event), { signal });
    // Anywhere on the page: a file that misses its place would make the browser leave.
    document.addEventListener("dragover", (event) => this.#hover(event), { signal });
    document.addEventListener("dragleave", (event) => this.#leave(event), { signal });
    document.addEventListener("drop", (event) => this.#drop(event), { signal });
    this.#reveal("needs-script", false);
    this.#reveal("chooser", true);
  }

  disconnectedCallback() {
    this.#connected.abort();
    this.#running?.abort();
  }

  get #input() {
    return /** @type {HTMLInputElement | null} */ (this.querySelector("input[type='file']"));
  }

  #choose() {
    const [file] = this.#input?.files ?? [];
    if (file) this.#start(file);
    if (this.#input) this.#input.value = ""; // the same file may be chosen again
  }

  /** @param {DragEvent} event */
  #hover(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    this.toggleAttribute("data-over", true);
  }

  /** @param {DragEvent} event */
  #leave(event) {
    if (event.relatedTarget === null) this.removeAttribute("data-over");
  }

  /** @param {DragEvent} event */
  #drop(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.removeAttribute("data-over");
    const [file, ...others] = event.dataTransfer.files;
    if (others.length > 0) this.#say(ONE_AT_A_TIME);
    else if (file) this.#start(file);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-verb]") : null;
    if (button?.getAttribute("data-verb") === "stop") this.#stop();
    if (button?.getAttribute("data-verb") === "ask") this.#askAgain();
  }

  #stop() {
    this.#running?.abort();
    this.#running = null;
    this.#reveal("progress", false);
    announce("Comprobación detenida.");
    this.#input?.focus();
  }

  /** @param {File} file */
  async #start(file) {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#shown = null;
    this.#say("");
    this.#reveal("report", false);
    this.#reveal("progress", true);
    fill(this, "file-name", `${printable(file.name)} (${byteSize(file.size)})`);
    fill(this, "progress-words", "");
    try {
      const watcher = this.#watcher(running.signal);
      const report = await check(file, { ...ZipVerifier.tools, signal: running.signal, watcher });
      await this.#finish(running, { report, file });
    } catch (error) {
      if (running.signal.aborted) return;
      this.#reveal("progress", false);
      this.#say(NOT_DONE);
      reportError(error);
    }
  }

  /**
   * @param {AbortController} running
   * @param {{report: Report, file: File}} found
   */
  async #finish(running, { report, file }) {
    const issue = report.manifest ? await askIssue(this.dataset.manifests ?? "", report.manifest.sha256) : null;
    if (running.signal.aborted) return;
    const hadFocus = document.activeElement === document.body || this.contains(document.activeElement);
    this.#running = null;
    this.#shown = { report, file };
    showReport(this, { report, file, checkedAt: new Date() });
    showIssue(this, report, issue);
    this.#reveal("progress", false);
    this.#reveal("report", true);
    announce(`Comprobación terminada. ${verdictOf(report, issue)}.`);
    if (hadFocus) slot(this, "verdict-look")?.focus();
  }

  async #askAgain() {
    const shown = this.#shown;
    if (!shown?.report.manifest) return;
    const issue = await askIssue(this.dataset.manifests ?? "", shown.report.manifest.sha256);
    if (this.#shown !== shown) return;
    showIssue(this, shown.report, issue);
    announce(`${verdictOf(shown.report, issue)}.`);
    if (isIssueShown(issue)) slot(this, "verdict-look")?.focus();
  }

  /**
   * Counts what passes, and shows it once a frame.
   *
   * @param {AbortSignal} signal
   */
  #watcher(signal) {
    let [done, bytes, waits] = [0, 0, false];
    let total = { files: 0, bytes: 0 };
    const show = () => {
      waits = false;
      if (!signal.aborted) this.#showProgress({ done, bytes, total });
    };
    const note = () => {
      if (!waits) requestAnimationFrame(show);
      waits = true;
    };
    return {
      /** @param {{files: number, bytes: number}} found */
      onStart: (found) => {
        total = found;
        announce(`Comprobando ${counted(total.files, "archivo", "archivos")}.`);
        note();
      },
      /** @param {number} passed */
      onBytes: (passed) => {
        bytes += passed;
        note();
      },
      onFile: () => {
        done += 1;
        note();
      },
    };
  }

  /** @param {{done: number, bytes: number, total: {files: number, bytes: number}}} progress */
  #showProgress({ done, bytes, total }) {
    const bar = /** @type {HTMLProgressElement | null} */ (slot(this, "progress-bar"));
    if (bar) [bar.max, bar.value] = [Math.max(1, total.bytes), bytes];
    const files = `${thousands(done)} de ${counted(total.files, "archivo", "archivos")}`;
    fill(this, "progress-words", `${files} · ${byteSize(bytes)} de ${byteSize(total.bytes)}`);
  }

  /**
   * @param {string} name
   * @param {boolean} shown
   */
  #reveal(name, shown) {
    const place = slot(this, name);
    if (place) place.hidden = !shown;
  }

  /** @param {string} problem */
  #say(problem) {
    fill(this, "problem", problem);
    this.#reveal("problem", problem !== "");
  }
}
