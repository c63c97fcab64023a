import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { encodeGreyTiff, encodeLabelTiff } from "../../../../train/images/formats/encode.ts";
import { encodePng } from "../../../../train/images/formats/encode_png.ts";
import type { LabelImage } from "../../../../train/images/image.ts";
import { syntheticStills } from "../../../../train/synthetic/mod.ts";
import {
  annotateToMask,
  type AnnotateToMaskOptions,
} from "../../../../train/jobs/annotate/annotate_to_mask.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { scribbleOn } from "../../fixtures/scribble_image.ts";
import { pages } from "../../fixtures/label_pages.ts";
import { typesOf } from "../../fixtures/told.ts";

/** Quick ones: what is asked here does not depend on many scales. */
const QUICK = { sigmas: [1, 2], trees: 7, mostPixels: 200 };

/** Makes masks in a folder, of `images` by `scribbles` into `out` unless told, and gives all events. */
async function annotate(folder: string, options: Partial<AnnotateToMaskOptions> = {}) {
  const { images = "images", scribbles = "scribbles", out = "out", ...others } = options;
  return await Array.fromAsync(annotateToMask({
    ...QUICK,
    ...others,
    images: join(folder, images),
    scribbles: join(folder, scribbles),
    out: join(folder, out),
  }));
}

/** Squares of side 6 on a dark ground, two of them touching at a corner only. */
const SIDE = 24;
const PLACES = [[2, 2, 1000], [8, 8, 1000], [2, 16, 3000]] as const;

/** The class of a pixel: 0 on the ground, 1 on a grey square, 2 on a white one. */
function classAt(x: number, y: number): number {
  const place = PLACES.find(([left, top]) => x >= left && x < left + 6 && y >= top && y < top + 6);
  return place === undefined ? 0 : place[2] === 1000 ? 1 : 2;
}

function squares(): { image: Uint8Array<ArrayBuffer>; classes: Uint32Array<ArrayBuffer> } {
  const classes = Uint32Array.from(
    { length: SIDE * SIDE },
    (_, i) => classAt(i % SIDE, Math.floor(i / SIDE)),
  );
  const data = Float32Array.from(classes, (id, i) => [100, 1000, 3000][id] + i * 7 % 13);
  return { image: encodeGreyTiff([{ width: SIDE, height: SIDE, data }]), classes };
}

/** All pixels of every second row, as ids 1, 2 and 3. */
function everySecondRow(): Uint32Array<ArrayBuffer> {
  return squares().classes.map((id, i) => Math.floor(i / SIDE) % 2 === 0 ? id + 1 : 0);
}

function ids(data: Uint32Array<ArrayBuffer>, width = SIDE): Uint8Array<ArrayBuffer> {
  return encodeLabelTiff([{ width, height: data.length / width, data }]);
}

/** One scribbled image and one without scribbles. */
function twoImages() {
  const { image } = squares();
  return {
    "images/a.tif": image,
    "images/b.tif": image,
    "scribbles/a.tif": ids(everySecondRow()),
  };
}

function difference(found: LabelImage, expected: ArrayLike<number>): number {
  return found.data.filter((id, i) => id !== expected[i]).length / found.data.length;
}

Deno.test("annotateToMask() finds nuclei from a few strokes in two of four stills", async () => {
  const stills = syntheticStills({ seed: 5, count: 4, size: 96 });
  const files = Object.fromEntries(stills.flatMap(({ image, labels }, i) => {
    const drawn = scribbleOn(labels, { strokes: 8, length: 6, seed: i });
    return [
      [`images/s${i}.tif`, encodeGreyTiff([image])],
      ...(i < 2 ? [[`scribbles/s${i}.tif`, encodeLabelTiff([drawn])]] : []),
    ];
  }));
  await withFolder(files, async (folder) => {
    const events = await annotate(folder, { sigmas: [0.7, 1.6, 3.5], trees: 15, mostPixels: 200 });
    const trained = events.find((event) => event.type === "trained");
    assertEquals(trained?.images, 2);
    const accuracies = await Promise.all(stills.map(async ({ labels }, i) => {
      const [mask] = await pages(join(folder, "out", `s${i}.tif`));
      return 1 - difference(
        { ...mask, data: mask.data.map((id) => Math.min(1, id)) },
        labels.data.map((id) => Math.min(1, id)),
      );
    }));
    assert(accuracies.every((share) => share > 0.9), accuracies.join());
  });
});

