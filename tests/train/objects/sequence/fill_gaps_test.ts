import { assertEquals } from "@std/assert";
import type { LabelImage } from "../../../../train/images/image.ts";
import { type Fill, fillGaps } from "../../../../train/objects/sequence/fill_gaps.ts";
import { trackObjects } from "../../../../train/objects/sequence/track_objects.ts";
import { type Disc, discs } from "../fixtures/movies.ts";

const MOVING = [0, 1, 2, 3, 4].map((t): Disc[] => [{ y: 30, x: 20 + 4 * t, r: 5, id: 1 }]);

/** A movie in which some frames miss the disc, with maps that show something else or the disc. */
async function filled(
  missing: readonly number[],
  { fill, shown = 0, others = [] }: { fill: Fill; shown?: number; others?: readonly Disc[] },
) {
  const frames = MOVING.map((list, t) => {
    const whole = discs(list);
    const map = { ...whole, data: Float32Array.from(whole.data, (id) => id > 0 ? 0.8 : 0.01) };
    if (!missing.includes(t)) return { ...discs([...others, ...list]), map };
    const faint = { ...map, data: map.data.map((p) => p > 0.5 ? shown : p) };
    return { ...discs([...others]), map: faint };
  });
  return await Array.fromAsync(fillGaps(trackObjects(frames), { fill, maxGap: 2 }));
}

/** The discs as they should be. */
function wholeOf(t: number): Uint32Array {
  return discs(MOVING[t]).data;
}

Deno.test("fillGaps() copies an object to where it must have been", async () => {
  for (const missing of [[2], [1, 2], [2, 3]]) {
    const frames = await filled(missing, { fill: "copy" });
    frames.forEach(({ data, objects }, t) => {
      assertEquals(data, wholeOf(t), `frame ${t}`);
      assertEquals(objects.map(({ putBack }) => putBack), [missing.includes(t)]);
    });
    const [back] = frames[missing[0]].objects;
    assertEquals([back.track, back.label, back.y, back.x], [1, 0, 30, 20 + 4 * missing[0]]);
  }
});

Deno.test("fillGaps() leaves gaps as they are unless told, and ends that have nothing behind them", async () => {
  const counts = (frames: readonly { objects: readonly unknown[] }[]) =>
    frames.map(({ objects }) => objects.length);
  assertEquals(counts(await filled([2], { fill: "none" })), [1, 1, 0, 1, 1]);
  assertEquals(counts(await filled([0, 4], { fill: "copy" })), [0, 1, 1, 1, 0]);
});

Deno.test("fillGaps() puts back only what a probability map shows", async () => {
  const backs = async (shown: number) => {
    const frames = await filled([2], { fill: "probable", shown });
    return frames.map(({ objects }) => objects.filter(({ putBack }) => putBack).length);
  };
  // Half of what the map has under the object in other frames is enough, less is not.
  assertEquals(await backs(0.41), [0, 0, 1, 0, 0]);
  assertEquals(await backs(0.39), [0, 0, 0, 0, 0]);
});

Deno.test("fillGaps() takes no pixels from other objects, and gives up where most are taken", async () => {
  const cover = (r: number, x: number) => [{ y: 30, x, r, id: 9 }];
  const beside = await filled([2], { fill: "copy", others: cover(3, 36) });
  const under = discs(cover(3, 36)).data;
  const expected = wholeOf(2).map((id, at) => under[at] > 0 ? 0 : id);
  const back = beside[2].objects.find(({ putBack }) => putBack)!;
  assertEquals(
    beside[2].data.map((id) => id === back.track ? 1 : 0),
    expected.map((id) => id && 1),
  );
  const covered = await filled([2], { fill: "copy", others: cover(6, 28) });
  assertEquals(covered[2].objects.some(({ putBack }) => putBack), false);
});

Deno.test("fillGaps() does not change the frames that come in", async () => {
  const frames = MOVING.map((list, t) => discs(t === 2 ? [] : list));
  const tracked = await Array.fromAsync(trackObjects(frames));
  const before = tracked.map(({ data }) => data.slice());
  const out: LabelImage[] = await Array.fromAsync(fillGaps(tracked, { fill: "copy", maxGap: 2 }));
  assertEquals(tracked.map(({ data }) => data), before);
  assertEquals(out[2].data, wholeOf(2));
});

Deno.test("fillGaps() draws what was proposed and not kept, as it was proposed, before it looks at maps", async () => {
  const proposed = (list: Disc[]) => {
    const frames = MOVING.map((discsOf, t) => ({
      ...discs(t === 2 ? [] : discsOf),
      doubtful: discs(t === 2 ? list : []),
    }));
    return Array.fromAsync(fillGaps(trackObjects(frames), { fill: "probable", maxGap: 2 }));
  };
  // A little aside and smaller than in the other frames, beside something else.
  const faint = { y: 31, x: 29, r: 4, id: 7 };
  const found = await proposed([faint, { y: 30, x: 36, r: 3, id: 8 }]);
  assertEquals(found[2].data, discs([{ ...faint, id: 1 }]).data);
  const [back] = found[2].objects;
  assertEquals([back.putBack, back.label, back.y, back.x], [true, 0, 31, 29]);
  // Farther away, or much smaller, it is something else.
  for (const other of [{ ...faint, x: 37 }, { ...faint, r: 2 }]) {
    assertEquals((await proposed([other]))[2].objects, []);
  }
});
