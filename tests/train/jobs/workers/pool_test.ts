import { fileURLToPath } from "node:url";
import { assertEquals, assertRejects } from "@std/assert";
import { Random } from "../../../../train/images/random.ts";
import { packSample } from "../../../../train/images/packed/packed_sample.ts";
import type { Sample } from "../../../../train/images/sample.ts";
import { WorkerPool } from "../../../../train/jobs/workers/pool.ts";
import { readPage } from "../../../../train/jobs/workers/read_page.ts";
import { compressLabels } from "../../../../train/jobs/workers/compress_labels.ts";
import type { Augmenter } from "../../../../train/learn/patches/augmenter.ts";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { withFile } from "../../fixtures/temporary.ts";
import { type BatchStream, PairStream, StillStream } from "../../../../train/learn/batches.ts";
import { AheadStream } from "../../../../train/learn/patches/ahead.ts";
import { defaultAugmentation } from "../../../../train/learn/patches/augment.ts";
import { heldFrames } from "../../../../train/images/series/frames.ts";

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

const CONFIG = fileURLToPath(new URL("../../../../deno.json", import.meta.url));

/** Changes nothing. */
const PLAIN_DRAW = {
  ...{ orientation: 0, gain: 1, offset: 0, gamma: 1, blur: 0 },
  ...{ noise: 0, noiseSeed: 1 },
};

const SETTINGS = { patch: 32, count: 3, seed: 5, augmentation: defaultAugmentation };
const STREAMS: Readonly<Record<string, () => BatchStream>> = {
  stills: () => new StillStream(samples(5), { ...SETTINGS, foreground: 0.5 }),
  "packed stills": () => {
    const packed = samples(5).map((sample) =>
      packSample({ ...sample, image: sample.image.map((value) => Math.round(20 * value)) })
    );
    return new StillStream(packed, { ...SETTINGS, foreground: 0.5 });
  },
  pairs: () => {
    const frames = heldFrames(samples(5).map(({ image: data, ...size }) => ({ ...size, data })));
    return new PairStream([frames], { ...SETTINGS, gap: 1 });
  },
};

/** Workers that run. */
async function runningPool(): Promise<WorkerPool> {
  const pool = new WorkerPool({ count: 2 });
  await pool.start();
  assertEquals(pool.size, 2);
  return pool;
}

function augmenterOf(pool: WorkerPool): { augment: Augmenter } {
  return { augment: (tasks) => pool.ask("augment", tasks, { handsOver: true }) };
}

for (const [name, open] of Object.entries(STREAMS)) {
  Deno.test(`AheadStream with workers gives the batches of the stream, and goes on like it: ${name}`, async () => {
    using pool = await runningPool();
    const [plain, ahead] = [open(), new AheadStream(open(), augmenterOf(pool))];
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

Deno.test("WorkerPool does without workers that do not start, and loses nothing", async () => {
  const module = new URL("./no_such_worker.ts", import.meta.url);
  using pool = new WorkerPool({ count: 2, module });
  const [plain, ahead] = [STREAMS.stills(), new AheadStream(STREAMS.stills(), augmenterOf(pool))];
  assertEquals(await ahead.next(), await plain.next());
  await pool.start();
  assertEquals(pool.size, 0);
  for (let i = 0; i < 4; i++) assertEquals(await ahead.next(), await plain.next());
});

Deno.test("WorkerPool does without workers that may not be loaded, and nobody hears of it", async () => {
  const module = new URL("../../../../train/jobs/workers/pool.ts", import.meta.url);
  const script = `import { WorkerPool } from ${JSON.stringify(module)};
    const pool = new WorkerPool({ count: 2 });
    await pool.start();
    const image = Float32Array.of(1, 2, 3, 4);
    const sample = { channels: 1, width: 2, height: 2, image };
    const draw = ${JSON.stringify(PLAIN_DRAW)};
    const made = await pool.ask("augment", [{ sample, draw }]);
    console.log(pool.size, made.images.length);
    pool[Symbol.dispose]();`;
  for (const [allowed, size] of [[[], 0], [["--allow-read"], 2]] as const) {
    await withFile("main.ts", new TextEncoder().encode(script), async (path) => {
      const args = ["run", "--no-prompt", "--no-check", "--quiet", "--config", CONFIG];
      const command = new Deno.Command("deno", { args: [...args, ...allowed, path] });
      const { stdout, stderr } = await command.output();
      const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      assertEquals([out, error], [`${size} 4\n`, ""]);
    });
  }
});

Deno.test("WorkerPool gives what the tasks give on this thread, and moves what is handed over", async () => {
  const [image] = samples(1);
  const plane = { ...image, data: image.image.map((value) => 1000 * value) };
  await withFile("a.tif", encodeGreyTiff([plane, plane]), async (path) => {
    using pool = await runningPool();
    const place = { path, page: 1 };
    assertEquals(await pool.ask("page", place), await readPage(place));
  });
  for (const largest of [3, 65536]) {
    using pool = await runningPool();
    const data = samples(1)[0].labels!;
    data[7] = largest;
    const labels = { width: 48, height: 40, data };
    const expected = compressLabels({ ...labels, data: data.slice() });
    assertEquals(expected.page.sampleBytes, largest > 65535 ? 4 : 2);
    assertEquals(await pool.ask("labels", labels, { handsOver: true }), expected);
    assertEquals(data.length, 0);
  }
});

Deno.test("WorkerPool tells that a worker has stopped, and goes on with the others and then without", async () => {
  using pool = new WorkerPool({
    count: 2,
    module: new URL("./fixtures/failing_worker.ts", import.meta.url),
  });
  await pool.start();
  const tasks = () => [{ sample: samples(1)[0], draw: PLAIN_DRAW }];
  for (const left of [1, 0]) {
    await assertRejects(() => pool.ask("augment", tasks()), Error, "a worker stopped");
    assertEquals(pool.size, left);
  }
  assertEquals((await pool.ask("augment", tasks())).images, samples(1)[0].image);
});

Deno.test("AheadStream tells a failure when it is the batch's turn", async () => {
  using pool = await runningPool();
  // Patches of stills that are no squares cannot be transposed; which one is, decides the draw.
  const failing: BatchStream = {
    next: async (augment) => {
      count++;
      const [sample] = samples(1, [8, 6]);
      const task = { sample, draw: { ...PLAIN_DRAW, orientation: count === 3 ? 1 : 0 } };
      await augment!([task]);
      return { shape: [1, 1, 1, 1], images: Float32Array.of(count), targets: null };
    },
    get state() {
      return count;
    },
    restore() {},
  };
  let count = 0;
  const ahead = new AheadStream(failing, augmenterOf(pool));
  await ahead.next();
  await ahead.next();
  await assertRejects(() => ahead.next(), RangeError, "Cannot transpose");
});
