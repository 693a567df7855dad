import assert from "node:assert/strict";
import { test } from "node:test";

import { isEmpty, orderBody, outcomeOf, question, readOrder } from "../../frontend/static/sam/js/cola/order.js";

const TOKEN = ["csrfmiddlewaretoken", "t"];

test("a form of parts says its action and each part", () => {
  const order = readOrder([TOKEN, ["ids", "4"], ["ids", "9"], ["why", ""], ["action", "cancel"]]);
  assert.deepEqual(orderBody(order, ""), { action: "cancel", why: "", ids: [4, 9] });
  assert.equal(question(order, "").title, "Cancelar 2 partes");
});

test("a form of an empresa, of a worker and of a reason say only that", () => {
  const bodies = [
    [["empresa", "3"], ["action", "pause"]],
    [["workers", "w-1"], ["action", "quiet"]],
    [["reason", "worker_lost"], ["action", "retry_reason"]],
    [["action", "resume"]],
  ].map((entries) => orderBody(readOrder(entries), "porque sí"));
  assert.deepEqual(bodies, [
    { action: "pause", why: "porque sí", empresa: 3 },
    { action: "quiet", why: "porque sí", workers: ["w-1"] },
    { action: "retry_reason", why: "porque sí", reason: "worker_lost" },
    { action: "resume", why: "porque sí" },
  ]);
});

test("what is about parts and names none is not asked", () => {
  for (const action of ["cancel", "retry", "priority"]) assert.ok(isEmpty(readOrder([["action", action]])));
  assert.ok(!isEmpty(readOrder([["action", "pause"]])));
});

test("only a higher priority needs a reason", () => {
  const needing = ["cancel", "retry", "retry_reason", "priority", "pause", "resume", "quiet", "unquiet"].filter(
    (action) => question(readOrder([["action", action], ["ids", "1"]]), "x").needsWhy,
  );
  assert.deepEqual(needing, ["priority"]);
});

test("a pause says whether it is of one empresa or of all", () => {
  const [all, one] = [[["action", "pause"]], [["action", "pause"], ["empresa", "3"]]].map(readOrder);
  assert.equal(question(all, "").title, "Pausar la cola");
  assert.equal(question(one, "Andes").title, "Pausar Andes");
});

test("an order that changed nothing does not claim to have", () => {
  const order = readOrder([["action", "cancel"], ["ids", "1"]]);
  assert.equal(outcomeOf(order, { changed: 1 }), "1 parte cancelada.");
  assert.match(outcomeOf(order, { changed: 0 }), /^No cambió nada/);
  assert.match(outcomeOf(order, null), /^No cambió nada/);
});
