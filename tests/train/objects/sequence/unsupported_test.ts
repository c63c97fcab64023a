import { assertEquals } from "@std/assert";
import { Tracker } from "../../../../train/objects/sequence/track.ts";
import { trackedFrames } from "../../../../train/objects/sequence/track_objects.ts";
import { dropUnsupported } from "../../../../train/objects/sequence/unsupported.ts";
import { type Disc, discs } from "../fixtures/movies.ts";

async function drop(frames: readonly (Disc[] | null)[], maxGap = 1) {
  const tracker = new Tracker({ maxGap });
  const timed = frames.flatMap((list, time) => list === null ? [] : [{ ...discs(list), time }]);
  const tracked = trackedFrames(timed, tracker);
  const recordOf = (track: number) => tracker.recordOf(track);
  const all = await Array.fromAsync(dropUnsupported(tracked, { maxGap, recordOf }));
  return all.map(({ dropped, data, objects }) => {
    assertEquals(new Set(data).size - 1, objects.length);
    return [objects.length, dropped.length];
  });
}

const stays = { y: 20, x: 20, r: 5, id: 1 };
const other = { y: 70, x: 70, r: 5, id: 2 };

Deno.test("dropUnsupported() drops what one frame alone shows, at the ends too", async () => {
  assertEquals(
    await drop([[stays, other], [stays], [stays], [stays, other], [stays], [stays], [
      stays,
      other,
    ]]),
    [[1, 1], [1, 0], [1, 0], [1, 1], [1, 0], [1, 0], [1, 1]],
  );
});

Deno.test("dropUnsupported() keeps what goes on after a gap, and what divides or is born", async () => {
  assertEquals(await drop([[stays, other], [stays], [stays, other]]), [[2, 0], [1, 0], [2, 0]]);
  const mother = { y: 50, x: 50, r: 8, id: 3 };
  const daughters = [{ y: 50, x: 40, r: 6, id: 4 }, { y: 50, x: 60, r: 6, id: 5 }];
  assertEquals(await drop([[mother], daughters]), [[1, 0], [2, 0]]);
});

Deno.test("dropUnsupported() keeps frames that have no other nearby", async () => {
  assertEquals(await drop([[stays]]), [[1, 0]]);
  assertEquals(await drop([[stays], null, null, null, [other], [other]]), [[1, 0], [1, 0], [1, 0]]);
  assertEquals(await drop([]), []);
});
