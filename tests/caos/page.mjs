// The store of each open tab, as the page runs it: one line of JSON in, one line out. `python -m tests.caos` starts it.
import { createInterface } from "node:readline";

const [scripts] = process.argv.slice(2); // the URL of frontend/static/sam/js/
const { Store } = await import(`${scripts}store.js`);
const { decode } = await import(`${scripts}protocol.js`);
const stores = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}

/** `user`: the tab is loaded anew; `frame`: it hears the text of a frame; neither: what it shows. */
function answer({ tab, user, frame }) {
  if (user !== undefined) stores.set(tab, new Store({ user }));
  const store = stores.get(tab);
  if (frame !== undefined) return hear(store, frame);
  return { seq: store.seq, requests: store.requests, notifications: store.notifications };
}

function hear(store, frame) {
  const message = decode(frame);
  if (message === null) return { type: "unreadable", need: "nothing", seq: store.seq };
  const { need } = store.apply(message);
  return { type: message.type, need, seq: store.seq };
}
