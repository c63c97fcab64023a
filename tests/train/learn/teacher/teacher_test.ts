import { assertEquals, assertNotEquals } from "@std/assert";
import { heldFrames } from "../../../../train/images/series/frames.ts";
import { begin } from "../../../../train/learn/progress/progress.ts";
import type { KeptLesson } from "../../../../train/learn/teacher/kept_lesson.ts";
import {
  causesOf,
  taughtPart,
  teach,
  type Teacher,
  teacherSettings,
} from "../../../../train/learn/teacher/teacher.ts";
import { defaultsOf } from "../../../../train/settings.ts";

/** Frames of one pixel that hold their own number. */
function numbered(count: number, times?: readonly number[]) {
  const images = Array.from(
    { length: count },
    (_, i) => ({ width: 1, height: 1, data: Float32Array.of(i) }),
  );
  return heldFrames(images, { times });
}

Deno.test("taughtPart() is all of a video that is short enough, or of any where nobody limits it", () => {
  const frames = numbered(7);
  assertEquals(taughtPart(frames, 0), frames);
  assertEquals(taughtPart(frames, 7), frames);
});

Deno.test("taughtPart() takes runs of five spread evenly, whose ends are no neighbours", async () => {
  const part = taughtPart(numbered(100), 14);
  assertEquals(part.times, [23, 24, 25, 26, 27, 73, 74, 75, 76, 77]);
  assertEquals(part.length, 10);
  assertEquals((await part.frame(5)).data[0], 73);
});

Deno.test("taughtPart() keeps the times of frames, and takes none twice where runs nearly touch", () => {
  const times = [0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14];
  assertEquals(taughtPart(numbered(12, times), 11).times, [1, 2, 3, 4, 5, 10, 11, 12, 13, 14]);
  assertEquals(
    taughtPart(numbered(12), 3).times,
    [5, 6, 7],
    "less than a run is one that is shorter",
  );
});

Deno.test("causesOf() tells a video from another one that has its name and size", async () => {
  const causes = (pixel: number) => {
    const data = Float32Array.of(0, pixel, 0, 0);
    const frames = heldFrames([{ width: 2, height: 2, data }, { width: 2, height: 2, data }]);
    const settings = defaultsOf(teacherSettings.settings);
    return causesOf({ teacher: 1, settings, exposure: 1, video: { name: "v", frames } });
  };
  const one = await causes(0.5);
  assertEquals(JSON.stringify(await causes(0.5)), JSON.stringify(one));
  assertNotEquals(JSON.stringify(await causes(0.25)), JSON.stringify(one));
});

Deno.test("teach() counts the frames that are labelled, not those that are read ahead of the votes", async () => {
  const [length, before] = [7, 2];
  const progress = { ...begin("labelling", length), done: before };
  const done: number[] = [];
  const kept = {
    async *proposals() {
      for (let time = 0; time < length; time++) {
        done.push(progress.done);
        const data = Uint32Array.of(1);
        yield await Promise.resolve({ width: 1, height: 1, data, scores: new Map([[1, 1]]), time });
      }
    },
    finish: () => Promise.resolve(),
  } as unknown as KeptLesson;
  const settings = defaultsOf(teacherSettings.settings);
  const teacher = { objects: { propose: () => {} }, settings } as unknown as Teacher;
  const frames = numbered(length);
  await teach(null as never, teacher, { frames, exposure: 1, kept, progress });
  assertEquals(progress.done, length);
  // The votes of a frame wait for the two behind it.
  assertEquals(done, [2, 2, 2, 2, 2, 3, 4]);
});
