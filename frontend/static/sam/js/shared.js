/** The shared worker: one connection for all the tabs of one usuario in this browser. Its name is "sam-<usuario>". */

/** @import { Said } from "./hub.js" */

import { Hub } from "./hub.js";
import { world } from "./world.js";

const hub = new Hub({ user: Number(self.name.replace("sam-", "")), whenFree, ...world });

addEventListener("connect", (event) => {
  const [port] = /** @type {MessageEvent} */ (event).ports;
  if (port) port.onmessage = ({ data }) => hub.hear(port, /** @type {Said} */ (data));
});

/**
 * A port does not tell when its tab crashed: the lock that the tab holds does.
 *
 * @param {string} lock
 * @param {() => void} gone
 */
function whenFree(lock, gone) {
  navigator.locks.request(lock, gone);
}
