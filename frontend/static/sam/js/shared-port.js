/** A tab's port to the shared worker, which notices also when the tab crashes. */

/** @import { Said, Told } from "./hub.js" */

/**
 * @typedef {object} SharedPort
 * @property {(said: Said) => void} postMessage
 * @property {() => void} close
 *
 * @typedef {object} PortEvents
 * @property {(told: Told) => void} onTold
 * @property {() => void} onFailure
 */

/**
 * @param {{address: string, user: number}} worker
 * @param {PortEvents} events
 * @returns {SharedPort}
 */
export function openPort({ address, user }, { onTold, onFailure }) {
  const worker = new SharedWorker(address, { type: "module", name: `sam-${user}` });
  const { port } = worker;
  worker.onerror = onFailure;
  port.onmessage = ({ data }) => onTold(data);
  const release = holdLock((lock) => port.postMessage({ say: "alive", lock }));
  return {
    postMessage: (said) => port.postMessage(said),
    close: () => {
      port.postMessage({ say: "leave" });
      port.close();
      release();
    },
  };
}

/**
 * Hold a lock of this tab's own until it is released or the tab is gone; returns how to release it. Without TLS a
 * browser has none: then a crashed tab counts as there until the last of the others has left.
 *
 * @param {(lock: string) => void} onHeld
 * @returns {() => void}
 */
function holdLock(onHeld) {
  if (!navigator.locks) return () => {};
  const lock = `sam-tab-${crypto.randomUUID()}`;
  /** @type {() => void} */
  let release = () => {};
  /** @type {Promise<void>} */
  const released = new Promise((resolve) => (release = resolve));
  navigator.locks.request(lock, () => {
    onHeld(lock);
    return released;
  });
  return release;
}
