// Tables of focus planes: what spreadsheets make of them, and what does not fit a sequence.
import { assertEquals, assertThrows } from "@std/assert";
import {
  decodeFocusTable,
  encodeFocusTable,
  focusPlanesOf,
  type FocusRow,
  labelledStacks,
} from "../../../../train/images/series/focus_table.ts";
import { fakeSequence } from "../../fixtures/fake_sequence.ts";

const ROWS: FocusRow[] = [
  { time: 0, stack: "a", plane: 41, probability: 0.97 },
  { time: 1, stack: 'b, "left"; 2', plane: 0, probability: 1 },
  { time: null, stack: "c", plane: 7, probability: null },
  { time: 12, stack: null, plane: 3, probability: 1e-7 },
];

const sequence = fakeSequence({ length: 4, depth: 6, side: 4, seed: 1 });

function row(change: Partial<FocusRow>): FocusRow {
  return { time: null, stack: null, plane: 2, probability: null, ...change };
}

Deno.test("encodeFocusTable() writes one line a stack, and quotes what must be", () => {
  assertEquals(
    encodeFocusTable(ROWS.slice(0, 2)),
    'time,stack,plane,probability\n0,a,41,0.97\n1,"b, ""left""; 2",0,1\n',
  );
  assertEquals(encodeFocusTable([]), "time,stack,plane,probability\n");
});

Deno.test("decodeFocusTable() reads what encodeFocusTable() wrote", () => {
  assertEquals(decodeFocusTable(encodeFocusTable(ROWS), "t.csv"), ROWS);
});

Deno.test("decodeFocusTable() takes columns in any order, other separators, and what Windows adds", () => {
  const expected = [row({ stack: "x.tif", plane: 4 }), row({ stack: "y", plane: 0 })];
  for (const separator of [",", ";", "\t"]) {
    const lines = [["Plane", " who", "stack "], ["4", "ann", " x.tif"], ["0", "bob", "y"], [""]];
    const text = lines.map((cells) => cells.join(separator)).join("\r\n");
    assertEquals(decodeFocusTable("\uFEFF" + text, "t.csv"), expected, JSON.stringify(separator));
  }
  assertEquals(decodeFocusTable("time,plane\n3,5", "t.csv"), [row({ time: 3, plane: 5 })]);
  assertEquals(decodeFocusTable("time,plane", "t.csv"), []);
});

Deno.test("decodeFocusTable() reads decimal commas where commas do not separate", () => {
  const expected = [row({ stack: "a", plane: 4, probability: 0.97 })];
  assertEquals(decodeFocusTable("stack;plane;probability\na;4;0,97", "t.csv"), expected);
  assertEquals(decodeFocusTable("stack\tplane\tprobability\na\t4,0\t0,97", "t.csv"), expected);
  // Where commas do, the rest of a number is one value too many; empty ones only fill the line.
  const split = "stack,plane,probability\na,4,0,97";
  const tooMany = "line 2 has 4 values for 3 columns; write decimals with a point";
  assertThrows(() => decodeFocusTable(split, "t.csv"), SyntaxError, tooMany);
  assertEquals(decodeFocusTable("stack,plane,probability\na,4,0.97,,", "t.csv"), expected);
  const says = "line 2 has probability 0,9,7";
  assertThrows(
    () => decodeFocusTable("stack;plane;probability\na;4;0,9,7", "t.csv"),
    SyntaxError,
    says,
  );
});

Deno.test("decodeFocusTable() says which line is damaged, and what a table looks like", () => {
  const refuse = (text: string, says: string) => {
    const error = assertThrows(() => decodeFocusTable(text, "t.csv"), SyntaxError, says);
    assertEquals(error.message.startsWith("Cannot read t.csv: "), true, error.message);
  };
  refuse("", "its columns are not named");
  refuse("stack,z\na,1", "its columns are stack, z; its first line names the columns");
  refuse("plane\n1", "its columns are plane");
  refuse("stack,plane\na,1\nb,1.5", "line 3 has plane 1.5");
  refuse("stack,plane\na,-1", "line 2 has plane -1");
  refuse("stack,plane\na,one", "line 2 has plane one");
  refuse("stack,plane\na,", 'line 2 is "a,"');
  refuse("stack,plane\n,3", 'line 2 is ",3"');
  refuse("stack,plane\na", 'line 2 is "a"');
  refuse("time,plane\nx,3", "line 2 has time x");
  refuse("time,plane,probability\n0,3,2", "line 2 has probability 2");
});

Deno.test("labelledStacks() finds stacks by name before time, and leaves others alone", () => {
  const rows = [
    row({ stack: "fake_t3", time: 0, plane: 5 }),
    row({ time: 1, plane: 0 }),
    row({ stack: "of another sequence", time: 2 }),
    row({ time: 99 }),
  ];
  const found = labelledStacks(sequence, { rows, from: "t.csv" });
  assertEquals(found.map(({ t, plane }) => [t, plane]), [[1, 0], [3, 5]]);
});

Deno.test("labelledStacks() finds stacks by the names of their files, too", () => {
  const rows = [row({ stack: `${sequence.names[1]}.ome.tif` }), row({ stack: sequence.names[2] })];
  const found = labelledStacks(sequence, { rows, from: "t.csv" });
  assertEquals(found.map(({ t }) => t), [1, 2]);
});

Deno.test("labelledStacks() refuses two rows for one stack, and planes outside of it", () => {
  const refuse = (rows: FocusRow[], says: string) =>
    assertThrows(() => labelledStacks(sequence, { rows, from: "t.csv" }), RangeError, says);
  refuse(
    [row({ time: 1 }), row({ stack: "fake_t1" })],
    "Cannot use t.csv: it has two rows for fake_t1",
  );
  refuse(
    [row({ stack: "fake_t2", plane: 6 })],
    "it puts fake_t2 in focus at plane 6, but the stack has planes 0 to 5; planes count from 0",
  );
});

Deno.test("focusPlanesOf() gives a plane for every stack, or names the first without one", () => {
  const rows = [3, 0, 2, 1].map((time) => row({ time, plane: time + 1 }));
  assertEquals(focusPlanesOf(sequence, { rows, from: "t.csv" }), [1, 2, 3, 4]);
  assertThrows(
    () => focusPlanesOf(sequence, { rows: rows.slice(0, 2), from: "t.csv" }),
    RangeError,
    "Cannot use t.csv for fake: it has no row for 2 of 4 stacks, the first is fake_t1",
  );
});
