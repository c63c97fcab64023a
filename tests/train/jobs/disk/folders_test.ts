import { assertEquals, assertRejects } from "@std/assert";
import {
  claimEmptyFolder,
  claimFolder,
  makeFolder,
  makeNewFolder,
} from "../../../../train/jobs/disk/folders.ts";
import { tree } from "../../../cli/fixtures/command.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { killWhenReady } from "./fixtures/killed_process.ts";

Deno.test("makeFolder() takes away what it made where nothing came of it", async () => {
  await withFolder({}, async (path) => {
    await Deno.mkdir(`${path}/old`);
    {
      using _empty = await makeFolder(`${path}/old/a/b`);
      assertEquals(await tree(path), ["old", "old/a", "old/a/b"]);
    }
    assertEquals(await tree(path), ["old"], "what was there before stays, even if it is empty");
    {
      using made = await makeFolder(`${path}/old/a/b`);
      await Deno.writeTextFile(`${path}/old/a/result`, "");
      assertEquals(made.path, `${path}/old/a/b`);
    }
    assertEquals(await tree(path), ["old", "old/a", "old/a/result"]);
    await assertRejects(() => makeFolder(`${path}/old/a/result`), TypeError, "name a folder");
    await assertRejects(() => makeFolder(`${path}/old/a/result/x`), TypeError, "part of this path");
    assertEquals(await tree(path), ["old", "old/a", "old/a/result"]);
  });
});

Deno.test("makeNewFolder() numbers a name that is taken", async () => {
  await withFolder({}, async (path) => {
    const made = await Promise.all([1, 2, 3].map(() => makeNewFolder(`${path}/runs/now`)));
    assertEquals(made.map((folder) => folder.path).toSorted(), [
      `${path}/runs/now`,
      `${path}/runs/now-2`,
      `${path}/runs/now-3`,
    ]);
    for (const folder of made) folder[Symbol.dispose]();
    assertEquals((await tree(path)).filter((name) => name !== "runs"), []);
  });
});

Deno.test("claimFolder() lets one job at a time into a folder, also into one that is there", async () => {
  await withFolder({ "run/file": "" }, async (path) => {
    for (const name of ["run", "new"]) {
      const folder = `${path}/${name}`;
      const first = await claimFolder(folder, "train");
      await assertRejects(
        () => claimFolder(folder, "train"),
        Error,
        `Cannot train into ${folder}: another process writes into it`,
      );
      first[Symbol.dispose]();
      using second = await claimFolder(folder, "train");
      assertEquals(second.interrupted, null);
    }
    assertEquals(await tree(path), ["run", "run/file"]);
  });
});

/** Claims a folder in a process of its own, which is then killed. */
async function claimAndDie(folder: string, job: string): Promise<void> {
  const module = new URL("../../../../train/jobs/disk/folders.ts", import.meta.url);
  const script = `import { claimFolder } from "${module}";
    await claimFolder("${folder}", "${job}");`;
  const meanwhile = async () => {
    await assertRejects(() => claimFolder(folder, job), Error, "another process");
  };
  await killWhenReady(script, { meanwhile });
}

Deno.test("a killed process leaves no lock behind, only word of what it did", async () => {
  await withFolder({}, async (path) => {
    await claimAndDie(path, "synth");
    using claim = await claimFolder(path, "train");
    assertEquals(claim.interrupted, "synth");
  });
});

Deno.test("claimEmptyFolder() makes room where its own job was interrupted, and nowhere else", async () => {
  const filled = { job: "synth", task: "write here", parts: ["stills", "focus.csv"] };
  await withFolder({ "other/stills/a": "" }, async (path) => {
    const folder = `${path}/data`;
    await Deno.mkdir(folder);
    await claimAndDie(folder, "synth");
    await Deno.mkdir(`${folder}/stills`);
    {
      using claim = await claimEmptyFolder(folder, filled);
      assertEquals(await tree(folder), [".lock"]);
      await Deno.writeTextFile(`${folder}/focus.csv`, "");
      claim.keep();
    }
    assertEquals(await tree(folder), ["focus.csv"]);
    for (const held of ["data", "other"]) {
      await assertRejects(
        () => claimEmptyFolder(`${path}/${held}`, filled),
        Error,
        "Cannot write here: it already holds ",
      );
    }
    assertEquals(await tree(path), [
      "data",
      "data/focus.csv",
      "other",
      "other/stills",
      "other/stills/a",
    ]);
    {
      using _claim = await claimEmptyFolder(`${path}/new`, filled);
      await Deno.mkdir(`${path}/new/stills/images`, { recursive: true });
    }
    assertEquals((await tree(path)).includes("new"), false, "what was not completed is removed");
  });
});
