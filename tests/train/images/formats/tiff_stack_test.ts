import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { fromArrayBuffer } from "geotiff";
import { decodeImage, readPlane } from "../../../../train/images/formats/decode.ts";
import {
  compressPage,
  concatenate,
  type StackOptions,
  TiffStackLayout,
} from "../../../../train/images/formats/tiff_stack.ts";
import type { Calibration, Plane } from "../../../../train/images/image.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { withFile } from "../../fixtures/temporary.ts";

const [WIDTH, HEIGHT] = [61, 43];
const FAR = 2 ** 33;

function plane(page: number): Plane {
  const data = Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => Math.sin(i + page));
  return { width: WIDTH, height: HEIGHT, data };
}

function fileOf(pages: number, options: StackOptions = {}): Uint8Array<ArrayBuffer> {
  const layout = new TiffStackLayout(pages, options);
  const parts = Array.from({ length: pages }, (_, i) => layout.add(compressPage(plane(i))));
  return concatenate([...parts, layout.end()]);
}

Deno.test("TiffStackLayout writes a BigTIFF that others read where 32 bits may not do", async () => {
  for (const pages of [1, 3]) {
    const bytes = fileOf(pages, { stripBytes: FAR });
    assertEquals([...bytes.subarray(0, 8)], [0x49, 0x49, 43, 0, 8, 0, 0, 0]);
    const file = await fromArrayBuffer(bytes.buffer);
    assertEquals(await file.getImageCount(), pages);
    await withFile("a.tif", bytes, async (path) => {
      const stack = await decodeImage(disk, path);
      assertEquals(stack.axes, { t: pages, z: 1, c: 1 });
      for (let i = 0; i < pages; i++) {
        const [raster] = await (await file.getImage(i)).readRasters();
        assertEquals([...raster as Float32Array], [...plane(i).data]);
        assertEquals(await readPlane(stack, i), plane(i));
      }
    });
  }
});

Deno.test("TiffStackLayout is a BigTIFF from the first page on where the pages may pass 4 GiB", () => {
  const page = compressPage(plane(0));
  const most = Math.floor(2 ** 32 / (4 * WIDTH * HEIGHT));
  const headOf = (pages: number, options?: StackOptions) =>
    new TiffStackLayout(pages, options).add(page)[2];
  assertEquals([headOf(3), headOf(most - Math.ceil(most / 4)), headOf(most)], [42, 42, 43]);
  // Where the size of all strips is known, it counts, not that of the pixels.
  assertEquals([headOf(most, { stripBytes: 1000 }), headOf(3, { stripBytes: FAR })], [42, 43]);
});

Deno.test("TiffStackLayout refuses more than was said rather than write what nobody can read", () => {
  const layout = new TiffStackLayout(2, { stripBytes: 0 });
  const { strips: _, ...page } = compressPage(plane(0));
  layout.add({ ...page, strips: [new Uint8Array(9)] });
  const long = { ...page, strips: [{ length: 2 ** 32 } as Uint8Array] };
  assertThrows(() => layout.add(long), RangeError, "over 4 GiB");
});

Deno.test("TiffStackLayout says what pages are and how large a pixel is, as ImageJ does", async () => {
  const calibration: Calibration = {
    ...{ width: 0.645, height: 0.5, depth: 2, unit: "micron", interval: 90 },
  };
  const cases: [pages: number, options: StackOptions, axes: { t: number; z: number }][] = [
    [3, { calibration }, { t: 3, z: 1 }],
    [3, { calibration, axis: "slices" }, { t: 1, z: 3 }],
    [1, { calibration }, { t: 1, z: 1 }],
    [2, { calibration, axis: "slices", stripBytes: FAR }, { t: 1, z: 2 }],
  ];
  for (const [pages, options, axes] of cases) {
    const bytes = fileOf(pages, options);
    const text = new TextDecoder("latin1").decode(bytes);
    assert(text.includes("\nunit=micron\nspacing=2\nfinterval=90\n"));
    const image = await (await fromArrayBuffer(bytes.buffer)).getImage();
    const fraction = await image.fileDirectory.loadValue("XResolution") as unknown as number[];
    const [above, below] = fraction;
    assertEquals([above, below], [1e6, 645_000]);
    await withFile("a.tif", bytes, async (path) => {
      const stack = await decodeImage(disk, path);
      assertEquals(stack.axes, { ...axes, c: 1 });
      assertEquals(stack.calibration, calibration);
    });
  }
});

Deno.test("TiffStackLayout keeps sizes of any magnitude, and units of other letters", async () => {
  for (const width of [1e-4, 1 / 3, 0.1625, 1, 12.5, 1e4]) {
    const calibration = { width, height: width / 3, unit: "Å" };
    await withFile("a.tif", fileOf(1, { calibration }), async (path) => {
      const read = (await decodeImage(disk, path)).calibration!;
      assertAlmostEquals(read.width / width, 1, 1e-6);
      assertAlmostEquals(read.height / (width / 3), 1, 1e-6);
      assertEquals(read.unit, "Å");
    });
  }
});
