import { assert, assertEquals } from "@std/assert";
import { soak } from "./soak.ts";
import { trackSoak } from "./track_soak.ts";

// What a stack of labels holds is tested strip by strip, in images/formats: the memory of a process also
// counts what is not collected yet, and is for a long soak by hand.
Deno.test("the same work again and again does not fill the memory", async () => {
  const { memory, rounds } = await soak({ milliseconds: 0, least: 4 });
  assert(rounds === 4);
  assert(memory[3] < memory[0] + 600, `${memory.map((size) => size.toFixed(0))} MiB`);
});

Deno.test("tracking holds as many frames as gaps have, however long a movie is", async () => {
  const [short, long] = [
    await trackSoak({ frames: 40, objects: 20 }),
    await trackSoak({ frames: 120, objects: 20 }),
  ];
  assertEquals([short.frames, long.frames], [40, 120]);
  // Two until divisions are settled, three until it is known what is supported, three of a gap, and the new one.
  assertEquals([short.held, long.held], [9, 9]);
  assert(long.tracks > 20);
});
