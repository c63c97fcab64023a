// The whole way on a tiny video with a model whose answers are known.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { encodeGreyTiff, encodeLabelTiff } from "../../../../train/images/formats/encode.ts";
import { foregroundOf, type LabelImage } from "../../../../train/images/image.ts";
import { decodeImage, readLabels } from "../../../../train/images/formats/decode.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { steady } from "../../../../train/jobs/steady/steady.ts";
import type {
  SteadyEvent,
  SteadyOptions,
  TaskEvent,
} from "../../../../train/jobs/steady/steady_options.ts";
import { filesIn, withFolder } from "../../fixtures/temporary.ts";
import {
  diamonds,
  peaks,
  SMALL,
  starModel,
  THREE_PLACES,
} from "../../fixtures/models/star_model.ts";

const FRAMES = 4;

/** A folder with a video of three objects that stay, and a model that finds them. */
function files(): Record<string, Uint8Array> {
  const frames = Array.from({ length: FRAMES }, (_, t) => [`video/t00${t}.tif`, frame()] as const);
  return { "model/weights.safetensors": starModel(), ...Object.fromEntries(frames) };
}

function frame(): Uint8Array {
  return encodeGreyTiff([peaks(THREE_PLACES, SMALL)]);
}

function steadyIn(folder: string, options: Partial<SteadyOptions> = {}) {
  const places = { video: `${folder}/video`, model: `${folder}/model`, out: `${folder}/out` };
  return steady({ ...places, rounds: 2, ...options });
}

function tasksOf(events: readonly SteadyEvent[]): string[] {
  return events.filter((event): event is TaskEvent => event.type === "task")
    .map(({ task, isKept }) => isKept ? `${task} kept` : task);
}

Deno.test("steady() looks, adapts, compares, segments and reports; a stop is gone on behind", async () => {
  await withFolder(files(), async (folder) => {
    const stop = new AbortController();
    const begun: SteadyEvent[] = [];
    await assertRejects(
      async () => {
        for await (const event of steadyIn(folder, { stop: stop.signal })) {
          begun.push(event);
          if (event.type === "task" && event.task === "compare") stop.abort();
        }
      },
      Error,
      "Stopped",
    );
    assertEquals(tasksOf(begun), ["look", "adapt", "compare"]);
    await assertRejects(() => Array.fromAsync(steadyIn(folder)), Error, "add --resume");

    const events = await Array.fromAsync(steadyIn(folder, { resume: true }));
    assertEquals(tasksOf(events), [
      "look kept",
      "adapt kept",
      "compare",
      "predict",
      "track",
      "report",
    ]);
    const done = events.at(-1)!;
    assert(done.type === "steady");
    // A student of two rounds cannot find more than all.
    assertEquals(done.chosen, "unadapted");
    assertEquals(done.model, `${folder}/model`);
    let first: LabelImage | null = null;
    for (let t = 0; t < FRAMES; t++) {
      const labels = await readLabels(await decodeImage(disk, `${done.labels}/t00${t}.tif`), 0);
      // Objects stay where they are, and so do their numbers.
      first ??= labels;
      assertEquals(labels, first);
      // Which object has which number is of no importance.
      assertEquals(foregroundOf(labels), foregroundOf(diamonds(THREE_PLACES, SMALL)));
      assertEquals(Math.max(...labels.data), THREE_PLACES.length);
    }
    const tracks = (await Deno.readTextFile(`${done.labels}/tracks.csv`)).trim().split("\n");
    assertEquals(tracks.length, 1 + THREE_PLACES.length);
    const notes = events.flatMap((event) => event.type === "note" ? [event.text] : []);
    assertEquals(
      notes.filter((text) => text.includes("put back")),
      [`${THREE_PLACES.length} tracks, 0 divisions; 0 objects were put back that single frames miss`],
    );
    const page = await Deno.readTextFile(done.report);
    assertStringIncludes(page, "Adapting did not help, so the model is taken as it was");
    assertEquals(page.match(/<g data-number=/g)?.length, FRAMES);

    const again = await Array.fromAsync(steadyIn(folder, { resume: true }));
    assertEquals(tasksOf(again), [
      ...["look kept", "adapt kept", "compare kept", "predict kept", "track kept"],
      "report",
    ]);
    const other = { resume: true, seed: 2 };
    await assertRejects(() => Array.fromAsync(steadyIn(folder, other)), Error, "it was begun with");
    // Another movie of the same size under the same name.
    await Deno.writeFile(`${folder}/video/t000.tif`, encodeGreyTiff([peaks([], SMALL)]));
    await assertRejects(
      () => Array.fromAsync(steadyIn(folder, { resume: true })),
      Error,
      "it was begun with video",
    );
  });
});

