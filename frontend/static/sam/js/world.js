/** What the pure modules are given by the page or the worker that they run in: time, chance and the one socket. */

/** @import { World } from "./connection.js" */

const SOCKET = "/ws/";

/** @type {World} */
export const world = {
  open: () => new WebSocket(socketAddress()),
  clock: {
    now: () => Date.now(), // goes on while the computer sleeps, as the silence does
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (id) => clearTimeout(id),
  },
  random: Math.random,
};

function socketAddress() {
  const address = new URL(SOCKET, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address;
}
