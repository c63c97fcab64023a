import { assert } from "@std/assert";
import { soak, stackMemory } from "./soak.ts";

Deno.test("the same work again and again does not fill the memory", async () => {
  const { memory, rounds } = await soak({ milliseconds: 0, least: 4 });
  assert(rounds === 4);
  assert(memory[3] < memory[0] + 600, `${memory.map((size) => size.toFixed(0))} MiB`);
});

Deno.test("a stack of labels that is being written holds its compressed labels, not 16 KiB a strip", () => {
  // Of 64 strips a frame: 1 MiB would be held of each.
  const { held, written } = stackMemory({ frames: 300, side: 512, objects: 60 });
  assert(held < 2 * written + 64 * 1024, `${held} bytes of ${written} are held for a frame`);
});
