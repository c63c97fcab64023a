import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeImage, readPlane } from "../../../../train/images/formats/decode.ts";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { imageFormats, namesOf } from "../../../../train/images/formats/list.ts";
import { readStills } from "../../../../train/images/series/stills.ts";
import { matchTruth } from "../../../../train/images/series/match_truth.ts";
import { openLabels } from "../../../../train/images/series/truth.ts";
import { openVideo } from "../../../../train/images/series/video.ts";
import { heldSource, listFolder, type Source } from "../../../../train/images/source.ts";
import { pgm, pgmBytes } from "../../fixtures/pgm_format.ts";

/** A pixel row of PGM. */
function row(...data: number[]): Uint8Array<ArrayBuffer> {
  return pgmBytes({ width: data.length, height: 1, data });
}

function source(files: Record<string, Uint8Array>): Source {
  return { ...heldSource(new Map(Object.entries(files))), formats: [...imageFormats, pgm] };
}

Deno.test("imageFormats are named once, and their endings are theirs alone", () => {
  const names = imageFormats.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  const endings = imageFormats.flatMap(({ extensions }) => extensions);
  assertEquals(new Set(endings).size, endings.length);
  assert(endings.every((ending) => /^[a-z0-9]+$/.test(ending)));
});

Deno.test("namesOf() lists formats in a sentence", () => {
  const sentences = (formats: typeof imageFormats) => [
    namesOf(formats),
    namesOf(formats, { negated: true }),
  ];
  assertEquals(sentences([pgm]), ["PGM", "no PGM"]);
  assertEquals(sentences(imageFormats), ["PNG or TIFF", "neither PNG nor TIFF"]);
  assertEquals(sentences([...imageFormats, pgm]), [
    "PNG, TIFF or PGM",
    "neither PNG, TIFF nor PGM",
  ]);
});

Deno.test("a format that is handed in is listed and read as a video, beside the others", async () => {
  const frames = {
    "movie/t2.pgm": row(2, 700),
    "movie/t10.PGM": row(10, 65535),
    "movie/t3.tif": encodeGreyTiff([{ width: 2, height: 1, data: Float32Array.of(3, 5) }]),
    "movie/notes.txt": new Uint8Array(1),
  };
  const video = await openVideo(source(frames), "movie");
  assertEquals(video.sourceNames, ["t2.pgm", "t3.tif", "t10.PGM"]);
  assertEquals(video.stems, ["t2", "t3", "t10"]);
  const values = [];
  for (let i = 0; i < video.length; i++) values.push([...(await video.frame(i)).data]);
  assertEquals(values, [[2, 700], [3, 5], [10, 65535]]);
  // Nobody else sees it.
  const { images } = await listFolder(heldSource(new Map(Object.entries(frames))), "movie");
  assertEquals(images, ["t3.tif"]);
});

Deno.test("a format that is handed in is read as stills and as labels of other files", async () => {
  const files = source({
    "set/images/a1.pgm": row(5, 6),
    "set/masks/a1.pgm": row(0, 300),
    "other/a1.tif": encodeGreyTiff([{ width: 2, height: 1, data: Float32Array.of(0, 1) }]),
    "other/b2.tif": encodeGreyTiff([{ width: 2, height: 1, data: Float32Array.of(0, 1) }]),
  });
  const [{ name, image, labels }] = await readStills(files, "set");
  assertEquals([name, [...image.data], [...labels.data]], ["a1", [5, 6], [0, 300]]);
  const masks = await openLabels(files, "set/masks");
  assertEquals([masks.stems, masks.numbers], [["a1"], [1]]);
  const { pairs } = matchTruth(await openLabels(files, "other"), masks);
  assertEquals(pairs, [{ label: 0, truth: 0 }]);
});

Deno.test("a format that is handed in decides what is said of others", async () => {
  const files = source({ "a.gif": Uint8Array.of(0x47, 0x49, 0x46), "b.pgm": row(1).slice(0, -1) });
  await assertRejects(
    () => decodeImage(files, "a.gif"),
    SyntaxError,
    'it is neither PNG, TIFF nor PGM (it starts with "GIF"); save the original image as PNG, TIFF ' +
      "or PGM",
  );
  await assertRejects(() => decodeImage(files, "b.pgm"), SyntaxError, "it is no PGM of 1x1");
  await assertRejects(
    () => openVideo(source({ "e/x": row(1) }), "e"),
    RangeError,
    "TIFF or PGM files",
  );
  // The content decides, not the name.
  const named = source({ "c.tif": row(9) });
  assertEquals([...(await readPlane(await decodeImage(named, "c.tif"), 0)).data], [9]);
});
