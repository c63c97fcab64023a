// Images that lie in memory, or that a user gave to a page.
import { assertEquals, assertRejects } from "@std/assert";
import { decodeImage, readPlane } from "../../../../train/images/formats/decode.ts";
import { encodeGreyTiff } from "../../../../train/images/formats/encode.ts";
import { encodePng } from "../../../../train/images/formats/encode_png.ts";
import type { ImageStack } from "../../../../train/images/formats/format.ts";
import { heldSource } from "../../../../train/images/source.ts";
import { pgm, pgmBytes } from "../../fixtures/pgm_format.ts";

const PLANES = [[1, 2, 3], [4, 5, 6]].map((data) => ({
  ...{ width: 3, height: 1, data: Float32Array.from(data) },
}));
const TIFF = encodeGreyTiff(PLANES);

async function valuesOf(stack: ImageStack): Promise<number[][]> {
  const planes = [];
  for (let page = 0; page < stack.length; page++) planes.push(await readPlane(stack, page));
  return planes.map(({ data }) => [...data]);
}

Deno.test("decodeImage() reads bytes, a Blob, a File and a path alike", async () => {
  const places: Promise<ImageStack>[] = [
    decodeImage(TIFF),
    decodeImage(new Blob([TIFF])),
    decodeImage(new File([TIFF], "a/b.tif")),
    decodeImage(heldSource(new Map([["f/a.tif", TIFF]])), "f/a.tif"),
  ];
  for (const place of places) assertEquals(await valuesOf(await place), [[1, 2, 3], [4, 5, 6]]);
});

Deno.test("decodeImage() reads bytes that are a part of others", async () => {
  const longer = new Uint8Array(TIFF.length + 20);
  longer.set(TIFF, 7);
  assertEquals(await valuesOf(await decodeImage(longer.subarray(7, 7 + TIFF.length))), [
    [1, 2, 3],
    [4, 5, 6],
  ]);
});

Deno.test("decodeImage() names what it could not read", async () => {
  const text = new TextEncoder().encode("no image");
  const cases: [image: Promise<ImageStack>, name: string][] = [
    [decodeImage(text), "image"],
    [decodeImage(new Blob([text])), "image"],
    [decodeImage(new File([text], "notes.tif")), "notes.tif"],
    [decodeImage(new File([text], "notes.tif"), { name: "other.tif" }), "other.tif"],
  ];
  for (const [image, name] of cases) {
    await assertRejects(() => image, SyntaxError, `Cannot read ${name}: it is neither`);
  }
  await assertRejects(() => decodeImage(new Uint8Array()), SyntaxError, "it is empty");
});

Deno.test("decodeImage() takes formats of one's own for bytes, too", async () => {
  const bytes = pgmBytes({ width: 2, height: 1, data: [3, 4] });
  const formats = [pgm];
  assertEquals(await valuesOf(await decodeImage(bytes, { formats })), [[3, 4]]);
  const png = encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(9) });
  await assertRejects(() => decodeImage(png, { formats }), SyntaxError, "it is no PGM");
});
