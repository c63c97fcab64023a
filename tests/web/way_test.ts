/// <reference lib="dom" />
// The page from the first click to results, in Chromium on SwiftShader.
import { assertEquals, assertMatch } from "@std/assert";
import { texts } from "../../web/shared/texts.ts";
import { hasChromium, OpenPage } from "./browser.ts";

Deno.test("the page goes its whole way on the example, from a file and without a connection", async () => {
  if (!await hasChromium()) return;
  await using open = await OpenPage.open();
  assertEquals(open.requests.length, 1, "the page itself");
  await open.press(texts.tryExample);
  assertEquals(await open.waitFor(".movie", "frames"), "example — 8 frames of 128 × 128 pixels");
  await open.waitFor(".chip", "no GPU");
  assertMatch(await open.text(".notice"), /sh setup\.sh steady/);
  await open.press(texts.segment);
  assertMatch(await open.waitFor(".result", "."), /^\d+ objects in 8 frames/);
  assertMatch(await open.text(".count"), /^\d+ objects$/);
  assertEquals(open.requests.length, 1, "nothing is asked for after loading");
  assertEquals(open.errors, []);
});
