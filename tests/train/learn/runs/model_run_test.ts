// Learning in memory, against the job that learns on disk.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { PlaneCache } from "../../../../train/images/plane_cache.ts";
import { normalizedFrames } from "../../../../train/images/series/frames.ts";
import { openVideo } from "../../../../train/images/series/video.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { adapt } from "../../../../train/jobs/steady/adapt.ts";
import { begin } from "../../../../train/learn/progress/progress.ts";
import {
  type AdaptedModels,
  adaptModel,
  type AdaptParts,
  type LearnEvent,
  type LearnKeeper,
  teachModel,
} from "../../../../train/learn/runs/model_run.ts";
import { readSamples } from "../../../../train/learn/runs/read_samples.ts";
import type { SavedState } from "../../../../train/learn/stage_state.ts";
import { StoppedError } from "../../../../train/learn/stopped.ts";
import { BUILTIN, builtinStills } from "../../../../train/models/builtin/mod.ts";
import { decodeModel, readingOf } from "../../../../train/models/model_file.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { type Peak, peaks, starModel } from "../../fixtures/models/star_model.ts";

const SIZE = { width: 60, height: 44 };
const PLACES: readonly Peak[] = [{ row: 10, column: 12 }, { row: 30, column: 20 }];
const ROUNDS = 2;
const FRAMES = 4;

const device = await openDevice();
const file = decodeModel(starModel(), { file: "model" });
const { samples } = await readSamples(await builtinStills(), BUILTIN, {
  reading: { channels: [] },
  settings: readingOf(file).stills,
  progress: begin("reading"),
});

/** What it keeps beside its stages. */
interface Kept {
  state: SavedState | null;
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  /** The names of the files that were written, in their order. */
  readonly written: string[];
}

/** Keeps all in memory. */
function keeper(): LearnKeeper & Kept {
  const done = new Map<string, Uint8Array<ArrayBuffer>>();
  const files: Kept["files"] = new Map();
  const written: string[] = [];
  const kept: LearnKeeper & Kept = {
    ...{ files, written },
    labels: {
      names: () => Promise.resolve([...files.keys()]),
      read: (name) => Promise.resolve(files.get(name) ?? null),
      write(name, bytes) {
        written.push(name);
        files.set(name, bytes);
        return Promise.resolve();
      },
      remove: (name) => Promise.resolve(void files.delete(name)),
    },
    state: null,
    savedState: () => Promise.resolve(kept.state),
    doneStage: (stage) => Promise.resolve(done.get(stage) ?? null),
    keepStage: (stage, model) => Promise.resolve(void done.set(stage, model)),
    store: {
      path: "memory",
      appendMetrics: () => Promise.resolve(0),
      cutMetrics: () => Promise.resolve(),
      saveState: (state) => Promise.resolve(void (kept.state = state)),
    },
  };
  return kept;
}

const VIDEO = Object.fromEntries(
  Array.from(
    { length: FRAMES },
    (_, t) => [`video/t${t}.tif`, encodeGreyTiff([peaks(PLACES, SIZE)])],
  ),
);

async function partsFor(folder: string): Promise<AdaptParts> {
  const video = await openVideo(disk, `${folder}/video`);
  const { frames } = await normalizedFrames(video, {
    settings: readingOf(file).video,
    cache: new PlaneCache(2 ** 24),
  });
  return {
    ...{ file, samples, seed: 1, progress: begin("learning"), versions: {}, keeper: keeper() },
    video: { name: "video", frames },
    size: { frames: FRAMES, ...SIZE },
    ...{ exposure: 1, rounds: ROUNDS },
  };
}

async function ended<R>(run: AsyncGenerator<LearnEvent, R>, events: LearnEvent[] = []): Promise<R> {
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value;
    events.push(step.value);
  }
}

function weightsIn(bytes: Uint8Array<ArrayBuffer>) {
  return decodeModel(bytes, { file: "weights" }).weights.tensors;
}

