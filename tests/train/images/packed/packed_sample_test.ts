import { assert, assertEquals } from "@std/assert";
import { IGNORED_LABEL } from "../../../../train/images/image.ts";
import { Random } from "../../../../train/images/random.ts";
import type { Sample } from "../../../../train/images/sample.ts";
import {
  bytesOfSample,
  fromShared,
  hasLabels,
  isPacked,
  packNumbers,
  packSample,
  sharedSample,
} from "../../../../train/images/packed/packed_sample.ts";

/** A sample of so many intensities and objects. */
function sampleOf(
  levels: number,
  { objects, size = 40 }: { objects: number; size?: number },
): Sample {
  const random = new Random(levels);
  return {
    ...{ channels: 1, width: size, height: size },
    image: Float32Array.from({ length: size * size }, () => random.integer(levels) / 7 - 3),
    labels: Uint32Array.from(
      { length: size * size },
      () => random.chance(0.1) ? IGNORED_LABEL : 70_000 * random.integer(objects),
    ),
  };
}

Deno.test("packSample() keeps every number, in a byte or two for each", () => {
  for (const [levels, objects, bytes] of [[200, 100, 2], [2000, 100, 3], [2000, 900, 4]]) {
    const sample = sampleOf(levels, { objects, size: 300 });
    const packed = packSample(sample);
    assert(isPacked(packed));
    assertEquals(packed.image, sample.image);
    assertEquals(packed.labels, sample.labels);
    assertEquals([packed.channels, packed.width, packed.height], [1, 300, 300]);
    const taken = bytesOfSample(packed) / (300 * 300);
    assert(taken >= bytes && taken < bytes + 0.2, `${taken}`);
    assertEquals(bytesOfSample(sample), 8 * 300 * 300);
  }
});

Deno.test("packNumbers() tells −0 from 0 and keeps numbers that are none", () => {
  const numbers = Float32Array.of(0, -0, NaN, Infinity, 0, 1e-40, -Infinity);
  const packed = packNumbers(numbers)!;
  assertEquals(packed.unpack().map((value) => 1 / value), numbers.map((value) => 1 / value));
  const into = new Float32Array(4);
  packed.copy(into, { to: 1, from: 2, count: 2 });
  assertEquals([...into], [0, NaN, Infinity, 0]);
});

Deno.test("packNumbers() gives up where too many are different", () => {
  const count = (different: number) => Uint32Array.from({ length: different }, (_, i) => 977 * i);
  assertEquals(packNumbers(count(65_536))?.unpack(), count(65_536));
  assertEquals(packNumbers(count(65_537)), null);
  const image = Float32Array.from({ length: 65_537 }, (_, i) => i);
  const sample = { channels: 1, width: 65_537, height: 1, image };
  assertEquals(packSample(sample), sample);
  const { labels: _, ...unlabelled } = sampleOf(9, { objects: 1 });
  const packed = packSample(unlabelled);
  assertEquals([packed.image, packed.labels], [unlabelled.image, undefined]);
});

Deno.test("a copy of a packed sample holds plain numbers, so that they can be replaced", () => {
  const sample = sampleOf(9, { objects: 3 });
  const image = new Float32Array(sample.image.length);
  const copy = { ...packSample(sample), image };
  assert(!isPacked(copy));
  assertEquals(copy, { ...sample, image });
});

Deno.test("sharedSample() tells other threads of a packed sample without a copy of its numbers", async () => {
  const sample = sampleOf(9, { objects: 3 });
  const { labels: _, ...unlabelled } = sample;
  const { port1, port2 } = new MessageChannel();
  for (const one of [sample, unlabelled]) {
    assertEquals([hasLabels(one), hasLabels(packSample(one))], [one === sample, one === sample]);
    const shared = sharedSample(packSample(one))!;
    const arrived = new Promise<typeof shared>((resolve) => {
      port2.onmessage = ({ data }) => resolve(data);
    });
    port1.postMessage(shared);
    const there = await arrived;
    const { channels, width, height, image, labels } = fromShared(there);
    assertEquals({ channels, width, height, image, ...(labels && { labels }) }, one);
    new Uint8Array(there.image.places.buffer)[5] ^= 1;
    assertEquals(shared.image.places[5], there.image.places[5]);
  }
  port1.close();
  assertEquals(sharedSample(sample), null);
});
