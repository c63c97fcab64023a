import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { linearSumAssignment } from "linear-sum-assignment";
import { assign, type Edge } from "../../../../train/objects/scores/assignment.ts";
import { Random } from "../../../../train/images/random.ts";

/** The gain of an assignment; fails if a column is used twice or a pair has no edge. */
function gainOf(columns: Int32Array, edges: readonly Edge[]): number {
  const used = [...columns].filter((column) => column !== -1);
  assertEquals(new Set(used).size, used.length);
  let gain = 0;
  columns.forEach((column, row) => {
    if (column === -1) return;
    gain += edges.find((edge) => edge.row === row && edge.column === column)!.gain;
  });
  return gain;
}

/** The best gain of all ways to choose edges, by trying them all. */
function bestGain(edges: readonly Edge[], { row = 0, rows = 0, used = new Set<number>() }): number {
  if (row === rows) return 0;
  let best = bestGain(edges, { row: row + 1, rows, used });
  for (const edge of edges) {
    if (edge.row !== row || used.has(edge.column)) continue;
    used.add(edge.column);
    best = Math.max(best, edge.gain + bestGain(edges, { row: row + 1, rows, used }));
    used.delete(edge.column);
  }
  return best;
}

/** Gains as matching has them: 1 for a hit and a little for the score, often with ties. */
function randomEdges(random: Random, { rows = 0, columns = 0, density = 0 }): Edge[] {
  const edges: Edge[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (!random.chance(density)) continue;
      const score = (1 + random.integer(20)) / 20;
      edges.push({ row, column, gain: (random.chance(0.5) ? 1 : 0) + score / 20 });
    }
  }
  return edges;
}

Deno.test("assign() finds the best of all possible choices", () => {
  const random = new Random(1);
  for (let trial = 0; trial < 500; trial++) {
    const [rows, columns] = [1 + random.integer(6), 1 + random.integer(6)];
    const edges = randomEdges(random, { rows, columns, density: random.next() });
    const found = gainOf(assign(edges, { rows, columns }), edges);
    assertAlmostEquals(found, bestGain(edges, { rows }), 1e-12);
  }
});

Deno.test("assign() agrees with a dense solver", () => {
  const random = new Random(2);
  for (const [rows, columns] of [[40, 40], [25, 60], [60, 25], [80, 79]]) {
    for (const density of [0.03, 0.1, 1]) {
      const edges = randomEdges(random, { rows, columns, density });
      const dense = Array.from({ length: rows }, () => new Float64Array(columns));
      for (const edge of edges) dense[edge.row][edge.column] = edge.gain;
      const found = gainOf(assign(edges, { rows, columns }), edges);
      assertAlmostEquals(found, linearSumAssignment(dense).gain, 1e-9);
    }
  }
});

Deno.test("assign() gives up a better pair for two that are together worth more", () => {
  const edges = [
    { row: 0, column: 0, gain: 5 },
    { row: 0, column: 1, gain: 4 },
    { row: 1, column: 0, gain: 3 },
  ];
  assertEquals([...assign(edges, { rows: 2, columns: 2 })], [1, 0]);
});

Deno.test("assign() leaves an earlier row unassigned for a later one that gains more", () => {
  const edges = [{ row: 0, column: 0, gain: 1 }, { row: 1, column: 0, gain: 2 }];
  assertEquals([...assign(edges, { rows: 2, columns: 1 })], [-1, 0]);
});

Deno.test("assign() accepts problems without rows, columns or edges", () => {
  assertEquals([...assign([], { rows: 0, columns: 0 })], []);
  assertEquals([...assign([], { rows: 0, columns: 3 })], []);
  assertEquals([...assign([], { rows: 2, columns: 0 })], [-1, -1]);
});

Deno.test("assign() solves one block of 4900 rows, each next to four columns, quickly", () => {
  const random = new Random(3);
  const side = 70;
  const edges: Edge[] = [];
  for (let row = 0; row < side * side; row++) {
    for (const step of [0, 1, side, side + 1]) {
      const column = row + step;
      if (column < side * side) edges.push({ row, column, gain: 1 + random.next() / 10000 });
    }
  }
  const start = performance.now();
  const columns = assign(edges, { rows: side * side, columns: side * side });
  // Measured 0.4 s; the bound leaves room for a busy machine. The dense solver takes 25 s.
  assertLess(performance.now() - start, 4000);
  assertEquals(columns.includes(-1), false);
});
