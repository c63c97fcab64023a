import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { LabelImage } from "../../../../train/images/image.ts";
import { Random } from "../../../../train/images/random.ts";
import { flickerOf } from "../../../../train/objects/scores/flicker.ts";
import {
  temporalFilter,
  type TemporalFilterSettings,
} from "../../../../train/objects/sequence/temporal_filter.ts";
import { filterByDefinition } from "../fixtures/temporal_filter_oracle.ts";

/** A label image from rows of digits; anything else is background. */
function frame(...rows: string[]): LabelImage {
  const data = Uint32Array.from(rows.join(""), (c) => /\d/.test(c) ? Number(c) : 0);
  return { width: rows[0].length, height: rows.length, data };
}

function rowsOf({ width, height, data }: LabelImage): string[] {
  const text = Array.from(data, (id) => id === 0 ? "." : String(id)).join("");
  return Array.from({ length: height }, (_, y) => text.slice(y * width, (y + 1) * width));
}

async function filtered(frames: LabelImage[], settings?: Partial<TemporalFilterSettings>) {
  return await Array.fromAsync(temporalFilter(frames, settings));
}

/** Filters videos of one row and gives the rows. */
async function filteredRows(
  rows: readonly string[],
  settings?: Partial<TemporalFilterSettings>,
): Promise<string[]> {
  return (await filtered(rows.map((row) => frame(row)), settings)).flatMap(rowsOf);
}

Deno.test("temporalFilter() removes what only one frame shows", async () => {
  assertEquals(
    await filteredRows(["11..2..", "11.....", "11...3.", "11....."]),
    ["11.....", "11.....", "11.....", "11....."],
  );
});

Deno.test("temporalFilter() keeps what one neighbour supports: objects that begin, end and move", async () => {
  const videos = [
    ["....", ".11.", ".11.", "...."],
    ["11.....", ".11....", "..11...", "...11.."],
    ["11......", "1111....", "..1111..", "....1111"],
  ];
  for (const rows of videos) assertEquals(await filteredRows(rows), rows);
});

Deno.test("temporalFilter() removes what moves by more than its size", async () => {
  assertEquals(await filteredRows(["11...", "..11.", "....1"]), [".....", ".....", "....."]);
});

Deno.test("temporalFilter() compares with the foreground, whatever ids are there", async () => {
  const merging = ["11.22", "33333", "44.55"];
  assertEquals(await filteredRows(merging), merging);
  // Two neighbouring objects support one that lies over both.
  assertEquals(
    await filteredRows(["11112222", "..3333..", "........"], { minOverlap: 1 }),
    ["........", "..3333..", "........"],
  );
});

Deno.test("temporalFilter() takes an id for an object, also where its pixels do not touch", async () => {
  assertEquals(await filteredRows(["1..1..1", "1......"]), ["1..1..1", "1......"]);
});

Deno.test("temporalFilter() takes neighbours as they came: what is removed still supports", async () => {
  // The middle frame's object is too large for either neighbour to support half of it.
  const rows = ["1.....", "111111", ".....1"];
  assertEquals(await filteredRows(rows, { minOverlap: 0.5 }), ["1.....", "......", ".....1"]);
});

Deno.test("temporalFilter() wants the share of minOverlap in one neighbour, not in both together", async () => {
  const rows = ["11....", ".1111.", "...111"];
  const left = async (minOverlap: number) => (await filteredRows(rows, { minOverlap }))[1];
  assertEquals(await left(0.5), ".1111.");
  assertEquals(await left(0.51), "......");
  assertEquals(await left(1), "......");
  assertEquals(await left(0), ".1111.");
});

Deno.test("temporalFilter() treats the border of the image like any other place", async () => {
  const rows = ["1.....2", "1......", "1.....2", "1.....2"];
  assertEquals(await filteredRows(rows), ["1......", "1......", "1.....2", "1.....2"]);
});

Deno.test("temporalFilter() looks from the first and last frame to their one neighbour", async () => {
  assertEquals(await filteredRows(["1..", "11.", ".11"]), ["1..", "11.", ".11"]);
  assertEquals(await filteredRows(["1..", "...", "..1"]), ["...", "...", "..."]);
  assertEquals(await filteredRows(["1.2", "1.."]), ["1..", "1.."]);
});

Deno.test("temporalFilter() keeps a single frame, and gives nothing for no frames", async () => {
  for (const fillGaps of [false, true]) {
    assertEquals(await filteredRows(["1.2"], { fillGaps }), ["1.2"]);
    assertEquals(await filteredRows([], { fillGaps }), []);
    assertEquals(await filteredRows(["...", "..."], { fillGaps }), ["...", "..."]);
  }
});

