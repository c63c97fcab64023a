// Numbers as the page writes them.
import { assertEquals } from "@std/assert";
import { fourDigits } from "../../web/shared/texts.ts";

Deno.test("fourDigits() keeps four digits of any mean, and all that stand before the point", () => {
  const means: [mean: number, text: string][] = [
    [0, "0.000"],
    [0.0123456, "0.01235"],
    [0.5, "0.5000"],
    [1, "1.000"],
    [-12.34567, "-12.35"],
    [9876.5, "9877"],
    [65432.1, "65432"],
  ];
  assertEquals(means.map(([mean]) => fourDigits(mean)), means.map(([, text]) => text));
});
