import { assert, assertEquals, assertThrows } from "@std/assert";
import { fromArrayBuffer } from "geotiff";
import UTIF from "utif";
import { decodeImage, readLabels, readPlane } from "../../../../train/images/formats/decode.ts";
import {
  encodeFloatTiff,
  encodeGreyTiff,
  encodeLabelTiff,
} from "../../../../train/images/formats/encode.ts";
import { encodePng } from "../../../../train/images/formats/encode_png.ts";
import { withFile } from "../../fixtures/temporary.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

const width = 83;
const height = 61;

function labels(frame: number, { most = 65535 } = {}) {
  const data = Uint32Array.from({ length: width * height }, (_, i) => (i * 7 + frame) % (most + 1));
  data[5] = most;
  return { width, height, data };
}

function plane(frame: number) {
  const data = Float32Array.from({ length: width * height }, (_, i) => Math.sin(i / 9 + frame));
  return { width, height, data };
}

/** Pages as an independent library reads them. */
async function readElsewhere(bytes: Uint8Array<ArrayBuffer>) {
  const file = await fromArrayBuffer(bytes.buffer);
  const pages = [];
  for (let i = 0; i < await file.getImageCount(); i++) {
    const image = await file.getImage(i);
    const [raster] = await image.readRasters();
    pages.push({
      bits: image.getBitsPerSample(),
      raster: [...raster as ArrayLike<number> as number[]],
    });
  }
  return pages;
}

Deno.test("encodeLabelTiff() writes 16-bit deflate pages that another library reads", async () => {
  const frames = [labels(0), labels(1), labels(2)];
  const pages = await readElsewhere(encodeLabelTiff(frames));
  assertEquals(pages.map(({ bits }) => bits), [16, 16, 16]);
  assertEquals(pages.map(({ raster }) => raster), frames.map(({ data }) => [...data]));
});

Deno.test("encodeLabelTiff() writes pages that browsers' usual TIFF library reads", () => {
  const frames = [labels(0), labels(1)];
  const { buffer } = encodeLabelTiff(frames);
  const pages: { data: Uint8Array }[] = UTIF.decode(buffer);
  const read = pages.map((page) => {
    UTIF.decodeImage(buffer, page, pages);
    return new Uint16Array(Uint8Array.from(page.data).buffer);
  });
  assertEquals(read.map((data) => [...data]), frames.map(({ data }) => [...data]));
});

Deno.test("encodeLabelTiff() takes 32 bits for all pages when one id needs them", async () => {
  const frames = [labels(0), labels(1, { most: 65536 })];
  const pages = await readElsewhere(encodeLabelTiff(frames));
  assertEquals(pages.map(({ bits }) => bits), [32, 32]);
  assertEquals(pages[1].raster, [...frames[1].data]);
});

Deno.test("encodeLabelTiff() and decodeImage() return the same ids and a time axis", async () => {
  const frames = [labels(0), labels(9, { most: 2 ** 32 - 2 })];
  await withFile("a.tif", encodeLabelTiff(frames), async (path) => {
    const stack = await decodeImage(disk, path);
    assertEquals(stack.axes, { t: 2, z: 1, c: 1 });
    assertEquals(await readLabels(stack, 1), frames[1]);
  });
});

Deno.test("encodeLabelTiff() compresses in several strips without a predictor", async () => {
  const large = { width: 512, height: 512, data: new Uint32Array(512 * 512).fill(3) };
  const bytes = encodeLabelTiff([large]);
  assert(bytes.length < 10_000, `${bytes.length} bytes`);
  const image = await (await fromArrayBuffer(bytes.buffer)).getImage();
  const directory = image.fileDirectory;
  assertEquals(directory.getValue("Compression"), 8);
  assertEquals(directory.hasTag("Predictor"), false);
  assertEquals(image.getTileHeight(), 64);
});

Deno.test("encodeLabelTiff() describes a stack to ImageJ as frames", () => {
  const text = new TextDecoder("latin1").decode(encodeLabelTiff([labels(0), labels(1)]));
  assert(text.includes("ImageJ=1.53t\nimages=2\nframes=2\n"));
  assert(!new TextDecoder("latin1").decode(encodeLabelTiff([labels(0)])).includes("ImageJ"));
});

Deno.test("encodeFloatTiff() keeps every bit of a probability map", async () => {
  const frames = [plane(0), plane(1)];
  const pages = await readElsewhere(encodeFloatTiff(frames));
  assertEquals(pages.map(({ raster }) => raster), frames.map(({ data }) => [...data]));
});

Deno.test("encodeGreyTiff() rounds and stays within the range of its bits", async () => {
  const image = { width: 5, height: 1, data: Float32Array.of(-3, 0.5, 254.4, 300, 70000) };
  assertEquals((await readElsewhere(encodeGreyTiff([image])))[0].raster, [0, 1, 254, 300, 65535]);
  const eight = (await readElsewhere(encodeGreyTiff([image], { bits: 8 })))[0];
  assertEquals(eight, { bits: 8, raster: [0, 1, 254, 255, 255] });
});

Deno.test("encodeGreyTiff() writes a single pixel and a very wide row", async () => {
  for (const [width, height] of [[1, 1], [70001, 2], [1, 3]]) {
    const data = Float32Array.from({ length: width * height }, (_, i) => i % 251);
    const [page] = await readElsewhere(encodeGreyTiff([{ width, height, data }]));
    assertEquals(page.raster, [...data]);
  }
});

Deno.test("encodeLabelTiff() refuses no image, unequal sizes and wrong lengths", () => {
  assertThrows(() => encodeLabelTiff([]), RangeError, "there is no image");
  const small = { width: 2, height: 1, data: new Uint32Array(2) };
  assertThrows(
    () => encodeLabelTiff([small, { width: 1, height: 2, data: new Uint32Array(2) }]),
    RangeError,
    "page 2 is 1x2, page 1 is 2x1",
  );
  assertThrows(
    () => encodeLabelTiff([{ ...small, width: 3 }]),
    RangeError,
    "an image of 3x1 has 2 pixels",
  );
});

Deno.test("encodePng() and decodeImage() return the same picture", async () => {
  const grey = { width: 3, height: 1, channels: 1, data: Uint16Array.of(0, 258, 65535) } as const;
  await withFile("a.png", encodePng(grey), async (path) => {
    const stack = await decodeImage(disk, path);
    assertEquals(stack.bits, 16);
    assertEquals([...(await readPlane(stack, 0)).data], [0, 258, 65535]);
  });
  const rgb = { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) } as const;
  await withFile("a.png", encodePng(rgb), async (path) => {
    assertEquals([...await (await decodeImage(disk, path)).page(0)], [1, 2, 3]);
  });
});

Deno.test("encodePng() refuses an array of another size", () => {
  const picture = { width: 2, height: 2, channels: 3, data: new Uint8Array(4) } as const;
  assertThrows(() => encodePng(picture), RangeError, "2x2 with 3 channels has 4 values");
});
