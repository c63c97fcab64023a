import { assertEquals } from "@std/assert";
import { counted, formatNumber, formatSigned, withMinus, wordFor } from "../../train/counted.ts";

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

Deno.test("formatNumber() and formatSigned() have one minus sign, and none before a zero", () => {
  assertEquals([-0.0062, 2, -0.0004, NaN].map((value) => formatNumber(value)), [
    ...["−0.006", "2.000", "0.000", "NaN"],
  ]);
  assertEquals([-0.5, 0.5, -0.04, 0.04, 0].map((value) => formatSigned(value, { digits: 1 })), [
    ...["−0.5", "+0.5", "0.0", "0.0", "0.0"],
  ]);
  assertEquals(["-1e-7", "3"].map(withMinus), ["−1e-7", "3"]);
});
