// Tiles cut in CPU memory: what a turned and mirrored copy of the image has there.
import { assertEquals } from "@std/assert";
import { openDevice } from "../../../../kernels/open_device.ts";
import { expose } from "../../../../train/images/exposure.ts";
import type { Channels } from "../../../../train/images/image.ts";
import { orient } from "../../../../train/images/orientation.ts";
import { Random } from "../../../../train/images/random.ts";
import { cutPixels, uploadTile } from "../../../../train/models/tiles/cut.ts";
import { planeView } from "../../../../train/models/views.ts";

function randomImage(width: number, height: number, channels: number): Channels {
  const random = new Random(width + 100 * height);
  const data = Float32Array.from({ length: channels * width * height }, () => random.next());
  return { width, height, channels, data };
}

/** Walks to and fro between the ends of a line. */
function mirrored(position: number, length: number): number {
  while (length > 1 && (position < 0 || position >= length)) {
    position = position < 0 ? -position : 2 * (length - 1) - position;
  }
  return length === 1 ? 0 : position;
}

Deno.test("cutPixels() gives the pixels of the turned image, mirrored past all its edges", () => {
  for (const [width, height, channels] of [[7, 5, 1], [4, 9, 3], [1, 6, 2]]) {
    const image = randomImage(width, height, channels);
    for (let k = 0; k < 8; k++) {
      const view = planeView(image, { orientation: k });
      for (const [left, top] of [[0, 0], [-4, -3], [2, -11], [-20, 1]]) {
        const area = { left, top, width: 13, height: 8 };
        const tile = cutPixels(image, { view, area });
        for (let c = 0; c < channels; c++) {
          const data = image.data.slice(c * width * height, (c + 1) * width * height);
          const turned = orient({ width, height, data }, k);
          const expected = Float32Array.from({ length: 8 * 13 }, (_, i) => {
            const x = mirrored(left + i % 13, turned.width);
            const y = mirrored(top + Math.floor(i / 13), turned.height);
            return turned.data[y * turned.width + x];
          });
          assertEquals(
            tile.slice(c * 8 * 13, (c + 1) * 8 * 13),
            expected,
            `${k} at ${left}, ${top}`,
          );
        }
      }
    }
  }
});

Deno.test("uploadTile() exposes what it uploads, all channels alike", async () => {
  using device = await openDevice();
  const image = randomImage(6, 4, 2);
  const cut = {
    view: planeView(image, { orientation: 5 }),
    area: { left: -1, top: 1, width: 5, height: 3 },
  };
  const tile = uploadTile(device, image, { ...cut, exposure: 2.5 });
  assertEquals(tile.shape, [1, 2, 3, 5]);
  assertEquals(await device.read(tile), cutPixels(expose(image, 2.5), cut));
});
