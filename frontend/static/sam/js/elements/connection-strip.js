/** `<connection-strip>`: whether what the page shows can be trusted, always in words. */

/** @import { ConnectionState } from "../connection.js" */
/** @import { Live } from "../live.js" */

import { announce } from "../announcer.js";
import { ago } from "../figures.js";
import { fill, slot } from "../slots.js";

const TICK_MS = 1_000;
const OLD_SECONDS = 25;

/** Told aloud, besides shown. @type {Partial<Record<ConnectionState, string>>} */
const SPOKEN = { reconnecting: "Sin conexión, reconectando.", "signed-out": "La sesión se cerró." };
const BACK = "Conexión en vivo.";

export class ConnectionStrip extends HTMLElement {
  /** @type {Live} */
  static live;

  #connected = new AbortController();
  #toldLoss = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #ticking;

  connectedCallback() {
    this.#connected = new AbortController();
    ConnectionStrip.live.onState((state) => this.#show(state), this.#connected.signal);
  }

  disconnectedCallback() {
    this.#connected.abort();
    clearTimeout(this.#ticking);
  }

  /** @param {ConnectionState} state */
  #show(state) {
    this.hidden = state === "connecting"; // for 3 s at most, and then it says so
    this.dataset.state = state === "connecting" ? "reconnecting" : state;
    const enter = slot(this, "connection-enter");
    if (enter) enter.hidden = state !== "signed-out";
    this.#tell(state);
    this.#tick();
  }

  /** @param {ConnectionState} state */
  #tell(state) {
    const loss = SPOKEN[state];
    if (loss) announce(loss);
    else if (this.#toldLoss && state === "live") announce(BACK);
    this.#toldLoss = loss !== undefined || (this.#toldLoss && state !== "live");
  }

  /** The age grows by the second while nothing is heard. */
  #tick() {
    clearTimeout(this.#ticking);
    const { state } = ConnectionStrip.live.connection;
    fill(this, "connection-word", words(state, ConnectionStrip.live.age));
    const grows = state === "stale" || state === "reconnecting";
    if (grows) this.#ticking = setTimeout(() => this.#tick(), TICK_MS);
  }
}

/**
 * @param {ConnectionState} state
 * @param {number} age seconds
 */
function words(state, age) {
  switch (state) {
    case "live":
      return "En vivo";
    case "stale":
      return `Datos de ${ago(age)}`;
    case "signed-out":
      return "Sesión cerrada";
    default:
      return age >= OLD_SECONDS ? `Reconectando… Datos de ${ago(age)}` : "Reconectando…";
  }
}
