// The Snakefile of docs/cluster, run by the real engine where it is installed, undisturbed and killed.
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { synthFiles } from "../../train/jobs/synth_files.ts";
import { kymo, PROGRAM_WORDS, TINY, tree } from "../cli/fixtures/command.ts";

const SNAKEFILE = fileURLToPath(new URL("../../docs/cluster/Snakefile", import.meta.url));
const isInstalled =
  (await new Deno.Command("sh", { args: ["-c", "command -v snakemake"] }).output())
    .success;
if (!isInstalled) console.log("Snakemake is not installed: its template is not run");

const folder = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** Runs the workflow; kills it and all that it started after some seconds, if told. */
async function snakemake(out: string, { killAfter }: { killAfter?: number } = {}): Promise<void> {
  const words = [
    ...["snakemake", "--snakefile", SNAKEFILE, "--cores", "2", "--nolock", "--rerun-incomplete"],
    ...["--config", `kymo='${PROGRAM_WORDS.join(" ")}'`, "stills=data/stills", "video=data/video"],
    ...["truth=data/truth", `out=${out}`, "size=3", "seeds=1,2", "minutes=5"],
    `flags='${TINY.join(" ")}'`,
  ];
  const run = `${words.join(" ")} > log 2>&1`;
  // Everything that it started has its process group.
  const script = killAfter === undefined
    ? run
    : `setsid sh -c "exec ${
      run.replaceAll('"', '\\"')
    }" & sleep ${killAfter}; kill -s KILL -- -$! || true`;
  const { success } = await new Deno.Command("sh", {
    args: ["-c", script],
    cwd: folder,
    env: { NO_COLOR: "1", XDG_CACHE_HOME: `${folder}/cache`, HOME: folder },
  }).output();
  assert(success, await Deno.readTextFile(`${folder}/log`));
}

/** The content of the files of a folder whose names a pattern knows. */
async function contentOf(path: string, names: RegExp): Promise<Record<string, string>> {
  const files = (await tree(path)).filter((name) => names.test(name));
  const contents = files.map(async (name) => {
    return [name, (await Deno.readFile(`${path}/${name}`)).toBase64()] as const;
  });
  return Object.fromEntries(await Promise.all(contents));
}

Deno.test({
  name: "the Snakefile gives the labels of one process, also after it was killed",
  ignore: !isInstalled,
  async fn() {
    await synthFiles({ out: `${folder}/data`, stills: 5, frames: 8 });
    await snakemake("calm");
    const model = ["--model=calm/seed-1", "--out=whole", "data/video"];
    const whole = await kymo(["predict", ...model], { cwd: folder });
    assertEquals(whole.code, 0, whole.error);
    const labels = await contentOf(`${folder}/calm/labels`, /\.tif$/);
    assertEquals(Object.keys(labels).length, 8);
    assertEquals(labels, await contentOf(`${folder}/whole`, /\.tif$/));
    const weights = await contentOf(`${folder}/calm`, /^seed-\d\/\w+\.safetensors$/);

    for (const seconds of [4, 8, 12]) await snakemake("killed", { killAfter: seconds });
    await snakemake("killed");
    assertEquals(await contentOf(`${folder}/killed/labels`, /\.tif$/), labels);
    assertEquals(await contentOf(`${folder}/killed`, /^seed-\d\/\w+\.safetensors$/), weights);
    // Its notes name the folders.
    const figuresOf = async (out: string) => {
      const { notes: _, ...figures } = JSON.parse(
        await Deno.readTextFile(`${folder}/${out}/figures.json`),
      );
      return figures;
    };
    assertEquals(await figuresOf("killed"), await figuresOf("calm"));
  },
});