Deno.test("steady() is begun with other settings where nothing is complete yet", async () => {
  await withFolder(files(), async (folder) => {
    const until = async (type: SteadyEvent["type"], options: Partial<SteadyOptions>) => {
      for await (const event of steadyIn(folder, options)) if (event.type === type) return;
    };
    const record = async () => JSON.parse(await Deno.readTextFile(`${folder}/out/steady.json`));
    await until("input", { seed: 1 });
    assertEquals((await record()).settings.seed, 1);
    await until("input", { seed: 2, resume: true });
    await until("range", { seed: 3 });
    assertEquals((await record()).settings.seed, 3);
    const again = (options: Partial<SteadyOptions>) => until("input", options);
    await assertRejects(() => again({ seed: 3 }), Error, "add --resume");
    await assertRejects(
      () => again({ seed: 4, resume: true }),
      Error,
      "it was begun with settings",
    );
  });
});

Deno.test("steady() shows a video enlarged to the model, and gives labels in its own size", async () => {
  await withFolder(files(), async (folder) => {
    const auto = steadyIn(folder, { rescale: "auto" });
    await assertRejects(
      () => Array.fromAsync(auto),
      RangeError,
      "give a factor, such as --rescale",
    );
    const events = await Array.fromAsync(steadyIn(folder, { rescale: 0.5 }));
    const notes = events.flatMap((event) => event.type === "note" ? [event.text] : []);
    assertStringIncludes(notes.join("\n"), "video: seen enlarged 0.5 times");
    const done = events.at(-1)!;
    assert(done.type === "steady");
    const { width, height } = await decodeImage(disk, `${done.labels}/t000.tif`);
    assertEquals({ width, height }, SMALL);
    const record = JSON.parse(await Deno.readTextFile(`${folder}/out/labels/predict.json`));
    assertEquals(record.settings.rescale, 0.5);
    const other = steadyIn(folder, { resume: true, rescale: 2 });
    await assertRejects(() => Array.fromAsync(other), Error, "it was begun with");
  });
});

Deno.test("steady() says of a label-free video that it is one, and adapts to nothing", async () => {
  // Half of the spots are darker than the ground.
  const ground = { ...SMALL, data: peaks([], SMALL).data.fill(2000) };
  const bright = peaks(THREE_PLACES, SMALL).data;
  const dark =
    peaks(THREE_PLACES.map(({ row, column }) => ({ row, column: column + 8 })), SMALL).data;
  const image = {
    ...SMALL,
    data: ground.data.map((value, i) => value + bright[i] - dark[i] + 40 * (i * 7 % 11)),
  };
  const video = Object.fromEntries(
    Array.from({ length: 3 }, (_, t) => [`video/t${t}.tif`, encodeGreyTiff([image])]),
  );
  await withFolder({ "model/weights.safetensors": starModel(), ...video }, async (folder) => {
    const events = await Array.fromAsync(steadyIn(folder));
    const warnings = events.flatMap((event) => event.type === "warning" ? [event.text] : []);
    assertStringIncludes(warnings[0], "looks label-free");
    assertEquals(events.some(({ type }) => type === "step"), false);
    const done = events.at(-1)!;
    assert(done.type === "steady");
    assertStringIncludes(await Deno.readTextFile(done.report), "looks label-free");
  });
});

