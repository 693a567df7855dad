import assert from "node:assert/strict";
import { test } from "node:test";

import { Board } from "../../frontend/static/sam/js/cola/board.js";
import { matcher } from "../../frontend/static/sam/js/cola/filter.js";
import { digest, row } from "./cola-samples.js";
import { Chance } from "./seeded.js";

const FREE = { frozen: false, pins: new Set() };
const FROZEN = { ...FREE, frozen: true };

const ids = ({ rows }) => rows.map(({ row }) => row.id);
const gone = ({ rows }) => rows.filter(({ isGone }) => isGone).map(({ row }) => row.id);
const of = (...wanted) => digest({ rows: wanted.map((id) => row(id)) });

test("it shows the rows of the digest in its order", () => {
  const board = new Board();
  assert.deepEqual(ids(board.apply(of(3, 1, 2), FREE)), [3, 1, 2]);
  assert.deepEqual(ids(board.apply(of(2, 4), FREE)), [2, 4]);
});

test("frozen, the order stands still while the figures go on", () => {
  const board = new Board();
  board.apply(of(1, 2, 3), FREE);
  const picture = board.apply(digest({ rows: [row(3, { done: 7 }), row(1), row(2)] }), FROZEN);
  assert.deepEqual(ids(picture), [1, 2, 3]);
  assert.equal(picture.rows[2].row.done, 7);
  assert.ok(picture.isFrozen);
});

test("frozen, what left stays where it was and is marked, and what is new is only counted", () => {
  const board = new Board();
  board.apply(of(1, 2, 3), FREE);
  const picture = board.apply({ ...of(3, 1, 9, 8), hidden: 5 }, FROZEN);
  assert.deepEqual(ids(picture), [1, 2, 3]);
  assert.deepEqual(gone(picture), [2]);
  assert.deepEqual([picture.held, picture.hidden], [2, 7]);
});

test("frozen, a row that comes back is a row again", () => {
  const board = new Board();
  board.apply(of(1, 2), FREE);
  board.apply(of(1), FROZEN);
  const picture = board.apply(of(2, 1), FROZEN);
  assert.deepEqual([ids(picture), gone(picture)], [[1, 2], []]);
});

test("let go, it shows what a fresh digest shows, with nothing held back", () => {
  const board = new Board();
  board.apply(of(1, 2, 3), FREE);
  board.apply(of(4, 3), FROZEN);
  const last = of(5, 4, 3);
  assert.deepEqual(board.apply(last, FREE), new Board().apply(last, FREE));
});

test("pinned rows are on top, in the order of the queue", () => {
  const picture = new Board().apply(of(1, 2, 3, 4), { frozen: false, pins: new Set([4, 2]) });
  assert.deepEqual(ids(picture), [2, 4, 1, 3]);
  assert.deepEqual(picture.rows.map(({ isPinned }) => isPinned), [true, true, false, false]);
});

test("a pinned row stays when the queue has it no more, until it is let go", () => {
  const board = new Board();
  const pins = new Set([2]);
  board.apply(of(1, 2, 3), { frozen: false, pins });
  board.apply(of(1, 3), { frozen: false, pins });
  const picture = board.apply(of(3), { frozen: false, pins });
  assert.deepEqual([ids(picture), gone(picture)], [[2, 3], [2]]);
  assert.deepEqual(ids(board.apply(of(3), FREE)), [3]);
});

test("a pin of a row that this page never saw shows nothing", () => {
  assert.deepEqual(ids(new Board().apply(of(1), { frozen: false, pins: new Set([99]) })), [1]);
});

test("a pin that is set while the order is frozen moves nothing until it is let go", () => {
  const board = new Board();
  board.apply(of(1, 2, 3), FREE);
  const pins = new Set([3]);
  assert.deepEqual(ids(board.apply(of(1, 2, 3), { frozen: true, pins })), [1, 2, 3]);
  assert.deepEqual(ids(board.apply(of(1, 2, 3), { frozen: false, pins })), [3, 1, 2]);
});

test("with a filter it shows only what belongs to it", () => {
  const board = new Board({ rows: [], matches: matcher({ empresa: "2" }) });
  const picture = board.apply(digest({ rows: [row(1), row(2, { empresa: 2 })], hidden: 3 }), FREE);
  assert.deepEqual([ids(picture), picture.hidden], [[2], 3]);
});

test("with a filter, what had ended when the page was opened stays below what lives", () => {
  const ended = row(7, { state: "failed" });
  const board = new Board({ rows: [row(1), ended], matches: matcher({ usuario: "certi" }) });
  const picture = board.apply(of(2, 1), FREE);
  assert.deepEqual([ids(picture), gone(picture)], [[2, 1, 7], []]);
});

test("with a filter, a row that had ended and is retried is what the queue says of it", () => {
  const failed = row(7, { state: "failed" });
  const board = new Board({ rows: [failed], matches: matcher({ estado: "failed" }) });
  assert.deepEqual(ids(board.apply(of(7), FREE)), []);
  const any = new Board({ rows: [failed], matches: matcher({ empresa: "1" }), keepsGone: true });
  const picture = any.apply(of(7), FREE);
  assert.deepEqual([ids(picture), picture.rows[0].row.state, gone(picture)], [[7], "pending", []]);
});

