import { assertEquals, assertThrows } from "@std/assert";
import {
  decodeChallengeTracks,
  decodeTrackTable,
  encodeChallengeTracks,
  encodeTrackTable,
} from "../../../../train/objects/sequence/track_tables.ts";

Deno.test("tables of tracks are read as they were written", () => {
  const times = { first: 2, last: 9, length: 8, gaps: 1 };
  const table = encodeTrackTable([
    { track: 1, parent: 0, ...times, begin: "entered", end: "divided" },
    { track: 2, parent: 1, ...times, first: 10, last: 10, begin: "divided", end: "last" },
  ]);
  assertEquals(table.split("\n")[0], "track,parent,first,last,length,gaps,begin,end");
  const tracks = [
    { track: 1, first: 2, last: 9, parent: 0 },
    { track: 2, first: 10, last: 10, parent: 1 },
  ];
  assertEquals(decodeTrackTable(table, "tracks.csv"), tracks);
  const file = encodeChallengeTracks(tracks);
  assertEquals(file, "1 2 9 0\n2 10 10 1\n");
  assertEquals(decodeChallengeTracks(`${file.replaceAll("\n", "\r\n")}\n`, "a.txt"), tracks);
});

Deno.test("decodeTrackTable() takes columns in any order, and names the one that is missing", () => {
  const text = "parent,first,track,last,note\n0,1,7,3,x\n";
  assertEquals(decodeTrackTable(text, "t.csv"), [{ track: 7, first: 1, last: 3, parent: 0 }]);
  assertThrows(
    () => decodeTrackTable("track,first,last\n1,0,0\n", "t.csv"),
    SyntaxError,
    "Cannot read t.csv: its first line names no column parent",
  );
});

Deno.test("decodeChallengeTracks() refuses what the challenge does not allow", () => {
  const refused: [text: string, says: string][] = [
    ["1 0 3\n", 'line 1 is "1 0 3"'],
    ["1 0 3 0\n2 4 x 1\n", "line 2"],
    ["1 3 0 0\n", "line 1"],
    ["0 0 3 0\n", "line 1"],
    ["1 0 3 0\n1 4 5 0\n", "line 2"],
    ["1 0 3 5\n", "track 1 descends from track 5, which is not in it"],
    ["1 0 3 0\n2 3 5 1\n", "track 2 begins in frame 3, before its parent 1 ends"],
  ];
  for (const [text, says] of refused) {
    assertThrows(() => decodeChallengeTracks(text, "man_track.txt"), SyntaxError, says);
  }
});
