// What predict makes of its inputs: folders of stills and of frames, files that are no images, and files
// that cannot be read.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { decodeSafeTensors, encodeSafeTensors } from "../../../../nn/safetensors.ts";
import type { Plane } from "../../../../train/images/image.ts";
import { Random } from "../../../../train/images/random.ts";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { predict } from "../../../../train/jobs/predict/predict.ts";
import type { PredictOptions } from "../../../../train/jobs/predict/predict_options.ts";
import { pages } from "../../fixtures/label_pages.ts";
import {
  labelsOf,
  picture,
  type Rectangle,
  thresholdModel,
  tiffOf,
} from "../../fixtures/models/threshold_model.ts";
import { withFolder } from "../../fixtures/temporary.ts";

const A: Rectangle = { x: 1, y: 1, width: 3, height: 2 };
const B: Rectangle = { x: 6, y: 2, width: 4, height: 3 };
const DIM: Rectangle = { ...B, value: 100 };
const MODEL = { "model/weights.safetensors": thresholdModel() };

/** A file whose sizes can be read, but not its pixels. */
function spoilt(): Uint8Array<ArrayBuffer> {
  return tiffOf([A]).map((byte, i) => i >= 8 && i < 14 ? byte ^ 255 : byte);
}

const cut = () => tiffOf([A]).slice(0, 40);

/** Predicts, and gives the notes, what was written, and the error in the end, if any. */
async function told(folder: string, options: Partial<PredictOptions>) {
  const { inputs = [], ...others } = options;
  const all = {
    ...{ model: `${folder}/model`, out: `${folder}/out` },
    ...others,
    inputs: inputs.map((name) => `${folder}/${name}`),
  };
  const notes: string[] = [];
  const objects: Record<string, number> = {};
  let error = "";
  try {
    for await (const event of predict(all)) {
      if (event.type === "note") notes.push(event.text.replaceAll(`${folder}/`, ""));
      if (event.type === "frame") objects[event.name] = event.objects;
    }
  } catch (thrown) {
    error = (thrown as Error).message.replaceAll(`${folder}/`, "");
  }
  const names = await Array.fromAsync(Deno.readDir(all.out), ({ name }) => name).catch(() => []);
  const written = names.filter((name) => name !== "predict.json").sort();
  return { notes, objects, error, written };
}

Deno.test("predict() takes a folder for a video where its images are numbered, else for stills", async () => {
  const stills = { "s/bright.tif": tiffOf([A]), "s/dim.tif": tiffOf([DIM]) };
  const frames = { "v/t1.tif": tiffOf([A]), "v/t2.tif": tiffOf([DIM]) };
  await withFolder({ ...MODEL, ...stills, ...frames }, async (folder) => {
    const each = await told(folder, { inputs: ["s"] });
    assertEquals(each.objects, { "bright.tif": 1, "dim.tif": 1 });
    assertEquals(each.notes, [
      "s: its 2 images are not numbered one after the other, so each stands for itself; --as video " +
      "takes them for one",
    ]);
    assertEquals(await pages(`${folder}/out/dim.tif`), [labelsOf([DIM])]);
    const asked = { inputs: ["s"], overwrite: true };
    const joint = { "bright.tif": 1, "dim.tif": 0 };
    assertEquals((await told(folder, { ...asked, as: "video" })).objects, joint);
    assertEquals((await told(folder, { ...asked, normalize: "video" })).objects, joint);
    assertEquals((await told(folder, { inputs: ["v"] })).objects, { "t1.tif": 1, "t2.tif": 0 });
    const apart = await told(folder, { inputs: ["v"], overwrite: true, as: "stills" });
    assertEquals([apart.objects, apart.notes], [{ "t1.tif": 1, "t2.tif": 1 }, []]);
  });
});

Deno.test("predict() takes stills of any size from a folder, and says which frames differ", async () => {
  const small = encodeGreyTiff([{
    width: 5,
    height: 4,
    data: new Float32Array(20).fill(1000, 0, 3),
  }]);
  const files = {
    "s/a.tif": tiffOf([A]),
    "s/b.tif": small,
    "v/t1.tif": tiffOf([A]),
    "v/t2.tif": small,
  };
  await withFolder({ ...MODEL, ...files }, async (folder) => {
    assertEquals((await told(folder, { inputs: ["s"] })).objects, { "a.tif": 1, "b.tif": 1 });
    const { error } = await told(folder, { inputs: ["v"] });
    assertStringIncludes(error, "t2.tif is 5x4, t1.tif is 13x9; keep only frames of one size");
    assertStringIncludes(error, "or predict images that are no video --as stills");
    assertEquals((await told(folder, { inputs: ["v"], as: "stills" })).objects, {
      "t1.tif": 1,
      "t2.tif": 1,
    });
  });
});