Deno.test("annotateToMask() numbers the objects of all classes, joined at corners", async () => {
  await withFolder(twoImages(), async (folder) => {
    const events = await annotate(folder);
    assertEquals(typesOf(events), ["trained", "mask", "mask", "done"]);
    const masks = events.filter((event) => event.type === "mask");
    assertEquals(masks.map(({ name, done, total, objects }) => [name, done, total, objects]), [
      ["a.tif", 1, 2, 2],
      ["b.tif", 2, 2, 2],
    ]);
    for (const name of ["a.tif", "b.tif"]) {
      const [mask] = await pages(join(folder, "out", name));
      assert(difference(mask, squares().classes) < 0.02);
    }
  });
});

Deno.test("annotateToMask() writes classes when asked, or merges them before", async () => {
  await withFolder(twoImages(), async (folder) => {
    const events = await annotate(folder, { classes: true });
    const [classes] = await pages(join(folder, "out", "b.tif"));
    assert(difference(classes, squares().classes) < 0.02);
    assertEquals(new Set(classes.data), new Set([0, 1, 2]));
    const trained = events.find((event) => event.type === "trained");
    const counts = [0, 1, 2].map((id) =>
      everySecondRow().filter((drawn) => drawn === id + 1).length
    );
    assertEquals(trained?.scribbled, counts);
    await annotate(folder, { classes: true, merge: true, out: "merged" });
    const [merged] = await pages(join(folder, "merged", "b.tif"));
    assert(difference(merged, squares().classes.map((id) => Math.min(1, id))) < 0.02);
  });
});

Deno.test("annotateToMask() leaves out what is smaller than asked", async () => {
  await withFolder(twoImages(), async (folder) => {
    await annotate(folder, { minSize: 50 });
    const [mask] = await pages(join(folder, "out", "a.tif"));
    // Two squares that touch at a corner have 72 pixels together, the white one has 36.
    assertEquals([mask.data[3 * SIDE + 3] > 0, mask.data[18 * SIDE + 3]], [true, 0]);
  });
});

Deno.test("annotateToMask() takes a stack with a stack of scribbles, or one image", async () => {
  const { classes } = squares();
  const data = Float32Array.from(classes, (id) => 100 + 900 * id);
  const page = { width: SIDE, height: SIDE, data };
  const drawn = { width: SIDE, height: SIDE, data: everySecondRow() };
  const nothing = { ...drawn, data: new Uint32Array(SIDE * SIDE) };
  const files = {
    "movie.tif": encodeGreyTiff([page, page, page]),
    "drawn.tif": encodeLabelTiff([nothing, drawn, nothing]),
    "some/x001.tif": encodeLabelTiff([drawn]),
    "one.tif": encodeGreyTiff([page]),
    "other.tif": encodeLabelTiff([drawn]),
  };
  await withFolder(files, async (folder) => {
    await annotate(folder, { images: "movie.tif", scribbles: "drawn.tif" });
    assertEquals((await pages(join(folder, "out", "movie.tif"))).length, 3);
    await annotate(folder, { images: "movie.tif", scribbles: "some", out: "out2" });
    assertEquals(
      await Deno.readFile(join(folder, "out2", "movie.tif")),
      await Deno.readFile(join(folder, "out", "movie.tif")),
    );
    await annotate(folder, { images: "one.tif", scribbles: "other.tif" });
    assertEquals((await pages(join(folder, "out", "one.tif"))).length, 1);
  });
});

