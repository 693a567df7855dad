/** Where a page comes alive: one connection for it, the elements that show it, and what the window tells it. */

import { ConnectionStrip } from "./elements/connection-strip.js";
import { HistoryWatch } from "./elements/history-watch.js";
import { NotificationCount } from "./elements/notification-count.js";
import { NotificationList } from "./elements/notification-list.js";
import { ZipPanel } from "./elements/zip-panel.js";
import { Live } from "./live.js";

const { user, ws } = document.documentElement.dataset;

if (user) {
  const live = new Live({
    user: Number(user),
    open: () => new WebSocket(socketAddress(ws ?? "/ws/")),
    clock: {
      now: () => Date.now(), // goes on while the computer sleeps, as the silence does
      setTimeout: (run, ms) => setTimeout(run, ms),
      clearTimeout: (id) => clearTimeout(id),
    },
    random: Math.random,
  });
  defineElements(live);
  followWindow(live);
  live.connection.start();
}

/** @param {string} path */
function socketAddress(path) {
  const address = new URL(path, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address;
}

/** @param {Live} live */
function defineElements(live) {
  const elements = {
    "connection-strip": ConnectionStrip,
    "history-watch": HistoryWatch,
    "notification-count": NotificationCount,
    "notification-list": NotificationList,
    "zip-panel": ZipPanel,
  };
  for (const [name, element] of Object.entries(elements)) {
    element.live = live;
    customElements.define(name, element);
  }
}

/** @param {Live} live */
function followWindow({ connection }) {
  addEventListener("online", () => connection.shown());
  addEventListener("pagehide", () => connection.suspend());
  addEventListener("pageshow", () => connection.resume());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") connection.shown();
    else connection.hidden();
  });
}