Deno.test("predict() reads stills of any position, where they are said to be stills", async () => {
  const files = Object.fromEntries(
    ["s1_a", "s1_b", "s2_a", "s2_b"].map((name) => [`p/${name}.tif`, tiffOf([A])]),
  );
  await withFolder({ ...MODEL, ...files }, async (folder) => {
    const { error } = await told(folder, { inputs: ["p"] });
    assertStringIncludes(
      error,
      "are of 2 positions (1, 2); put each into a folder of its own, or",
    );
    const { objects } = await told(folder, { inputs: ["p"], as: "stills" });
    assertEquals(objects, { "s1_a.tif": 1, "s1_b.tif": 1, "s2_a.tif": 1, "s2_b.tif": 1 });
  });
});

Deno.test("predict() passes over what a shell finds beside images", async () => {
  const junk = { "d/notes.txt": "hello", "d/empty": "", "d/sub/readme.md": "none" };
  const files = { "d/a.tif": tiffOf([A]), "d/image": tiffOf([B]), "d/film/t1.tif": tiffOf([A, B]) };
  await withFolder({ ...MODEL, ...junk, ...files }, async (folder) => {
    const inputs = ["a.tif", "empty", "film", "image", "notes.txt", "sub"].map((name) =>
      `d/${name}`
    );
    const { notes, objects, error } = await told(folder, { inputs });
    assertEquals(objects, { "a.tif": 1, "t1.tif": 2, "image": 1 });
    assertEquals([notes, error], [[
      "d/empty and d/notes.txt: it is no image: passed over",
      "d/sub: no images are in it: passed over",
    ], ""]);
    const none = await told(folder, { inputs: ["d/notes.txt", "d/sub"] });
    assertStringIncludes(none.error, "d/notes.txt and 1 more: none of them is an image");
    assertStringIncludes(
      (await told(folder, { inputs: ["d/notes.txt"] })).error,
      "neither PNG nor",
    );
  });
});

Deno.test("predict() names all files that cannot be opened before it does anything", async () => {
  const files = { "a.tif": tiffOf([A]), "b.tif": cut(), "c.tif": "text", "d.tif": tiffOf([B]) };
  await withFolder({ ...MODEL, ...files }, async (folder) => {
    const inputs = ["a.tif", "b.tif", "c.tif", "d.tif", "gone.tif"];
    const { error, written } = await told(folder, { inputs });
    assert(error.startsWith("Cannot read 3 of 5 images: b.tif (it points"), error);
    for (const says of ["c.tif (it is neither PNG", "gone.tif (", "--skip-damaged"]) {
      assertStringIncludes(error, says);
    }
    assertEquals(written, []);
    assertStringIncludes(
      (await told(folder, { inputs: ["a.tif", "b.tif"] })).error,
      "copy it again",
    );
  });
});

Deno.test("predict() goes on without damaged files where it may, and fails in the end", async () => {
  const files = { "a.tif": tiffOf([A]), "b.tif": cut(), "c.tif": spoilt(), "d.tif": tiffOf([B]) };
  await withFolder({ ...MODEL, ...files }, async (folder) => {
    const inputs = ["a.tif", "b.tif", "c.tif", "d.tif"];
    const { notes, objects, error, written } = await told(folder, { inputs, skipDamaged: true });
    assertEquals(objects, { "a.tif": 1, "d.tif": 1 });
    assertEquals(written, ["a.tif", "d.tif"]);
    assertEquals(notes.map((note) => note.slice(0, 5)), ["b.tif", "c.tif"]);
    assertEquals(error, "Cannot read 2 images, which the notes name: all others are done");
    await assertRejects(
      () =>
        Array.fromAsync(predict({
          ...{ model: `${folder}/model`, out: `${folder}/none`, skipDamaged: true },
          inputs: [`${folder}/b.tif`],
        })),
      SyntaxError,
      "b.tif",
    );
  });
});

Deno.test("predict() names all frames with damaged pixels when it meets the first", async () => {
  const files = { "b.tif": spoilt(), "c.tif": tiffOf([A]), "d.tif": spoilt() };
  await withFolder({ ...MODEL, ...files }, async (folder) => {
    const { error, objects } = await told(folder, { inputs: ["c.tif", "b.tif", "d.tif"] });
    assert(error.startsWith("Cannot read 2 of 2 images: b.tif (strip 1 of 1"), error);
    assertStringIncludes(error, "d.tif (strip 1 of 1");
    assertEquals(objects, { "c.tif": 1 });
  });
});

Deno.test("predict() leaves damaged frames out of a video and of its range, stacks as a whole", async () => {
  const video = {
    "v/t1.tif": tiffOf([A]),
    "v/t2.tif": spoilt(),
    "v/t3.tif": tiffOf([B]),
    "v/t4.tif": cut(),
  };
  const stack = tiffOf([A], [B], [A]);
  const at = stack.findIndex((_, i) =>
    i > 300 && stack[i] === 0x78 && (0x7800 | stack[i + 1]) % 31 === 0
  );
  const broken = stack.map((byte, i) => i > at && i < at + 6 ? byte ^ 255 : byte);
  await withFolder(
    { ...MODEL, ...video, "s.tif": broken, "z.tif": tiffOf([A, B]) },
    async (folder) => {
      const { objects, notes, written, error } = await told(folder, {
        inputs: ["v", "s.tif", "z.tif"],
        skipDamaged: true,
      });
      assertEquals(objects, { "t1.tif": 1, "t3.tif": 1, "z.tif": 2 });
      assertEquals(written, ["t1.tif", "t3.tif", "z.tif"]);
      assertEquals(notes.map((note) => note.split(" ")[0]), ["v/t4.tif", "v/t2.tif", "s.tif#2"]);
      assertStringIncludes(error, "Cannot read 3 images");
    },
  );
});

