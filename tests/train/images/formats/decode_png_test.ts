import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { encode } from "fast-png";
import { crc32, deflateSync } from "node:zlib";
import { decodeImage, readLabels, readPlane } from "../../../../train/images/formats/decode.ts";
import { withFile } from "../../fixtures/temporary.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

/** A PNG chunk with its checksum. */
function chunk(type: string, content: Uint8Array): number[] {
  const body = [...new TextEncoder().encode(type), ...content];
  const length = new Uint8Array(8);
  const view = new DataView(length.buffer);
  view.setUint32(0, content.length);
  view.setUint32(4, crc32(Uint8Array.from(body)));
  return [...length.subarray(0, 4), ...body, ...length.subarray(4)];
}

/** A PNG file made by hand: rows without filter, in one pixel stream. */
function pngBytes(
  { width, height, bits, colour, rows, palette, interlace = 0 }: {
    width: number;
    height: number;
    bits: number;
    colour: number;
    rows: number[][];
    palette?: number[];
    interlace?: number;
  },
): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([bits, colour, 0, 0, interlace], 8);
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk("IHDR", header),
    ...(palette === undefined ? [] : chunk("PLTE", Uint8Array.from(palette))),
    ...chunk("IDAT", deflateSync(Uint8Array.from(rows.flatMap((row) => [0, ...row])))),
    ...chunk("IEND", new Uint8Array(0)),
  ]);
}

async function planeOf(bytes: Uint8Array): Promise<number[]> {
  return await withFile("a.png", bytes, async (path) => {
    return [...(await readPlane(await decodeImage(disk, path), 0)).data];
  });
}

async function labelsOf(bytes: Uint8Array): Promise<number[]> {
  return await withFile("a.png", bytes, async (path) => {
    return [...(await readLabels(await decodeImage(disk, path), 0)).data];
  });
}

Deno.test("decodeImage() reads grey PNGs of 1 to 16 bits", async () => {
  const grey = { width: 3, height: 2, colour: 0 };
  const cases: [number, number[][], number[]][] = [
    [1, [[0b10100000], [0b01000000]], [1, 0, 1, 0, 1, 0]],
    [2, [[0b11011000], [0b00011100]], [3, 1, 2, 0, 1, 3]],
    [4, [[0xf1, 0x20], [0x03, 0xa0]], [15, 1, 2, 0, 3, 10]],
    [8, [[255, 1, 2], [0, 3, 10]], [255, 1, 2, 0, 3, 10]],
    [16, [[1, 0, 0, 1, 0, 2], [255, 255, 0, 0, 0, 9]], [256, 1, 2, 65535, 0, 9]],
  ];
  for (const [bits, rows, expected] of cases) {
    const bytes = pngBytes({ ...grey, bits, rows });
    assertEquals(await planeOf(bytes), expected, `${bits} bits`);
    assertEquals(await labelsOf(bytes), expected, `${bits} bits`);
  }
});

Deno.test("decodeImage() reads an interlaced PNG", async () => {
  const data = Uint8Array.from({ length: 9 * 5 }, (_, i) => i * 5);
  const bytes = encode({ width: 9, height: 5, data, channels: 1 }, { interlace: "Adam7" });
  assertEquals(await planeOf(bytes), [...data]);
});

Deno.test("readPlane() converts RGB and RGBA PNGs to grey", async () => {
  const rgb = { width: 2, height: 1, bits: 8, colour: 2, rows: [[9, 9, 9, 0, 200, 0]] };
  const [equal, green] = await planeOf(pngBytes(rgb));
  assertEquals(equal, 9);
  assertAlmostEquals(green, 200 * 0.7154, 1e-4);
  const rgba = { ...rgb, colour: 6, rows: [[9, 9, 9, 255, 8, 8, 8, 0]] };
  assertEquals(await planeOf(pngBytes(rgba)), [9, 8]);
  const greyAlpha = { ...rgb, colour: 4, rows: [[9, 255, 8, 0]] };
  assertEquals(await planeOf(pngBytes(greyAlpha)), [9, 8]);
});

Deno.test("readPlane() and readLabels() take the greys of a grey palette", async () => {
  const palette = [0, 0, 0, 50, 50, 50, 7, 7, 7, 90, 90, 90];
  const bytes = pngBytes({
    width: 4,
    height: 1,
    bits: 2,
    colour: 3,
    rows: [[0b00011011]],
    palette,
  });
  assertEquals(await planeOf(bytes), [0, 50, 7, 90]);
  assertEquals(await labelsOf(bytes), [0, 50, 7, 90]);
});

Deno.test("readLabels() takes the indices of a colour palette that starts with black", async () => {
  const image = { width: 2, height: 1, bits: 8, colour: 3, rows: [[0, 1]] };
  assertEquals(await labelsOf(pngBytes({ ...image, palette: [0, 0, 0, 255, 0, 0] })), [0, 1]);
  await assertRejects(
    () => labelsOf(pngBytes({ ...image, palette: [255, 0, 0, 0, 255, 0] })),
    SyntaxError,
    "coloured",
  );
});

Deno.test("readLabels() refuses a coloured PNG", async () => {
  const bytes = pngBytes({ width: 1, height: 1, bits: 8, colour: 2, rows: [[1, 2, 3]] });
  await assertRejects(() => labelsOf(bytes), SyntaxError, "coloured");
});

Deno.test("decodeImage() refuses a PNG whose pixel stream is too short, too long or absurd", async () => {
  const image = { width: 2, height: 2, bits: 8, colour: 0, rows: [[1, 2], [3, 4]] };
  const refused = async (bytes: Uint8Array, words: string) => {
    await assertRejects(() => planeOf(bytes), SyntaxError, words);
  };
  await refused(pngBytes({ ...image, rows: [[1, 2]] }), "3 of 6");
  await refused(pngBytes({ ...image, rows: [[1, 2], [3, 4], [5, 6]] }), "damaged");
  await refused(pngBytes({ ...image, width: 40000, height: 40000 }), "too large");
  await refused(pngBytes({ ...image, width: 20000, height: 20000 }), "20000x20000 pixels");
  await refused(pngBytes({ ...image, width: 0 }), "0x2");
  await refused(pngBytes({ ...image, bits: 4, interlace: 1 }), "interlaced");
  await refused(pngBytes({ ...image, colour: 3, palette: [0, 0, 0] }), "colour 1 of a palette");
});
