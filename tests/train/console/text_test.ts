import { assertEquals } from "@std/assert";
import { formatDuration } from "../../../train/console/text.ts";

Deno.test("formatDuration() rounds to what people say", () => {
  const cases: [seconds: number, text: string][] = [
    [0, "0 s"],
    [-1, "0 s"],
    [59.4, "59 s"],
    [59.6, "1 min 00 s"],
    [200, "3 min 20 s"],
    [3599.4, "59 min 59 s"],
    [3599.6, "1 h 00 min"],
    [3900, "1 h 05 min"],
    [7199, "2 h 00 min"],
    [90_000, "25 h 00 min"],
    [NaN, "?"],
    [Infinity, "?"],
  ];
  for (const [seconds, text] of cases) assertEquals(formatDuration(seconds), text);
});
