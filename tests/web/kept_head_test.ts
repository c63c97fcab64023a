// What the page makes of a damaged note of what it kept.
import { assertEquals } from "@std/assert";
import { Keeper } from "../../web/worker/desk/kept.ts";

Deno.test("Keeper.open() takes a damaged note of what is kept for none, so that it can be written anew", async () => {
  for (const text of ["", "{", "null", "[1]", '{"parts": 3}']) {
    const bytes = new TextEncoder().encode(text);
    const keeper = await Keeper.open({
      names: () => Promise.resolve([]),
      read: () => Promise.resolve(bytes),
      write: () => Promise.resolve(),
      remove: () => Promise.resolve(),
    });
    assertEquals(keeper.summary, null, text);
  }
});
