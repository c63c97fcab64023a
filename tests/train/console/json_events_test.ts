import { assert, assertEquals } from "@std/assert";

/** The kinds of events that modules of a folder declare. */
async function eventsIn(folder: URL): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await eventsIn(new URL(`${name}/`, folder)));
    else {
      const text = await Deno.readTextFile(new URL(name, folder));
      found.push(
        ...Array.from(text.matchAll(/^ {2}readonly type: "(\w+)";/gm), ([, type]) => type),
      );
    }
  }
  return found;
}

Deno.test("docs/json.md has every kind of event that --json prints", async () => {
  const root = new URL("../../../", import.meta.url);
  const told = await Promise.all(
    ["train/jobs/", "train/console/"].map((path) => eventsIn(new URL(path, root))),
  );
  const events = [...new Set(told.flat())];
  assert(events.length > 20, events.join());
  const page = await Deno.readTextFile(new URL("docs/json.md", root));
  assertEquals(events.filter((type) => !page.includes(`\n| \`${type}\` `)), []);
});
