import { assertEquals } from "@std/assert";
import { lzwTiff } from "../../../bench/host/lzw_tiff.ts";
import { sceneOf } from "../../../bench/host/scene.ts";
import { decodeImage, readPlane } from "../../../train/images/formats/decode.ts";

Deno.test("lzwTiff() writes what is read as it was, also where codes grow and start anew", async () => {
  const frames = [0, 1].map((frame) => sceneOf({ width: 210, height: 97, objects: 12, frame }));
  const stack = await decodeImage(lzwTiff(frames));
  for (const [i, { image }] of frames.entries()) {
    assertEquals([...(await readPlane(stack, i)).data], [...image]);
  }
});

Deno.test("sceneOf() has as many objects as were asked for, and maps that propose each", () => {
  const { labels, width, maps } = sceneOf({ width: 220, height: 140, objects: 15 });
  assertEquals(new Set(labels).size, 16);
  const { prob, width: columns } = maps();
  const proposed = new Set<number>();
  prob.forEach((value, at) => {
    const [x, y] = [2 * (at % columns), 2 * Math.floor(at / columns)];
    if (value > 0.5) proposed.add(labels[y * width + x]);
  });
  assertEquals(proposed.size, 15);
});