Deno.test("temporalFilter() fills a gap of one frame with an object half-way between", async () => {
  const settings = { fillGaps: true };
  assertEquals(
    await filteredRows(["1111....", "........", "..1111.."], settings),
    ["1111....", ".1111...", "..1111.."],
  );
  assertEquals(
    (await filtered([
      frame("11..", "11..", "....", "...."),
      frame("....", "....", "....", "...."),
      frame("....", ".11.", ".11.", "...."),
    ], settings)).map(rowsOf)[1],
    ["....", ".11.", ".11.", "...."],
  );
});

Deno.test("temporalFilter() fills no gap unless asked to, and none of two frames", async () => {
  const blinking = ["11.2", "...2", "11.2", "11.2"];
  assertEquals(await filteredRows(blinking), ["...2", "...2", "11.2", "11.2"]);
  assertEquals(
    await filteredRows(blinking, { fillGaps: true }),
    ["11.2", "11.2", "11.2", "11.2"],
  );
  const long = ["11.2", "11.2", "...2", "...2", "11.2", "11.2"];
  assertEquals(await filteredRows(long, { fillGaps: true }), long);
  // Two gaps with a frame between them are two gaps.
  assertEquals(
    await filteredRows(["11", "..", "11", "..", "11"], { fillGaps: true }),
    ["11", "11", "11", "11", "11"],
  );
});

Deno.test("temporalFilter() draws with the id of both sides, and only on background", async () => {
  const fillGaps = true;
  // Track 1 has ended, its number is free, but it is another's.
  assertEquals(
    await filteredRows(["11.33.", "11.33.", "...33.", "......", "...33."], { fillGaps }),
    ["11.33.", "11.33.", "...33.", "...33.", "...33."],
  );
  assertEquals(
    await filteredRows(["55.77", "...77", "55.77"], { fillGaps }),
    ["55.77", "55.77", "55.77"],
  );
});

Deno.test("temporalFilter() draws with the id of one side where they differ, never with another's", async () => {
  const fillGaps = true;
  const cases: [rows: string[], drawn: string][] = [
    [["44...", ".....", "66..."], "44..."],
    // The number before is that of another object after, or in between.
    [["44...", ".....", "66.44"], "66..."],
    [["44...", "...44", "66.44"], "66.44"],
    // All are others'.
    [["44.66", "...44", "66.44"], "77.44"],
    [["44.66", "...66", "66.44"], "77.66"],
  ];
  for (const [rows, drawn] of cases) {
    assertEquals((await filteredRows(rows, { fillGaps, minOverlap: 0 }))[1], drawn, rows.join());
  }
});

Deno.test("temporalFilter() draws a new id above all that were seen, and that are to come", async () => {
  const fillGaps = true;
  const rows = ["1111.......", "...11111111", "1111.......", "1111....999"];
  assertEquals((await filteredRows(rows, { fillGaps }))[1], "22211111111");
  const known = temporalFilter(rows.map((row) => frame(row)), { fillGaps, idsAbove: 9 });
  const [, { data }] = await Array.fromAsync(known);
  assertEquals([...data.subarray(0, 4)], [10, 10, 10, 1]);
  // Where there is no id above, it is one that is free.
  const most = temporalFilter(rows.map((row) => frame(row)), { fillGaps, idsAbove: 2 ** 32 - 2 });
  assertEquals((await Array.fromAsync(most))[1].data[0], 2);
});

Deno.test("temporalFilter() draws nothing where something else has taken the place", async () => {
  const wide = "4".repeat(40);
  const before = "11" + ".".repeat(38);
  assertEquals(
    await filteredRows([before, wide, before], { fillGaps: true }),
    [before, wide, before],
  );
});

Deno.test("temporalFilter() lets an object take part in one gap only, the best match first", async () => {
  // The object before fits both after: 4 of 6 pixels of the one, 2 of 6 of the other.
  assertEquals(
    await filteredRows(["111111..", "........", "222233.."], { fillGaps: true }),
    ["111111..", "111111..", "222233.."],
  );
});

Deno.test("temporalFilter() removes the blinks that the flicker measure counts", async () => {
  const random = new Random(3);
  const frames = Array.from({ length: 12 }, () => randomFrame(random));
  const before = flickerOf(frames);
  assert(before.blink_rate! > 0.1);
  const gapless = flickerOf(await filtered(frames, { fillGaps: true }));
  assert(gapless.blink_rate! < before.blink_rate! / 2, `${gapless.blink_rate}`);
});

Deno.test("temporalFilter() counts what it does, keeps what else a frame carries, and changes no input", async () => {
  const frames = ["11.2.", ".....", "11..."].map((row, t) => ({ ...frame(row), name: `t${t}` }));
  const before = structuredClone(frames);
  const result = await Array.fromAsync(temporalFilter(frames, { fillGaps: true }));
  assertEquals(result.map(({ name, dropped, filled }) => [name, dropped, filled]), [
    ["t0", 1, 0],
    ["t1", 0, 1],
    ["t2", 0, 0],
  ]);
  assertEquals(frames, before);
});

