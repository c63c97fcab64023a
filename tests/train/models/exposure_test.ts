import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import type { Network } from "../../../nn/module.ts";
import type { LabelImage } from "../../../train/images/image.ts";
import { exposureFor } from "../../../train/models/exposure.ts";
import type { ObjectModel } from "../../../train/models/model_kind.ts";
import { objectModelOf } from "../../../train/models/list.ts";
import { uNet } from "../../../train/models/unet/kind.ts";

const SIDE = 32;

/** Squares of four pixels side by side, so many, from the left in even rows and at other places below. */
function squares(count: number, flashing: number, frame: number): LabelImage {
  const data = new Uint32Array(SIDE * SIDE);
  const draw = (place: number, row: number, id: number) => {
    for (const at of [0, 1, SIDE, SIDE + 1]) data[row * SIDE + 2 * place + at] = id;
  };
  for (let i = 0; i < count; i++) draw(i, 0, i + 1);
  // These are elsewhere in every other frame.
  for (let i = 0; i < flashing; i++) draw(i, frame % 2 === 0 ? 4 : 8, 100 + i);
  return { width: SIDE, height: SIDE, data };
}

/** The exposure that is chosen where so many objects stay and so many flash up at a gain. */
async function chosen(
  at: (gain: number) => { stay: number; flash?: number },
  { length = 9, side = 500, read = new Set<number>(), stop }: {
    length?: number;
    side?: number;
    read?: Set<number>;
    stop?: AbortSignal;
  } = {},
): Promise<number> {
  const frames = {
    length,
    frame: (i: number) => {
      read.add(i);
      return Promise.resolve({ channels: 1, width: side, height: side, data: Float32Array.of(i) });
    },
  };
  const objects: ObjectModel = {
    ...objectModelOf(uNet),
    *segment(_device, { image, exposure = 1 }) {
      yield* []; // Nothing of it is on a GPU.
      const { stay, flash = 0 } = at(exposure);
      const labels = squares(stay, flash, image.data[0]);
      return { labels, count: stay + flash, outlines: null, map: null };
    },
  };
  return await exposureFor(null as unknown as Device, {
    ...{ network: null as unknown as Network, objects, decode: {}, frames, stop },
    exposure: "auto",
  });
}

Deno.test("an exposure of auto is the lowest at which about as much persists as at the best", async () => {
  // 10 objects at 1, 12 at 1.41, 14 from 2 on.
  const brighter = (gain: number) => ({ stay: Math.min(14, Math.round(10 + 4 * Math.log2(gain))) });
  assertAlmostEquals(await chosen(brighter), 2);
  assertEquals(await chosen(() => ({ stay: 15 })), 1);
});

Deno.test("an exposure of auto is chosen no longer than it is wanted", async () => {
  const stopping = new AbortController();
  let asked = 0;
  const seen = () => {
    asked++;
    stopping.abort(new RangeError("left"));
    return { stay: 8 };
  };
  await assertRejects(() => chosen(seen, { stop: stopping.signal }), RangeError, "left");
  assertEquals(asked, 2, "the frames of a pair are looked at together");
});

Deno.test("what flashes up does not persist, and counts against an exposure", async () => {
  const noisy = (gain: number) => ({ stay: 8, flash: gain > 1 ? 8 : 0 });
  assertEquals(await chosen(noisy), 1);
  const steadierWhenDimmed = (gain: number) => ({ stay: 8, flash: gain >= 1 ? 8 : 0 });
  assertAlmostEquals(await chosen(steadierWhenDimmed), Math.SQRT1_2);
});

Deno.test("an exposure of auto is 1 where nothing persists, and where there is one frame", async () => {
  assertEquals(await chosen(() => ({ stay: 0 })), 1);
  assertEquals(await chosen(() => ({ stay: 0, flash: 5 })), 1);
  assertEquals(await chosen((gain) => ({ stay: gain > 1 ? 9 : 3 }), { length: 1 }), 1);
  assertAlmostEquals(
    await chosen((gain) => ({ stay: gain > 1 ? 9 : 3 }), { length: 2 }),
    Math.SQRT2,
  );
});

Deno.test("all frames of a short video of small frames are looked at, and some of a large one", async () => {
  const small = new Set<number>();
  await chosen(() => ({ stay: 15 }), { length: 8, side: 128, read: small });
  assertEquals(small.size, 8);
  const tiny = new Set<number>();
  await chosen(() => ({ stay: 15 }), { length: 120, side: 12, read: tiny });
  assert(tiny.size <= 2 * 12 + 1, `${tiny.size} of 120 frames of a few pixels`);
  const large = new Set<number>();
  await chosen(() => ({ stay: 15 }), { length: 92, side: 700, read: large });
  assertEquals(large.size, 6);
});

Deno.test("a frame of two pairs is segmented once at a gain", async () => {
  const times = new Map<number, number>();
  const counting = (gain: number) => {
    times.set(gain, (times.get(gain) ?? 0) + 1);
    return { stay: gain === 1 ? 15 : 1 };
  };
  await chosen(counting, { length: 8, side: 128 });
  assertEquals([...times.values()], [8, 8, 8]);
});

Deno.test("no gain over 8 or under a half is tried", async () => {
  const tried = new Set<number>();
  const more = (gain: number) => {
    tried.add(gain);
    return { stay: gain >= 1 ? Math.round(5 * Math.sqrt(gain)) : 5 };
  };
  const best = await chosen(more);
  assertAlmostEquals(Math.max(...tried), 8, 1e-9);
  assertAlmostEquals(best, 8, 1e-9);
  assertEquals([...tried].every((gain) => gain >= 0.5 - 1e-9), true);
});
