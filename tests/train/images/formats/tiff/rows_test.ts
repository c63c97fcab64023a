// Some rows of a page are those of the page, and a page that is written in rows is the page.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  decodeImage,
  planeRowsReader,
  readPlane,
} from "../../../../../train/images/formats/decode.ts";
import { compressPage, TiffStackLayout } from "../../../../../train/images/formats/tiff_stack.ts";
import { concatenate } from "../../../../../train/images/formats/tiff_stack.ts";
import { TiffRowsLayout } from "../../../../../train/images/formats/tiff/write_rows.ts";
import { Random } from "../../../../../train/images/random.ts";
import { type TestPage, tiffBytes } from "../../../fixtures/tiff_bytes.ts";

const [WIDTH, HEIGHT] = [37, 50];

function randomData(samples = 1): number[] {
  const random = new Random(samples, 7);
  return Array.from({ length: WIDTH * HEIGHT * samples }, () => random.integer(250));
}

const LAYOUTS: Partial<TestPage>[] = [
  { rowsPerStrip: 1 },
  { rowsPerStrip: 8, compression: "deflate", predictor: 2 },
  { compression: "lzw" },
  { tile: [16, 16], compression: "packbits" },
  { tile: [32, 16], compression: "deflate", bits: 16 },
  { samples: 3, photometric: 2, rowsPerStrip: 7 },
  { samples: 3, photometric: 2, planar: true, rowsPerStrip: 7, compression: "deflate" },
  { samples: 3, photometric: 2, planar: true, tile: [16, 16] },
];

Deno.test("planeRowsReader() gives the rows that readPlane() gives, of strips and of tiles", async () => {
  for (const layout of LAYOUTS) {
    const page = { width: WIDTH, height: HEIGHT, data: randomData(layout.samples), ...layout };
    const stack = await decodeImage(tiffBytes([page, page]));
    const whole = await readPlane(stack, 1);
    const rows = planeRowsReader(stack)!;
    for (const [from, to] of [[0, 50], [0, 1], [13, 14], [15, 17], [6, 33], [49, 50]]) {
      const part = await rows(1, { from, to });
      assertEquals([part.width, part.height], [WIDTH, to - from]);
      const expected = whole.data.slice(from * WIDTH, to * WIDTH);
      assertEquals(part.data, expected, `${JSON.stringify(layout)} ${from}:${to}`);
    }
  }
});

Deno.test("planeRowsReader() reads sound rows of a file with damaged ones", async () => {
  const page: TestPage = {
    ...{ width: WIDTH, height: HEIGHT, data: randomData() },
    ...{ rowsPerStrip: 10, compression: "deflate" },
  };
  const bytes = tiffBytes([page]);
  const whole = await readPlane(await decodeImage(bytes), 0);
  // The first strip follows the head of the file.
  bytes.fill(0, 8, 40);
  const rows = planeRowsReader(await decodeImage(bytes))!;
  assertEquals(
    (await rows(0, { from: 10, to: 30 })).data,
    whole.data.slice(10 * WIDTH, 30 * WIDTH),
  );
  await assertRejects(() => rows(0, { from: 9, to: 30 }), SyntaxError, "cannot be decoded");
});

Deno.test("TiffRowsLayout writes the bytes of a page in one piece", () => {
  const random = new Random(1, 1);
  // So wide that a strip has 2 rows, or 3.
  const [width, height] = [10_000, 11];
  const values = Array.from({ length: width * height }, () => random.integer(9));
  const calibration = { width: 0.5, height: 0.5, unit: "micron" };
  const pages = [Uint16Array.from(values), Uint32Array.from(values), Float32Array.from(values)];
  for (const data of pages) {
    const whole = new TiffStackLayout(1, { calibration });
    const expected = concatenate([whole.add(compressPage({ width, height, data })), whole.end()]);
    const layout = new TiffRowsLayout({
      ...{ width, height, calibration },
      sampleBytes: data.BYTES_PER_ELEMENT as 2 | 4,
      isFloat: data instanceof Float32Array,
    });
    const parts = [layout.begin()];
    for (const [from, to] of [[0, 1], [1, 6], [6, 7], [7, 11]]) {
      parts.push(layout.add(data.slice(from * width, to * width)));
    }
    assertThrows(() => layout.add(data.slice(0, width)), RangeError, "12 rows");
    const fresh = new TiffRowsLayout({ width, height, sampleBytes: 2, isFloat: false });
    assertThrows(() => fresh.end(), RangeError, "0 rows are there");
    const { last, first } = layout.end();
    const bytes = concatenate([...parts, last]);
    bytes.set(first);
    assertEquals(bytes, expected);
  }
});