Deno.test("temporalFilter() works with ids of 32 bits", async () => {
  const ids = [[4294967294, 0, 7], [0, 0, 7], [4294967294, 0, 7]];
  const frames = ids.map((row) => ({ width: 3, height: 1, data: Uint32Array.from(row) }));
  const result = await filtered(frames, { fillGaps: true });
  assertEquals(result.map(({ data }) => [...data]), [ids[0], ids[0], ids[2]]);
});

/** A small image of a few rectangles that may lie over each other. */
function randomFrame(random: Random): LabelImage {
  const [width, height] = [11, 7];
  const data = new Uint32Array(width * height);
  const count = random.integer(5);
  for (let k = 0; k < count; k++) {
    const [left, top] = [random.integer(width), random.integer(height)];
    const [w, h] = [1 + random.integer(5), 1 + random.integer(4)];
    const id = 1 + random.integer(6);
    for (let at = 0; at < data.length; at++) {
      const [x, y] = [at % width - left, Math.floor(at / width) - top];
      if (x >= 0 && x < w && y >= 0 && y < h) data[at] = id;
    }
  }
  return { width, height, data };
}

Deno.test("temporalFilter() does on random videos what its definition says", async () => {
  const random = new Random(11);
  let [dropped, filled] = [0, 0];
  for (let trial = 0; trial < 120; trial++) {
    const frames = Array.from({ length: 1 + random.integer(6) }, () => randomFrame(random));
    for (const minOverlap of [0, 0.3, 1]) {
      for (const fillGaps of [false, true]) {
        const settings = { minOverlap, fillGaps };
        const result = await filtered(frames, settings);
        const expected = filterByDefinition(frames, settings);
        assertEquals(result.map(rowsOf), expected.map(rowsOf), `trial ${trial}`);
        dropped += result.reduce((sum, counts) => sum + counts.dropped, 0);
        filled += result.reduce((sum, counts) => sum + counts.filled, 0);
      }
    }
  }
  assert(dropped > 300 && filled > 100, `${dropped} dropped, ${filled} filled`);
});

/** Counts the frames that are asked for. */
async function* counted(count: { read: number }): AsyncGenerator<LabelImage> {
  while (count.read < 50) {
    count.read++;
    yield await Promise.resolve(frame("11.", ".22"));
  }
}

Deno.test("temporalFilter() gives a frame as soon as the two after it are known", async () => {
  for (const fillGaps of [false, true]) {
    const count = { read: 0 };
    let written = 0;
    for await (const _ of temporalFilter(counted(count), { fillGaps })) {
      written++;
      assert(count.read - written <= 2, `${count.read} read, ${written} written`);
    }
    assertEquals([count.read, written], [50, 50]);
  }
});

Deno.test("temporalFilter() ends its source when it is left early", async () => {
  let isClosed = false;
  async function* source() {
    try {
      while (true) yield await Promise.resolve(frame("11."));
    } finally {
      isClosed = true;
    }
  }
  for await (const _ of temporalFilter(source())) break;
  assert(isClosed);
});

Deno.test("temporalFilter() refuses frames of other sizes and shares outside of 0 to 1", async () => {
  await assertRejects(
    () => filtered([frame("111"), frame("111"), frame("11", "11")]),
    RangeError,
    "Cannot filter labels: frame 1 is 1x3, frame 2 is 2x2 (height x width)",
  );
  for (const minOverlap of [-0.1, 1.1, NaN]) {
    assertThrows(
      () => temporalFilter([], { minOverlap }),
      RangeError,
      `Cannot filter labels: minOverlap is ${minOverlap}, expected a number from 0 to 1`,
    );
  }
});

Deno.test("temporalFilter() has no neighbours across a missing frame", async () => {
  const timed = (row: string, time: number) => ({ ...frame(row), time });
  const of = async (times: number[], settings?: Partial<TemporalFilterSettings>) => {
    const rows = ["11..22", "11....", "11..22", "11...."];
    const frames = await Array.fromAsync(
      temporalFilter(rows.map((row, i) => timed(row, times[i])), settings),
    );
    return frames.flatMap(rowsOf);
  };
  const none = "11....";
  assertEquals(await of([0, 1, 2, 3]), [none, none, none, none]);
  // Without frames 2 to 4 the second half stands for itself.
  assertEquals(await of([0, 1, 5, 6]), [none, none, none, none]);
  assertEquals(await of([0, 2, 4, 6]), ["11..22", none, "11..22", none], "nothing to compare with");
  const fillGaps = true;
  assertEquals((await of([0, 1, 2, 3], { fillGaps }))[1], "11..22");
  assertEquals((await of([0, 1, 3, 4], { fillGaps }))[1], none);
});
