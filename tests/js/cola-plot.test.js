import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerClock } from "../../frontend/static/sam/js/cola/clock.js";
import { ceiling, ends, heightOf, line, spread } from "../../frontend/static/sam/js/cola/plot.js";
import { failuresOf, plotsOf, tableOf, totalsOf } from "../../frontend/static/sam/js/cola/series.js";
import { decode } from "../../frontend/static/sam/js/protocol.js";
import { chart, queue } from "./cola-samples.js";

const FRAME = { width: 100, height: 100, top: 0, right: 0, bottom: 0, left: 0 };

const read = (changes) => decode(JSON.stringify(queue({ charts: { w: chart(changes) } }))).digest.charts.get("w");

for (const [value, found] of [[0, 1], [0.3, 0.5], [1, 1], [1.2, 2], [7, 10], [10, 10], [11, 20], [38, 50], [501, 1000]]) {
  test(`a scale up to ${value} ends at ${found}`, () => assert.equal(ceiling(value), found));
}

test("a line goes from left to right, and up for more", () => {
  assert.equal(line([0, 5, 10], 10, FRAME), "M0 100L50 50L100 0");
});

test("what is not known interrupts a line, and a lone value is still seen", () => {
  assert.equal(line([1, 1, null, 2, null], 2, FRAME), "M0 50L25 50M73 0h4");
  assert.equal(line([null, null], 1, FRAME), "");
});

test("a value beyond the scale stays in the drawing", () => assert.equal(heightOf(30, 10, FRAME), 0));

test("the words at the end of two lines do not cover each other, and keep their order", () => {
  assert.deepEqual(spread(10, 50, 12), [10, 50]);
  assert.deepEqual(spread(40, 44, 12), [36, 48]);
  assert.deepEqual(spread(44, 40, 12), [48, 36]);
});

test("the end of a line is its last known value", () => {
  assert.deepEqual(ends([1, 8, null]), { last: 8, most: 8 });
  assert.deepEqual(ends([null]), { last: null, most: 0 });
});

test("a chart as a table has its newest bucket first, by the clock of Colombia", () => {
  assert.deepEqual(tableOf(read())[0], ["10:00:00", "1", "12 s", "4,5", "4,0", "11,5"]);
  assert.deepEqual(tableOf(read()).at(-1), ["09:59:00", "0", "0 s", "0,0", "—", "—"]);
  assert.equal(tableOf(read({ step: 14_400 }))[1][0], "2 mar 2026, 06:00");
});

test("failures are told in words, the commonest first", () => {
  assert.deepEqual(failuresOf(read()), [
    ["Ocurrió un error al armar el archivo.", 3],
    ["El proceso que la armaba se cayó varias veces.", 1],
  ]);
});

test("the whole of a window is told in words", () => {
  assert.deepEqual(totalsOf(read({ completed: 1 }), "15 minutos"), [
    "1 parte lista en 15 minutos",
    "la mitad en menos de 3,5 s, 95 de cada 100 en menos de 11,5 s",
  ]);
  assert.equal(totalsOf(read({ duration: null }), "7 días")[1], "");
});

test("two lines of one drawing have names, a single one needs none", () => {
  for (const { lines } of plotsOf(read())) assert.equal(lines.length > 1, lines.every(({ name }) => name !== ""));
});

test("ages are by the server's clock, however wrong the computer's is and however late the news", () => {
  let now = Date.parse("2026-03-02T20:00:00Z");
  const clock = new ServerClock(() => now);
  clock.hear("2026-03-02T15:00:00Z");
  now += 30_000;
  clock.hear("2026-03-02T15:00:10Z"); // remembered for 20 s by the worker
  assert.equal(clock.since("2026-03-02T15:00:00Z"), 30);
});
