import { assertEquals } from "@std/assert";
import { kills } from "./kills.ts";

Deno.test("each command that is killed at some moment ends as if nothing had happened", async () => {
  const { faults, killed } = await kills({ count: 10, seed: 1 });
  assertEquals(faults, []);
  assertEquals(killed > 0, true);
});
