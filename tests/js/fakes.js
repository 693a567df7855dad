/** Time and sockets that a test moves by hand. */

export class FakeClock {
  #now = 1_000_000;
  #next = 1;
  #timers = new Map();

  now() {
    return this.#now;
  }

  setTimeout(run, ms) {
    const id = this.#next++;
    this.#timers.set(id, { run, at: this.#now + ms });
    return id;
  }

  clearTimeout(id) {
    this.#timers.delete(id);
  }

  get waiting() {
    return this.#timers.size;
  }

  /** Let milliseconds pass, and every timer that is due meanwhile run at its time. */
  pass(ms) {
    const end = this.#now + ms;
    while (this.#runNext(end));
    this.#now = end;
  }

  /** Milliseconds that pass, timer after timer, until something holds. */
  passUntil(holds) {
    const start = this.#now;
    while (!holds()) if (!this.#runNext(Infinity)) throw new Error("no timer left");
    return this.#now - start;
  }

  /** Time in which no timer runs, as on a sleeping computer. */
  sleep(ms) {
    this.#now += ms;
  }

  #runNext(end) {
    const [first] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at);
    if (!first || first[1].at > end) return false;
    const [id, { run, at }] = first;
    this.#timers.delete(id);
    this.#now = Math.max(this.#now, at);
    run();
    return true;
  }
}

export class FakeSockets {
  opened = [];
  /** Whether new sockets close at once. */
  refuse = false;

  get last() {
    return this.opened.at(-1);
  }

  open() {
    const socket = new FakeSocket();
    this.opened.push(socket);
    socket.refused = this.refuse;
    return socket;
  }
}

class FakeSocket {
  sent = [];
  closed = null;
  onmessage = null;
  #onclose = null;
  refused = false;

  /** A refused socket tells so as soon as somebody listens. */
  set onclose(listener) {
    this.#onclose = listener;
    if (listener && this.refused) this.lose(1006);
  }

  get onclose() {
    return this.#onclose;
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close(code) {
    this.closed = code;
  }

  hear(message) {
    this.hearText(JSON.stringify(message));
  }

  hearText(data) {
    this.onmessage?.({ data });
  }

  lose(code) {
    this.#onclose?.({ code });
  }
}
