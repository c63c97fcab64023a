import { assertEquals } from "@std/assert";
import { fuzz } from "./fuzz.ts";

Deno.test("damaged files of every kind are read or refused, each with one error that names it", async () => {
  const { read, refused, faults } = await fuzz({ count: 3000, seed: 90_000 });
  assertEquals(faults, []);
  assertEquals(read + refused, 3000);
  assertEquals(read > 200 && refused > 1000, true, `${read} read, ${refused} refused`);
});
