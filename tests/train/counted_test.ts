import { assertEquals } from "@std/assert";
import { counted, wordFor } from "../../train/counted.ts";

Deno.test("counted() has one thing and many, none among these", () => {
  assertEquals([0, 1, 2].map((count) => counted(count, "frame")), [
    "0 frames",
    "1 frame",
    "2 frames",
  ]);
  assertEquals([1, 3].map((count) => counted(count, "index", "indices")), ["1 index", "3 indices"]);
});

Deno.test("wordFor() gives the form of a verb", () => {
  assertEquals([0, 1, 2].map((count) => wordFor(count, "is", "are")), ["are", "is", "are"]);
});
