import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Plane } from "../../../train/images/image.ts";
import { PlaneCache } from "../../../train/images/plane_cache.ts";

/** Gets planes of 4 pixels (16 bytes) from a cache and records which keys are decoded. */
function recorder(cache: PlaneCache) {
  const decoded: string[] = [];
  const get = (key: string): Promise<Plane> =>
    cache.get(key, () => {
      decoded.push(key);
      return Promise.resolve({ width: 2, height: 2, data: new Float32Array(4).fill(Number(key)) });
    });
  return { decoded, get };
}

Deno.test("PlaneCache.get() decodes once and lets go of what was not used for longest", async () => {
  const cache = new PlaneCache(48);
  const { decoded, get } = recorder(cache);
  for (const key of ["1", "2", "3", "1", "4", "1", "3", "2"]) {
    assertEquals((await get(key)).data[0], Number(key));
  }
  assertEquals(decoded.join(""), "12342");
  assertEquals(cache.bytes, 48);
});

Deno.test("PlaneCache.get() decodes once for all who ask at the same time", async () => {
  const cache = new PlaneCache(16);
  const { decoded, get } = recorder(cache);
  const planes = await Promise.all(["1", "2", "1", "2", "1"].map(get));
  assertEquals(planes.map(({ data }) => data[0]), [1, 2, 1, 2, 1]);
  assertEquals(decoded.join(""), "12");
  assertEquals(cache.bytes, 16);
});

Deno.test("PlaneCache.get() keeps nothing of size 0, and no plane larger than it may", async () => {
  for (const most of [0, 15]) {
    const cache = new PlaneCache(most);
    const { decoded, get } = recorder(cache);
    await get("1");
    await get("1");
    assertEquals([decoded.join(""), cache.bytes], ["11", 0]);
  }
});

Deno.test("PlaneCache.get() forgets a failed decoding", async () => {
  const cache = new PlaneCache(1000);
  const { get } = recorder(cache);
  const fail = () => Promise.reject(new SyntaxError("damaged"));
  await assertRejects(() => cache.get("1", fail), SyntaxError, "damaged");
  assertEquals((await get("1")).data[0], 1);
});

Deno.test("PlaneCache() refuses what is no number of bytes", () => {
  for (const bytes of [-1, NaN]) assertThrows(() => new PlaneCache(bytes), RangeError, "bytes");
});
