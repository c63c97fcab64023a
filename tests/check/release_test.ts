// What would be published: by which tags, with which files, and that what the texts name is there.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { releasedConfig } from "./release.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

Deno.test("releasedConfig() takes the stand-ins out, and only for the tag of the version", () => {
  const config = JSON.stringify({
    version: "1.2.3",
    imports: { a: "npm:a" },
    scopes: { "./": {} },
  });
  const changelog = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2030-01-01\n";
  const released = releasedConfig({ tag: "v1.2.3", config, changelog });
  assertEquals(JSON.parse(released), { version: "1.2.3", imports: { a: "npm:a" } });
  const publish = (tag: string, told: string) => () =>
    releasedConfig({ tag, config, changelog: told });
  assertThrows(publish("v1.2.4", changelog), RangeError, "deno.json has version 1.2.3");
  assertThrows(publish("v1.2.3", "## [Unreleased]"), RangeError, "no section [1.2.3]");
});

Deno.test("the workflow calls tasks and scripts that are there", async () => {
  const workflow = await read(".github/workflows/ci.yml");
  const { tasks } = JSON.parse(await read("deno.json"));
  const called = [...workflow.matchAll(/deno task (\S+)/g)].map(([, name]) => name);
  assertEquals(called, ["ok"]);
  assert(called.every((name) => name in tasks));
  for (const [script] of workflow.matchAll(/tests\/\S+\.ts/g)) {
    await Deno.stat(new URL(script, ROOT));
  }
  assert(workflow.includes("id-token: write"), "without it there is no provenance");
});

/** Where the links and pictures of a text lead to that are no addresses, and the headings they name. */
function linksOf(text: string): { path: string; heading: string }[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .filter(([, target]) => !/^[a-z]+:/.test(target))
    .map(([, target]) => ({ path: target.split("#")[0], heading: target.split("#")[1] ?? "" }));
}

/** The names by which headings are linked to. */
function headingsOf(text: string): string[] {
  return [...text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.*)$/gm)]
    .map(([, title]) => title.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));
}

Deno.test("links of the published texts lead to files that are published, too, and to headings", async () => {
  const { publish: { include } } = JSON.parse(await read("deno.json"));
  const isPublished = (path: string) =>
    include.some((name: string) => path === name || path.startsWith(`${name}/`));
  const texts = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"];
  for await (const { name } of Deno.readDir(new URL("docs", ROOT))) {
    if (name.endsWith(".md")) texts.push(`docs/${name}`);
  }
  const amiss: string[] = [];
  let links = 0;
  for (const text of texts) {
    const content = await read(text);
    for (const { path, heading } of linksOf(content)) {
      links++;
      const target = path === "" ? text : new URL(path, `file:///${text}`).pathname.slice(1);
      const there = await Deno.stat(new URL(target, ROOT)).then(() => true, () => false);
      if (!there) amiss.push(`${text}: there is no ${target}`);
      else if (isPublished(text) && !isPublished(target)) {
        amiss.push(`${text}: ${target} is not published`);
      } else if (heading !== "" && !headingsOf(await read(target)).includes(heading)) {
        amiss.push(`${text}: ${target} has no heading ${heading}`);
      }
    }
  }
  assert(links > 10, `${links} links were looked at`);
  assertEquals(amiss, []);
});
