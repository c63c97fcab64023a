// All entry points but those of the command line work in a page.
import { assertEquals } from "@std/assert";
import { runInChromium } from "../browser/fixtures/chromium.ts";

Deno.test("every entry point but those of the command line works in Chromium", async () => {
  const { state } = await Deno.permissions.query({ name: "run", command: "chromium" });
  if (state !== "granted") return console.log("not run: no permission to run chromium");
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: [
      ...["bundle", "--quiet", "--platform", "browser"],
      new URL("fixtures/page_of_entries.ts", import.meta.url).href,
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const page = new TextDecoder().decode(stdout);
  const found = await runInChromium(page).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "there is no chromium on PATH";
  });
  if (typeof found === "string") return console.log(`not run: ${found}`);
  assertEquals(found, {
    ...{ labels: [1, 1, 0, 0, 2, 2], pixels: [3, 200], f1: 1, outlines: 2 },
    ...{ model: "unet", drawn: "object", rate: "function", open: "function", system: false },
  });
});