Deno.test("adaptModel() gives the weights of the job that adapts on disk, to the bit, also when it was stopped", async () => {
  await withFolder({ ...VIDEO, "model/weights.safetensors": starModel() }, async (folder) => {
    const parts = await partsFor(folder);
    const events: LearnEvent[] = [];
    const own = await ended(adaptModel(device, parts), events);
    assertEquals(events[0].type === "plan" && events[0].stages, [
      { stage: "control", steps: ROUNDS },
      { stage: "consistent", steps: 2 * ROUNDS },
    ]);
    assertEquals(events.filter(({ type }) => type === "step").length, 3 * ROUNDS);

    const video = { path: `${folder}/video`, frames: FRAMES, ...SIZE, first: 0 };
    const head = {
      ...{ model: { path: `${folder}/model`, hash: "" }, video },
      settings: { stills: BUILTIN, seed: 1, rounds: ROUNDS },
    };
    const out = `${folder}/run`;
    const seen = { exposure: 1 } as Parameters<typeof adapt>[0]["seen"];
    await Array.fromAsync(adapt({ out, head, file, seen, source: disk }));
    for (const [stage, model] of [["control", own.control], ["consistent", own.adapted]] as const) {
      const expected = await Deno.readFile(`${out}/${stage}.safetensors`);
      assertEquals(weightsIn(model), weightsIn(expected), stage);
    }

    const kept = keeper();
    const stop = new AbortController();
    await assertRejects(async () => {
      for await (const event of adaptModel(device, { ...parts, keeper: kept, stop: stop.signal })) {
        if (event.type === "step") stop.abort();
      }
    }, StoppedError);
    assert(kept.state !== null);
    const again: AdaptedModels = await ended(adaptModel(device, { ...parts, keeper: kept }));
    assertEquals(weightsIn(again.control), weightsIn(own.control));
    assertEquals(weightsIn(again.adapted), weightsIn(own.adapted));
    assertEquals(kept.files.size, 0, "the labels are forgotten");
  });
});

Deno.test("adaptModel() does not label again what was labelled when its student was stopped", async () => {
  await withFolder(VIDEO, async (folder) => {
    const parts = await partsFor(folder);
    const kept = keeper();
    /** Runs until the first step of the student; what of its teacher was written until then. */
    const written = async (exposure: number) => {
      const stop = new AbortController();
      const before = kept.written.length;
      // The student begins anew, so that it is not at its end before it is stopped.
      kept.state = null;
      const run = adaptModel(device, { ...parts, exposure, keeper: kept, stop: stop.signal });
      await assertRejects(async () => {
        for await (const event of run) {
          if (event.type === "step" && event.stage === "consistent") stop.abort();
        }
      }, StoppedError);
      return kept.written.slice(before);
    };
    // How many pieces come of it is a matter of time.
    assertEquals((await written(1)).at(-1), "teacher-0.labels");
    assertEquals(await written(1), []);
    const anew = await written(1.5);
    assertEquals([anew[0], anew.at(-1)], ["teacher-0-0.proposals", "teacher-0.labels"]);
    assertEquals([...kept.files.keys()], ["teacher-0.labels"]);
  });
});

Deno.test("teachModel() learns from stills: the loss falls, and the file is one of its kind", async () => {
  const events: LearnEvent[] = [];
  const few = samples.slice(0, 3);
  const parts = { file, seed: 1, progress: begin("learning"), versions: { kymo: "0" } };
  const taught = await ended(
    teachModel(device, { ...parts, samples: few, keeper: keeper(), steps: 12 }),
    events,
  );
  const losses = events.flatMap((event) => event.type === "step" ? [event.loss] : []);
  assertEquals(losses.length, 12);
  const mean = (some: readonly number[]) => some.reduce((sum, loss) => sum + loss, 0) / some.length;
  assert(mean(losses.slice(8)) < mean(losses.slice(0, 4)), losses.join(" "));
  const model = decodeModel(taught, { file: "taught" });
  assertEquals(model.architecture, file.architecture);
  assertEquals(JSON.parse(model.weights.metadata.versions), { kymo: "0" });
});
