/** A shared worker with a real hub, and tabs at its ports. */

import { Hub } from "../../frontend/static/sam/js/hub.js";
import { FakeClock, FakeSockets } from "./fakes.js";
import { snapshot, USER } from "./samples.js";

/** A browser's shared worker, with a real hub in it and ports that carry copies, as between processes. */
export class FakeWorker {
  clock = new FakeClock();
  sockets = new FakeSockets();
  hub;
  /** Whether it says nothing more and hears nothing more. */
  isDead = false;
  /** By the name of a lock: what is to be done when the tab that holds it is gone. */
  locks = new Map();

  constructor({ user = USER, random = () => 0 } = {}) {
    const whenFree = (lock, gone) => this.locks.set(lock, gone);
    this.hub = new Hub({ user, open: () => this.sockets.open(), clock: this.clock, random, whenFree });
  }

  /** What a tab opens its port with. `opened` is told of each, for tests that speak for the tab. */
  share(opened = () => {}) {
    return (events) => {
      let isOpen = true;
      const near = {
        events,
        postMessage: (said) => isOpen && !this.isDead && this.hub.hear(far, structuredClone(said)),
        close: () => {
          near.postMessage({ say: "leave" });
          isOpen = false;
        },
      };
      const far = { postMessage: (told) => isOpen && !this.isDead && events.onTold(structuredClone(told)) };
      opened(near);
      return near;
    };
  }
}

/** A tab that only writes down what it is told. */
export class ListeningTab {
  told = [];

  constructor(worker, { seq = 0 } = {}) {
    this.port = worker.share()({ onTold: (told) => this.told.push(told) });
    this.port.postMessage({ say: "join", seq });
  }

  say(say, more = {}) {
    this.port.postMessage({ say, ...more });
  }

  get states() {
    return this.told.filter(({ tell }) => tell === "state").map(({ state }) => state);
  }

  get messages() {
    return this.told.filter(({ tell }) => tell === "message").map(({ message }) => message);
  }

  get types() {
    return this.messages.map(({ type }) => type);
  }
}

/** A worker that has its snapshot, and a tab. */
export function liveWorker(first = snapshot()) {
  const worker = new FakeWorker();
  const tab = new ListeningTab(worker);
  worker.sockets.last.hear(first);
  return { worker, tab, sockets: worker.sockets, clock: worker.clock };
}