Deno.test("steady() refuses what is no video, before there is a folder", async () => {
  const still = {
    ...files(),
    "one.tif": frame(),
    "labels.tif": encodeLabelTiff([diamonds(THREE_PLACES, SMALL)]),
  };
  await withFolder(still, async (folder) => {
    const failsWith = (options: Partial<SteadyOptions>, words: string) =>
      assertRejects(() => Array.fromAsync(steadyIn(folder, options)), Error, words);
    await failsWith({ video: `${folder}/one.tif` }, "it has 1 frame");
    await failsWith({ video: `${folder}/nothing` }, "does not exist");
    await failsWith({ stills: `${folder}/nothing` }, "does not exist");
    await failsWith({ stills: `${folder}/video` }, "its layout is not known");
    await failsWith({ model: `${folder}/nothing` }, "give the folder of a training run");
    assertEquals(await Deno.stat(`${folder}/out`).catch(() => null), null);
    await failsWith({ resume: true }, "nothing was begun there");
  });
});

Deno.test("steady() leaves what others have where its results go, and says so first", async () => {
  const named = [
    ["out/model", "out/model/state.safetensors"],
    ["out/model", "out/model/config.json"],
    ["out/labels", "out/labels/t000.tif"],
    ["out/tracks", "out/tracks/tracks.csv"],
    ["out/report.html", "out/report.html"],
    ["out/labels", "out/labels"],
  ];
  for (const [part, mine] of named) {
    await withFolder({ ...files(), [mine]: "mine" }, async (folder) => {
      const before = await filesIn(folder);
      for (const resume of [false, true]) {
        const events: SteadyEvent[] = [];
        const run = async () => {
          for await (const event of steadyIn(folder, { resume })) events.push(event);
        };
        const error = await assertRejects(run, Error, `${folder}/${part}: it`);
        assertStringIncludes(error.message, "give another --out");
        assertEquals(events, []);
      }
      assertEquals(await filesIn(folder), before);
    });
  }
  const inside = { ...files(), "out/model/weights.safetensors": starModel() };
  await withFolder(inside, async (folder) => {
    const run = steadyIn(folder, { model: `${folder}/out/model` });
    await assertRejects(() => Array.fromAsync(run), Error, `${folder}/out/model: it already holds`);
  });
});

Deno.test("steady() goes on with no run but the one that it began", async () => {
  await withFolder(files(), async (folder) => {
    const until = async (is: (event: SteadyEvent) => boolean, resume = false) => {
      for await (const event of steadyIn(folder, { resume })) if (is(event)) return;
    };
    await until(({ type }) => type === "step");
    const config = `${folder}/out/model/config.json`;
    const own = await Deno.readTextFile(config);
    const other = JSON.stringify({ ...JSON.parse(own), video: ["elsewhere"] });
    await Deno.writeTextFile(config, other);
    await Deno.writeTextFile(`${folder}/out/model/control.safetensors`, "mine");
    const before = await filesIn(folder);
    await assertRejects(
      () => Array.fromAsync(steadyIn(folder, { resume: true })),
      Error,
      `${folder}/out/model: it holds a run on something else; give another --out`,
    );
    assertEquals(await filesIn(folder), before);
    await Deno.remove(`${folder}/out/model/control.safetensors`);
    await Deno.writeTextFile(config, own);
    await until(({ type }) => type === "step", true);
    // A look at the video makes no folder this work's.
    const record = `${folder}/out/steady.json`;
    const { begun, ...rest } = JSON.parse(await Deno.readTextFile(record));
    assertEquals(begun, ["model"]);
    await Deno.writeTextFile(record, JSON.stringify({ ...rest, begun: [] }));
    await assertRejects(() => until(() => false, true), Error, "out/model: it already holds");
  });
});
