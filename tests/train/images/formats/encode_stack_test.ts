import { assertEquals, assertThrows } from "@std/assert";
import { decodeImage } from "../../../../train/images/formats/decode.ts";
import { encodeStackTiff } from "../../../../train/images/formats/encode_stack.ts";
import { withFile } from "../../fixtures/temporary.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";

Deno.test("encodeStackTiff() writes planes that open as depth, rounded and within 16 bits", async () => {
  const plane = (...values: number[]) => ({
    width: 2,
    height: 2,
    data: Float32Array.from(values),
  });
  const bytes = encodeStackTiff([
    plane(0, 1.4, 1.6, 13370),
    plane(-5, 65535, 70000, 2),
    plane(1, 2, 3, 4),
  ]);
  await withFile("a.tif", bytes, async (path) => {
    const { axes, page, bits } = await decodeImage(disk, path);
    assertEquals([axes, bits], [{ t: 1, z: 3, c: 1 }, 16]);
    assertEquals([...await page(0)], [0, 1, 2, 13370]);
    assertEquals([...await page(1)], [0, 65535, 65535, 2]);
    assertEquals([...await page(2)], [1, 2, 3, 4]);
  });
});

Deno.test("encodeStackTiff() refuses no plane and planes of two sizes", () => {
  assertThrows(() => encodeStackTiff([]), RangeError, "there is no plane");
  const plane = (width: number) => ({ width, height: 1, data: new Float32Array(width) });
  assertThrows(() => encodeStackTiff([plane(1), plane(2)]), RangeError, "page 2 is 2x1");
});
