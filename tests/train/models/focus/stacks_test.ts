import { assert, assertEquals } from "@std/assert";
import { intensityRange } from "../../../../train/images/normalize.ts";
import { sampledPlanes, stackRange } from "../../../../train/models/focus/stacks.ts";
import { fakeSequence } from "../../fixtures/fake_sequence.ts";

Deno.test("sampledPlanes() spreads up to 16 planes from the first to the last", () => {
  assertEquals(sampledPlanes(1), [0]);
  assertEquals(sampledPlanes(5), [0, 1, 2, 3, 4]);
  assertEquals(sampledPlanes(16), Array.from({ length: 16 }, (_, z) => z));
  for (const depth of [17, 31, 96, 1000]) {
    const planes = sampledPlanes(depth);
    assertEquals([planes.length, planes[0], planes[15]], [16, 0, depth - 1]);
    const steps = planes.slice(1).map((z, i) => z - planes[i]);
    assert(Math.max(...steps) - Math.min(...steps) <= 1, `${depth}: ${planes}`);
  }
});

Deno.test("stackRange() is that of the sampled planes together", async () => {
  const sequence = fakeSequence({ length: 2, depth: 20, side: 12, seed: 3 });
  const settings = { low: 2, high: 95 };
  const planes = await Promise.all(sampledPlanes(20).map((z) => sequence.plane(1, z)));
  const expected = intensityRange(planes, { mode: "video", ...settings });
  assertEquals(await stackRange({ sequence, t: 1 }, settings), expected);
});
