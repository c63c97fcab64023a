import { assertEquals } from "@std/assert";
import { groupNotes } from "../../../../train/images/formats/notes.ts";

Deno.test("groupNotes() says once what was noted of several files", () => {
  assertEquals(groupNotes([]), []);
  assertEquals(groupNotes(["a: x", "b: y", "c: x"]), ["a and c: x", "b: y"]);
  assertEquals(groupNotes(["a: x", "a: x", "b: x", "c: x"]), ["a and 2 others: x"]);
  assertEquals(groupNotes(["no file", "a: b: c", "no file"]), ["no file", "a: b: c"]);
});
