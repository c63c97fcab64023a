import { assertEquals, assertRejects } from "@std/assert";
import {
  filesToWrite,
  foldersOf,
  type OutputJob,
  type PlanOptions,
  planOutputs,
} from "../../../../train/jobs/outputs/output_plan.ts";
import { labelTiff } from "../../../../train/objects/formats/label_tiff.ts";
import { probabilityTiff } from "../../../../train/objects/formats/probability_tiff.ts";
import { withFolder } from "../../fixtures/temporary.ts";

function job(stem: string, source: string = stem): OutputJob<string> {
  return { source, frames: [0], stem };
}

/** Plans with errors that name what they are about. */
function plan(jobs: readonly OutputJob<string>[], options: Partial<PlanOptions<string>> = {}) {
  return planOutputs(jobs, {
    out: "out",
    inputs: [],
    sayTwice: (name, { first, second }) => `${name} of ${first.source} and ${second.source}`,
    sayAmong: (input) => `among ${input}`,
    ...options,
  });
}

Deno.test("planOutputs() names files after the job, the labels last", async () => {
  const planned = await plan([job("a"), job("b")], { outputs: [probabilityTiff] });
  assertEquals(planned.map(({ source, frames, stem }) => ({ source, frames, stem })), [
    job("a"),
    job("b"),
  ]);
  assertEquals(planned.map(({ files }) => files.map(({ path }) => path)), [
    ["out/probability/a.tif", "out/a.tif"],
    ["out/probability/b.tif", "out/b.tif"],
  ]);
  assertEquals(planned[0].files.map(({ format }) => format), [probabilityTiff, labelTiff]);
  assertEquals(foldersOf(planned), ["out/probability", "out"]);
  assertEquals(foldersOf(await plan([job("a")])), ["out"]);
});

Deno.test("planOutputs() never writes the same file twice", async () => {
  const jobs = [job("a", "one"), job("b"), job("a", "two")];
  const outputs = [probabilityTiff];
  await assertRejects(() => plan(jobs, { outputs }), Error, "a.tif of one and two");
  // Names that differ for the labels may still be one for another format.
  const first = { ...probabilityTiff, file: (stem: string) => `${stem[0]}.map` };
  const alike = plan([job("a1"), job("a2")], { outputs: [first] });
  await assertRejects(() => alike, Error, "a.map of a1 and a2");
  // Nor do two formats of one job share a file.
  const same = plan([job("a")], { outputs: [labelTiff] });
  await assertRejects(() => same, Error, "Cannot write a.tif: two formats");
});

Deno.test("planOutputs() writes into no folder that is read, by whatever path", async () => {
  const files = { "in/t1.tif": "", "out/probability/p.tif": "", "elsewhere/x.tif": "" };
  await withFolder(files, async (folder) => {
    await Deno.symlink(`${folder}/in`, `${folder}/link`);
    const into = (out: string, ...inputs: string[]) =>
      plan([job("a")], {
        out: `${folder}/${out}`,
        inputs: inputs.map((input) => `${folder}/${input}`),
        outputs: [probabilityTiff],
      });
    for (const input of ["in", "in/t1.tif", "link", "link/t1.tif"]) {
      for (const out of ["in", "link", "out/../in"]) {
        const refused = into(out, "elsewhere", input);
        await assertRejects(() => refused, Error, `among ${folder}/${input}`);
      }
    }
    await assertRejects(() => into("out", "out/probability"), Error, "among");
    await into("out", "in", "elsewhere/x.tif");
    await into("in/new", "in");
    await assertRejects(() => into("out", "missing"), Deno.errors.NotFound, "missing");
  });
});

Deno.test("filesToWrite() leaves out what is there, unless told to overwrite", async () => {
  await withFolder({ "out/a.tif": "mine" }, async (folder) => {
    const [{ files }] = await plan([job("a")], {
      out: `${folder}/out`,
      outputs: [probabilityTiff],
    });
    assertEquals(await filesToWrite(files, {}), [files[0]]);
    assertEquals(await filesToWrite(files, { overwrite: false }), [files[0]]);
    assertEquals(await filesToWrite(files, { overwrite: true }), files);
  });
});
