import { assert } from "@std/assert";
import { soak } from "./soak.ts";

// What a stack of labels holds is tested strip by strip, in images/formats: the memory of a process also
// counts what is not collected yet, and is for a long soak by hand.
Deno.test("the same work again and again does not fill the memory", async () => {
  const { memory, rounds } = await soak({ milliseconds: 0, least: 4 });
  assert(rounds === 4);
  assert(memory[3] < memory[0] + 600, `${memory.map((size) => size.toFixed(0))} MiB`);
});
