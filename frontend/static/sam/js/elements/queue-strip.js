/** The figures and warnings on top: how much waits, who works, and whether anything is wrong; what is wrong is said aloud. */

/** @import { Digest } from "../digest.js" */
/** @import { ServerClock } from "../cola/clock.js" */

import { announce } from "../announcer.js";
import { slotsOf } from "../cola/slots.js";
import { lapse } from "../cola/words.js";
import { moment, thousands } from "../figures.js";

const IDLE = "No hay proceso activo.";
const ALL_QUIET = "Todos los procesos están en calma.";

export class QueueStrip {
  #slots;
  #clock;
  /** @type {Digest | null} */
  #shown = null;

  /** @param {{root: HTMLElement, clock: ServerClock}} options */
  constructor({ root, clock }) {
    this.#slots = slotsOf(root);
    this.#clock = clock;
  }

  /** @param {Digest} digest */
  show(digest) {
    const { counts, idle, paused } = digest;
    const slots = this.#slots;
    for (const [name, number] of Object.entries(counts)) slots.fill(`count-${name}`, thousands(number));
    const why = counts.workers > 0 ? ALL_QUIET : IDLE;
    slots.fill("idle-why", why);
    slots.reveal("idle", idle);
    slots.reveal("paused", paused);
    slots.fill("paused-since", digest.paused_since ? ` desde ${moment(digest.paused_since)}` : "");
    slots.mark("queue-action", "value", paused ? "resume" : "pause");
    slots.fill("queue-button", paused ? "Reanudar la cola" : "Pausar la cola");
    if (this.#shown && idle && !this.#shown.idle) announce(why);
    if (this.#shown && paused !== this.#shown.paused) announce(paused ? "Cola en pausa." : "La cola se reanudó.");
    this.#shown = digest;
    this.tick();
  }

  /** A second has passed. */
  tick() {
    if (!this.#shown) return;
    const { at, counts, oldest_seconds } = this.#shown;
    const oldest = oldest_seconds + Math.max(0, this.#clock.since(at));
    this.#slots.fill("count-oldest", counts.waiting > 0 ? lapse(oldest) : "—");
  }
}
