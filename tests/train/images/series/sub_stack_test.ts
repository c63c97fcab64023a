import { assertEquals, assertRejects } from "@std/assert";
import { subStack } from "../../../../train/images/series/sub_stack.ts";
import type { ZSequence } from "../../../../train/images/series/z_stack.ts";

/** Two stacks of five planes; plane z at time t holds 10 t + z and 10 t + z + 0.5. */
function sequence(reads: number[] = []): ZSequence {
  return {
    path: "movie.tif",
    name: "movie",
    length: 2,
    depth: 5,
    width: 2,
    height: 1,
    names: ["t0", "t1"],
    notes: [],
    plane: (t, z) => {
      reads.push(z);
      const value = 10 * t + z;
      return Promise.resolve({ width: 2, height: 1, data: Float32Array.of(value, value + 0.5) });
    },
  };
}

/** The first pixel of each channel, and how many are repeated. */
async function around(focus: number, planes: number): Promise<[number[], number]> {
  const { channels, data, repeated } = await subStack(sequence(), { t: 1, focus, planes });
  assertEquals(data.length, 2 * channels);
  return [Array.from({ length: channels }, (_, c) => data[2 * c]), repeated];
}

Deno.test("subStack() gives the planes around the focus from low to high", async () => {
  assertEquals(await around(2, 1), [[11, 12, 13], 0]);
  assertEquals(await around(2, 2), [[10, 11, 12, 13, 14], 0]);
  assertEquals(await around(3, 0), [[13], 0]);
});

Deno.test("subStack() repeats the edge planes at the bottom and the top, and counts them", async () => {
  assertEquals(await around(0, 2), [[10, 10, 10, 11, 12], 2]);
  assertEquals(await around(4, 1), [[13, 14, 14], 1]);
  assertEquals(await around(2, 4), [[10, 10, 10, 11, 12, 13, 14, 14, 14], 4]);
});

Deno.test("subStack() copies whole planes and takes their size", async () => {
  const image = await subStack(sequence(), { t: 0, focus: 1, planes: 1 });
  assertEquals([image.channels, image.width, image.height], [3, 2, 1]);
  assertEquals([...image.data], [0, 0.5, 1, 1.5, 2, 2.5]);
});

Deno.test("subStack() refuses a focus outside the stack and a wrong number of planes", async () => {
  const read = (focus: number, planes: number) => subStack(sequence(), { t: 0, focus, planes });
  for (const focus of [-1, 5, 0.5, NaN]) {
    await assertRejects(() => read(focus, 1), RangeError, "movie.tif: it has planes 0 to 4");
  }
  for (const planes of [-1, 0.5, NaN]) {
    await assertRejects(() => read(1, planes), RangeError, "whole number from 0");
  }
});
