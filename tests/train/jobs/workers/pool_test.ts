import { assertEquals, assertRejects } from "@std/assert";
import { Random } from "../../../../../train/images/random.ts";
import type { Sample } from "../../../../../train/images/sample.ts";
import { AugmentingPool } from "../../../../../train/jobs/train/augmenting/pool.ts";
import { type BatchStream, PairStream, StillStream } from "../../../../../train/learn/batches.ts";
import { AheadStream } from "../../../../../train/learn/patches/ahead.ts";
import { defaultAugmentation } from "../../../../../train/learn/patches/augment.ts";
import { heldFrames } from "../../../../../train/images/series/frames.ts";

/** Samples of noise, all different. */
function samples(count: number, [width, height]: readonly [number, number] = [48, 40]): Sample[] {
  return Array.from({ length: count }, (_, i) => {
    const random = new Random(i);
    return {
      ...{ channels: 1, width, height },
      image: Float32Array.from({ length: width * height }, () => random.next()),
      labels: Uint32Array.from({ length: width * height }, () => random.integer(3)),
    };
  });
}

const SETTINGS = { patch: 32, count: 3, seed: 5, augmentation: defaultAugmentation };
const STREAMS: Readonly<Record<string, () => BatchStream>> = {
  stills: () => new StillStream(samples(5), { ...SETTINGS, foreground: 0.5 }),
  pairs: () => {
    const frames = heldFrames(samples(5).map(({ image: data, ...size }) => ({ ...size, data })));
    return new PairStream([frames], { ...SETTINGS, gap: 1 });
  },
};

for (const [name, open] of Object.entries(STREAMS)) {
  Deno.test(`AheadStream with workers gives the batches of the stream, and goes on like it: ${name}`, async () => {
    using pool = new AugmentingPool();
    const [plain, ahead] = [open(), new AheadStream(open(), pool)];
    for (let i = 0; i < 8; i++) {
      assertEquals(await ahead.next(), await plain.next());
      assertEquals(ahead.state, plain.state);
    }
    const state = JSON.parse(JSON.stringify(ahead.state));
    const [later, again] = [await ahead.next(), await ahead.next()];
    ahead.restore(state);
    assertEquals([await ahead.next(), await ahead.next()], [later, again]);
    const other = open();
    other.restore(state);
    assertEquals(await other.next(), later);
  });
}

Deno.test("AugmentingPool does without workers that do not start, and loses nothing", async () => {
  const module = new URL("./no_such_worker.ts", import.meta.url);
  using pool = new AugmentingPool({ module });
  const [plain, ahead] = [STREAMS.stills(), new AheadStream(STREAMS.stills(), pool)];
  for (let i = 0; i < 5; i++) assertEquals(await ahead.next(), await plain.next());
});

Deno.test("AheadStream tells a failure when it is the batch's turn", async () => {
  using pool = new AugmentingPool();
  // Patches of stills that are no squares cannot be transposed; which one is, decides the draw.
  const failing: BatchStream = {
    next: async (augment) => {
      count++;
      const [sample] = samples(1, [8, 6]);
      const draw = { orientation: count === 3 ? 1 : 0, gain: 1, offset: 0, gamma: 1, blur: 0 };
      const task = { sample, draw: { ...draw, noise: 0, noiseSeed: 1 } };
      await augment!([task]);
      return { shape: [1, 1, 1, 1], images: Float32Array.of(count), targets: null };
    },
    get state() {
      return count;
    },
    restore() {},
  };
  let count = 0;
  const ahead = new AheadStream(failing, pool);
  await ahead.next();
  await ahead.next();
  await assertRejects(() => ahead.next(), RangeError, "Cannot transpose");
});
