import { assertEquals, assertRejects } from "@std/assert";
import { parseProtocol } from "../../../../train/jobs/experiment/protocol.ts";
import { experiment } from "../../../../train/jobs/experiment/experiment.ts";
import { isOfSettings, writeRecord } from "../../../../train/jobs/experiment/record.ts";
import { withFolder } from "../../fixtures/temporary.ts";

const PROTOCOL =
  `{ "settings": { "warmup": 2, "rounds": 1 }, "recipes": ["control"], "blocks": 2 }`;

Deno.test("isOfSettings() refuses a protocol.json and a comparison.md that no experiment wrote", async () => {
  const full = `{ "settings": { "model": "unet" }, "measureFrom": 0, "blocks": 2 }`;
  const own = { "protocol.json": PROTOCOL, "other/p.json": PROTOCOL };
  const files = {
    ...{ ...own, "foreign/protocol.json": full, "damaged/protocol.json": `{ "settings": {` },
    ...{ "array/protocol.json": "null", "notes/comparison.md": "# What I found\n" },
  };
  await withFolder(files, async (folder) => {
    const refused = async (file: string, path: string, what: string) => {
      const before = await Deno.readTextFile(`${folder}/${path}`);
      const out = `${folder}/${path.replace(/[^/]+$/, ".")}`;
      const says = `/${path.replace(/^.*\//, "")}: ${what}; give another --out`;
      const given = {
        protocol: parseProtocol(PROTOCOL, "p.json"),
        file: `${folder}/${file}`,
        inputs: [],
      };
      await assertRejects(() => isOfSettings(given, out), Error, says);
      assertEquals(await Deno.readTextFile(`${folder}/${path}`), before);
    };
    const run = () => Array.fromAsync(experiment({ file: `${folder}/protocol.json`, out: folder }));
    await assertRejects(run, Error, "it is the given protocol; give another --out");
    await refused("protocol.json", "protocol.json", "it is the given protocol");
    await Deno.symlink(`${folder}/protocol.json`, `${folder}/link.json`);
    await refused("link.json", "protocol.json", "it is the given protocol");
    await refused("other/p.json", "protocol.json", "no experiment wrote it");
    await refused("other/p.json", "foreign/protocol.json", "no experiment wrote it");
    await refused("other/p.json", "damaged/protocol.json", "no experiment wrote it");
    await refused("other/p.json", "array/protocol.json", "no experiment wrote it");
    await refused("other/p.json", "notes/comparison.md", "no experiment wrote it");
    await assertRejects(() => Deno.stat(`${folder}/notes/protocol.json`), Deno.errors.NotFound);
  });
});

Deno.test("isOfSettings() knows a record as one that an experiment wrote, and as its protocol's file", async () => {
  await withFolder({ "p.json": PROTOCOL }, async (out) => {
    const protocol = parseProtocol(PROTOCOL, "p.json");
    const given = { protocol, file: `${out}/p.json`, inputs: [] };
    assertEquals(await isOfSettings(given, out), false);
    await writeRecord(given, out);
    assertEquals(await isOfSettings(given, out), true);
    const record = { ...given, file: `${out}/protocol.json` };
    assertEquals(await isOfSettings(record, out), true);
    const other = { ...protocol, blocks: 3 };
    await assertRejects(
      () => isOfSettings({ ...record, protocol: other }, out),
      Error,
      "it is the given protocol; give another --out",
    );
    assertEquals(await isOfSettings({ ...given, protocol: other }, out), false);
    await assertRejects(() => Deno.stat(`${out}/protocol.json`), Deno.errors.NotFound);
  });
});

Deno.test("isOfSettings() refuses results without a record of their settings", async () => {
  for (const name of ["control.json", "siamese/weights.safetensors"]) {
    await withFolder({ "p.json": PROTOCOL, [`out/seed-1/${name}`]: "{}" }, async (folder) => {
      const given = {
        protocol: parseProtocol(PROTOCOL, "p.json"),
        file: `${folder}/p.json`,
        inputs: [],
      };
      await assertRejects(
        () => isOfSettings(given, `${folder}/out`),
        Error,
        `Cannot go on in ${folder}/out: it holds runs or results, and no protocol.json`,
      );
    });
  }
});
