/** Where a page comes alive: one connection for it, the elements that show it, and what the window tells it. */

/** @import { Share } from "./shared-connection.js" */

import { ConnectionStrip } from "./elements/connection-strip.js";
import { HistoryWatch } from "./elements/history-watch.js";
import { NotificationCount } from "./elements/notification-count.js";
import { NotificationList } from "./elements/notification-list.js";
import { ReloadNotice } from "./elements/reload-notice.js";
import { ZipPanel } from "./elements/zip-panel.js";
import { Live } from "./live.js";
import { openPort } from "./shared-port.js";
import { world } from "./world.js";

const { user, build = "", seq = "0", worker } = document.documentElement.dataset;

/** The page's connection, for the modules of its own that some pages have; null where nobody is signed in. */
export const live = user ? begin(Number(user)) : null;

/** @param {number} user */
function begin(user) {
  const found = new Live({ page: { user, seq: Number(seq), build }, share: sharing(user), ...world });
  defineElements(found);
  followWindow(found);
  found.connection.start();
  if (document.visibilityState === "hidden") found.connection.hidden();
  return found;
}

/**
 * The worker's address is the page's to say: hashed static files rewrite no `new URL(…, import.meta.url)`.
 *
 * @param {number} user
 * @returns {Share | null}
 */
function sharing(user) {
  if (!worker || !("SharedWorker" in globalThis)) return null;
  return (events) => openPort({ address: worker, user }, events);
}

/** @param {Live} live */
function defineElements(live) {
  const elements = {
    "connection-strip": ConnectionStrip,
    "history-watch": HistoryWatch,
    "notification-count": NotificationCount,
    "notification-list": NotificationList,
    "reload-notice": ReloadNotice,
    "zip-panel": ZipPanel,
  };
  for (const [name, element] of Object.entries(elements)) {
    element.live = live;
    customElements.define(name, element);
  }
}

/** @param {Live} live */
function followWindow(live) {
  const look = () => {
    if (document.visibilityState === "hidden") live.connection.hidden();
    else live.connection.shown();
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("online", () => {
    live.connection.shown();
    look(); // a network that comes back to a hidden page makes nobody look at it
  });
  addEventListener("pagehide", () => live.connection.suspend());
  addEventListener("pageshow", () => live.connection.resume());
}
