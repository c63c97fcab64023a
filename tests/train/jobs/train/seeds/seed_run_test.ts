import { assertEquals } from "@std/assert";
import type { TrainingVideo } from "../../../../../train/learn/training_set.ts";
import { exposureOf, type SeedRun } from "../../../../../train/jobs/train/seeds/seed_run.ts";

Deno.test("exposureOf() chooses once for each video and stage, also for videos of one name", async () => {
  const looked: string[] = [];
  const labels = { width: 1, height: 1, data: new Uint32Array(1) };
  const seed = {
    ...{ run: { device: null }, config: { exposure: "auto" }, network: null, exposures: new Map() },
    objects: {
      *segment() {
        yield* []; // Nothing of it is on a GPU.
        return { labels };
      },
    },
  } as unknown as SeedRun;
  const video = (id: string): TrainingVideo => {
    const frame = () => {
      if (looked.at(-1) !== id) looked.push(id);
      return Promise.resolve({ channels: 1, width: 1, height: 1, data: new Float32Array(1) });
    };
    return { name: "01", frames: { length: 2, frame } } as unknown as TrainingVideo;
  };
  const [a, b] = [video("a"), video("b")];
  const options = { stage: "baseline", decode: {} } as const;
  assertEquals(await exposureOf(seed, { ...options, video: a }), 1);
  assertEquals(await exposureOf(seed, { ...options, video: b }), 1);
  assertEquals(await exposureOf(seed, { ...options, video: a }), 1);
  assertEquals(looked, ["a", "b"]);
  await exposureOf(seed, { ...options, stage: "control", video: a });
  assertEquals(looked, ["a", "b", "a"]);
});