test("with a filter, what it finds anew is shown, and what it finds no more is not", () => {
  const [failed, other] = [row(7, { state: "failed" }), row(8, { state: "failed" })];
  const board = new Board({ rows: [failed], matches: matcher({ estado: "failed" }) });
  board.apply(of(1), FREE);
  board.renew([other]);
  assert.deepEqual(ids(board.apply(of(1), FROZEN)), [7], "not under anybody's hands");
  assert.deepEqual(ids(board.apply(of(1), FREE)), [8]);
  board.renew([other, failed]);
  assert.deepEqual(ids(board.apply(of(1), FREE)).sort(), [7, 8]);
});

test("with a filter, what waited behind the end of the digest and is found no more is not said to wait", () => {
  const board = new Board({ rows: [row(7), row(8)], matches: matcher({ estado: "pending" }) });
  const long = { ...of(1), hidden: 4 };
  assert.deepEqual(ids(board.apply(long, FREE)), [1, 7, 8]);
  board.renew([row(1), row(8)]);
  assert.deepEqual(ids(board.apply(long, FREE)), [1, 8]);
});

test("with a filter, what left the queue does not push out what still waits, and is gone with the next answer", () => {
  const waiting = Array.from({ length: 200 }, (_, n) => row(1000 + n));
  const board = new Board({ rows: waiting, matches: matcher({ empresa: "1" }), keepsGone: true });
  for (let id = 1; id <= 60; id++) board.apply({ ...of(id), hidden: 900 }, FREE);
  const picture = board.apply({ ...of(999), hidden: 900 }, FREE);
  assert.deepEqual(ids(picture).slice(0, 201), [999, ...waiting.map(({ id }) => id)]);
  assert.equal(picture.rows.length, 1 + 200 + 50);
  board.renew(waiting);
  assert.equal(board.apply({ ...of(999), hidden: 900 }, FREE).rows.length, 1 + 200);
});

test("with a filter, a row of which the queue told since does not come back as the filter had found it", () => {
  const board = new Board({ rows: [row(7, { state: "failed" })], matches: matcher({ estado: "failed" }) });
  board.apply(of(7), FREE);
  assert.deepEqual(ids(board.apply(of(1), FREE)), []);
});

test("with a filter, a row that left is what the filter says of it, and marked no more", () => {
  const board = new Board({ rows: [row(7)], matches: matcher({ id: "7" }), keepsGone: true });
  board.apply(of(1), FREE);
  board.renew([row(7, { state: "completed" })]);
  const picture = board.apply(of(1), FREE);
  assert.deepEqual([picture.rows[0].row.state, gone(picture)], ["completed", []]);
});

test("with a filter that asks for no state, what left the queue stays and is marked", () => {
  const board = new Board({ rows: [row(7)], matches: matcher({ id: "7" }), keepsGone: true });
  const picture = board.apply(of(1), FREE);
  assert.deepEqual([ids(picture), gone(picture)], [[7], [7]]);
  assert.deepEqual(gone(board.apply(of(7), FREE)), []);
});

test("with a filter, no more rows that left are kept than anybody reads", () => {
  const many = Array.from({ length: 300 }, (_, n) => row(n + 1));
  const board = new Board({ rows: [], matches: matcher({ empresa: "1" }), keepsGone: true });
  board.apply(digest({ rows: many }), FREE);
  const picture = board.apply(of(), FREE);
  assert.deepEqual([ids(picture).length, ids(picture).at(-1)], [50, 300]);
});

test("with a filter, what waits behind the end of the digest is not said to have left", () => {
  const board = new Board({ rows: [row(1), row(2)], matches: matcher({ empresa: "1" }) });
  assert.deepEqual(ids(board.apply({ ...of(1), hidden: 4 }, FREE)), [1, 2]);
  assert.deepEqual(ids(board.apply(of(1), FREE)), [1]);
});

for (const [filter, found] of [
  [{ empresa: "1" }, true],
  [{ empresa: "2" }, false],
  [{ usuario: "CERTI" }, true],
  [{ usuario: "otra" }, false],
  [{ estado: "pending" }, true],
  [{ estado: "failed" }, false],
  [{ id: "5" }, true],
  [{ id: "1" }, true],
  [{ id: "6" }, false],
  [{}, true],
]) {
  test(`a row ${found ? "belongs" : "does not belong"} to ${JSON.stringify(filter)}`, () => {
    assert.equal(matcher(filter)(row(5)), found);
  });
}

test("whatever came before, an order that was let go equals the fresh one", () => {
  const chance = new Chance(11);
  for (let round = 0; round < 200; round++) {
    const board = new Board();
    for (let step = 0; step < 8; step++) board.apply(random(chance), { ...FREE, frozen: chance.often(0.5) });
    const last = random(chance);
    assert.deepEqual(board.apply(last, FREE), new Board().apply(last, FREE));
  }
});

function random(chance) {
  const wanted = new Set(Array.from({ length: chance.below(12) }, () => 1 + chance.below(15)));
  return digest({ rows: [...wanted].map((id) => row(id, { done: chance.below(35) })), hidden: chance.below(3) });
}