Deno.test("predict() keeps the objects of a video with a flash, a black and an 8-bit frame, and names them", async () => {
  const noisy = (shown: Rectangle[], { gain = 1, offset = 0 } = {}, seed = 0) => {
    const plane = picture(shown);
    const data = plane.data.map((v, i) => gain * (100 + v + (i * 7 + seed) % 5) + offset);
    return { ...plane, data };
  };
  const frames = [0, 1, 2, 3, 4, 5].map((t) => noisy([A, { ...B, value: 600 }], {}, t));
  const folderOf = (frames: Parameters<typeof encodeGreyTiff>[0]) =>
    Object.fromEntries(frames.map((frame, t) => [`v/t${t}.tif`, encodeGreyTiff([frame])]));
  const flash = noisy([A, B], { gain: 12 });
  const black = { ...frames[0], data: new Float32Array(frames[0].data.length) };
  const shallow = encodeGreyTiff([{ ...frames[0], data: frames[0].data.map((v) => v / 8) }], {
    bits: 8,
  });
  const files = { ...folderOf(frames.with(1, flash).with(3, black)), "v/t6.tif": shallow };
  await withFolder({ ...MODEL, ...files }, async (folder) => {
    const { objects, notes } = await told(folder, { inputs: ["v"] });
    const [two, none] = [2, 0];
    assertEquals(objects, {
      ...{ "t0.tif": two, "t1.tif": two, "t2.tif": two, "t3.tif": none },
      ...{ "t4.tif": two, "t5.tif": two, "t6.tif": two },
    });
    assertEquals(notes.map((note) => note.split(": ")[1]), [
      "t1.tif is much brighter than the others",
      "t3.tif is without any contrast",
      "t6.tif is of another bit depth than the others",
    ]);
  });
});

Deno.test("predict() says of an image that all its pixels have the same value", async () => {
  const flat = encodeGreyTiff([{ width: 20, height: 10, data: new Float32Array(200).fill(7) }]);
  const files = { "model/weights.safetensors": thresholdModel(), "flat.tif": flat };
  await withFolder(files, async (folder) => {
    const { notes, objects } = await told(folder, { inputs: ["flat.tif"] });
    assertEquals(objects, { "flat.tif": 0 });
    assert(notes.includes("flat.tif: all pixels have the same value"), notes.join());
  });
});

/** One bright square of 9 pixels in an image of noise: less than 0.2 % of its pixels. */
function sparse(seed: number): Plane {
  const random = new Random(seed);
  const data = Float32Array.from({ length: 100 * 90 }, (_, i) => {
    const [x, y] = [i % 100, Math.floor(i / 100)];
    return 100 + 5 * random.normal() + (x > 40 && x < 44 && y > 30 && y < 34 ? 90 : 0);
  });
  return { width: 100, height: 90, data };
}

Deno.test("predict() keeps noise from becoming objects where there is hardly anything else, and says so", async () => {
  const { metadata, tensors } = decodeSafeTensors(thresholdModel(), "model");
  const settings = { low: 1, high: 99.8 };
  const normalization = JSON.stringify({
    stills: { mode: "image", ...settings },
    video: { mode: "video", ...settings },
  });
  const model = encodeSafeTensors({ metadata: { ...metadata, normalization }, tensors });
  const files = Object.fromEntries(
    [1, 2, 3].map((seed) => [`v/t${seed}.tif`, encodeGreyTiff([sparse(seed)])]),
  );
  await withFolder({ "model/weights.safetensors": model, ...files }, async (folder) => {
    const one = { "t1.tif": 1, "t2.tif": 1, "t3.tif": 1 };
    const video = await told(folder, { inputs: ["v"] });
    assertEquals(video.objects, one);
    assertEquals(video.notes.length, 1);
    assertStringIncludes(video.notes[0], "v: percentiles 1 and 99.8 lie within the noise");
    assertStringIncludes(video.notes[0], "objects cover less than 0.2 % of it");
    const stills = await told(folder, { inputs: ["v"], as: "stills", overwrite: true });
    assertEquals(stills.objects, one);
    assertStringIncludes(stills.notes.join(), "v/t1.tif and 2 others: percentiles 1 and 99.8");
    const exact = encodeSafeTensors({
      metadata: { ...metadata, normalization, range: "exact" },
      tensors,
    });
    await Deno.writeFile(`${folder}/model/weights.safetensors`, exact);
    const imported = await told(folder, { inputs: ["v"], overwrite: true });
    assert(Object.values(imported.objects).every((count) => count > 1));
    assertStringIncludes(imported.notes.join(), "noise may have become objects");
  });
});
