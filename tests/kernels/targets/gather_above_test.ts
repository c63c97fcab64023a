import { assertEquals } from "@std/assert";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice } from "../../../kernels/open_device.ts";
import { gatherAbove } from "../../../kernels/targets/gather_above.ts";

const device: Device = await openDevice();
const [POINTS, MAPS] = [70_003, 3];

/** Probabilities of which every thousandth or so is above 0.5, and maps of numbers of all kinds. */
const prob = Float32Array.from({ length: POINTS }, (_, i) => i % 997 === 5 ? 0.75 : 0.5);
const maps = new Float32Array(MAPS * POINTS).map((_, i) => i - 1000);
// As bits, for floats that are subnormal or no number.
new Uint32Array(maps.buffer).set([0x7fc01234, 0x00000001], 5);

const expected = [...prob.keys()].filter((i) => prob[i] > 0.5);

async function gathered(most: number): Promise<{ places: Uint32Array; values: Float32Array }> {
  using _scope = device.scope();
  const { places, values } = gatherAbove(device, {
    ...{ threshold: 0.5, most },
    prob: device.upload([POINTS], prob),
    maps: device.upload([MAPS, POINTS], maps),
  });
  return { places: await device.read(places), values: await device.read(values) };
}

Deno.test("gatherAbove() lists all points above the threshold, with the bits of their values", async () => {
  const most = 100;
  const { places, values } = await gathered(most);
  const count = places[0];
  assertEquals(count, expected.length);
  const listed = [...places.subarray(1, 1 + count)];
  assertEquals(listed.toSorted((a, b) => a - b), expected);
  const bits = new Uint32Array(values.buffer);
  const given = new Uint32Array(maps.buffer);
  listed.forEach((at, slot) => {
    for (let map = 0; map < MAPS; map++) {
      assertEquals(bits[map * most + slot], given[map * POINTS + at]);
    }
  });
});

Deno.test("gatherAbove() says how many there are where there is no room for all", async () => {
  const { places } = await gathered(8);
  assertEquals([places.length, places[0]], [9, expected.length]);
  const known = new Set(expected);
  assertEquals(new Set(places.subarray(1)).size, 8);
  assertEquals([...places.subarray(1)].every((at) => known.has(at)), true);
});