Deno.test("annotateToMask() keeps what exists unless told, and repeats itself bit for bit", async () => {
  await withFolder(twoImages(), async (folder) => {
    await annotate(folder, { normalize: "video" });
    const first = await Deno.readFile(join(folder, "out", "b.tif"));
    await Deno.writeTextFile(join(folder, "out", "a.tif"), "mine");
    await Deno.remove(join(folder, "out", "b.tif"));
    const events = await annotate(folder, { normalize: "video" });
    assertEquals(events.at(-1), { type: "done", out: join(folder, "out"), written: 1, kept: 1 });
    assertEquals(await Deno.readTextFile(join(folder, "out", "a.tif")), "mine");
    assertEquals(await Deno.readFile(join(folder, "out", "b.tif")), first);
    await annotate(folder, { normalize: "video", overwrite: true });
    assertEquals((await pages(join(folder, "out", "a.tif"))).length, 1);
    const names = await Array.fromAsync(Deno.readDir(join(folder, "out")), ({ name }) => name);
    assertEquals(names.sort(), ["a.tif", "b.tif"]);
  });
});

Deno.test("annotateToMask() says which scribbles belong to no image", async () => {
  const files = { ...twoImages(), "scribbles/c.tif": ids(everySecondRow()) };
  await withFolder(files, async (folder) => {
    const [note] = await annotate(folder);
    assert(
      note.type === "note" && note.text.startsWith("1 scribble image in "),
      JSON.stringify(note),
    );
  });
});

Deno.test("annotateToMask() refuses scribbles that it cannot learn from", async () => {
  const { image } = squares();
  const drawn = everySecondRow();
  const refused = async (scribbles: Record<string, Uint8Array>, words: string) => {
    await withFolder(
      { "images/a.tif": image, "images/z.tif": image, ...scribbles },
      async (folder) => {
        await assertRejects(() => annotate(folder), RangeError, words);
        await assertRejects(() => Deno.stat(join(folder, "out")), Deno.errors.NotFound);
      },
    );
  };
  await refused({ "scribbles/a.tif": ids(drawn.map(() => 0)) }, "nothing is drawn");
  await refused({ "scribbles/a.tif": ids(drawn.map((id) => Math.min(1, id))) }, "only background");
  await refused({ "scribbles/a.tif": ids(drawn.map((id) => id > 0 ? 2 : 0)) }, "no background");
  await refused({ "scribbles/a.tif": ids(drawn.map((id) => id * 40)) }, "at most 64 are classes");
  await refused({ "scribbles/a.tif": ids(drawn, 2 * SIDE) }, "48x12, the image 24x24");
  await refused({ "scribbles/b.tif": ids(drawn) }, "no name is in both");
  await refused({
    "scribbles/a.tif": ids(drawn),
    "scribbles/a.png": encodePng({
      width: SIDE,
      height: SIDE,
      channels: 1,
      data: Uint8Array.from(drawn),
    }),
  }, "both belong to a.tif");
});

Deno.test("annotateToMask() never writes among its inputs, and refuses broken settings", async () => {
  await withFolder(twoImages(), async (folder) => {
    for (const out of ["images", "scribbles", "out/../images"]) {
      await Deno.mkdir(join(folder, "out"), { recursive: true });
      await assertRejects(() => annotate(folder, { out }), Error, "give another --out");
    }
    await assertRejects(
      () =>
        annotate(folder, { images: "images/a.tif", scribbles: "scribbles/a.tif", out: "images" }),
      Error,
      "give another --out",
    );
    await assertRejects(() => annotate(folder, { trees: 0 }), RangeError, "trees is 0");
    await assertRejects(() => annotate(folder, { minSize: -1 }), RangeError, "minSize is -1");
    await assertRejects(() => annotate(folder, { sigmas: [0] }), RangeError, "sigma is 0");
    await Deno.writeTextFile(join(folder, "images", "c.tif"), "no image");
    await assertRejects(() => annotate(folder), SyntaxError, "c.tif");
  });
});
