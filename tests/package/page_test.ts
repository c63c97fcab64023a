// All entry points but those of the command line work in a page.
import { assertEquals } from "@std/assert";

const FLAGS = ["--headless", "--no-sandbox", "--no-first-run", "--disable-background-networking"];

/** What Chromium prints of a page with this module in it; null where it is not there. */
async function printed(code: string): Promise<string | null> {
  const folder = await Deno.makeTempDir();
  try {
    // In the page itself: Chromium refuses modules in files beside it.
    const page = `<!doctype html><meta charset="utf-8"><body><script type="module">${
      code.replaceAll("</script", "<\\/script")
    }</script>`;
    await Deno.writeTextFile(`${folder}/page.html`, page);
    const { stdout } = await new Deno.Command("chromium", {
      args: [
        ...FLAGS,
        ...[`--user-data-dir=${folder}/profile`, "--virtual-time-budget=20000", "--dump-dom"],
        `file://${folder}/page.html`,
      ],
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log("not run: there is no chromium on PATH");
    return null;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

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
  const page = await printed(new TextDecoder().decode(stdout));
  if (page === null) return;
  const found = page.match(/<body>found (.*) end<\/body>/)?.[1];
  assertEquals(JSON.parse(found ?? `"${page.length} characters without an answer"`), {
    ...{ labels: [1, 1, 0, 0, 2, 2], pixels: [3, 200], f1: 1, outlines: 2 },
    ...{ model: "unet", drawn: "object", rate: "function", open: "function", system: false },
  });
});
