// How the program is started, and what is around it: by a task from any folder, installed, without a home.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { synthFiles } from "../../train/jobs/synth_files.ts";
import { kymo, type Outcome, TINY, tree } from "./fixtures/command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const folder = await Deno.makeTempDir({ prefix: "kymo elsewhere " });

Deno.test.beforeAll(async () => {
  await synthFiles({ out: `${folder}/data`, stills: 4, frames: 3 });
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

/** Runs a line of the shell in a folder, without the variables that a task or a desktop sets. */
async function shell(line: string, { cwd = folder } = {}): Promise<Outcome> {
  const unset = "unset INIT_CWD XDG_RUNTIME_DIR DENO_WEBGPU_BACKEND; ";
  return await kymo([], { cwd, start: ["sh", "-c", unset + line] });
}

Deno.test("a task takes paths from the folder that it is called in", async () => {
  const task = `deno task --quiet --config "${ROOT}deno.json"`;
  const train = `${task} train --stills data/stills --video=data/video ${TINY.join(" ")}`;
  const trained = await shell(`${train} --out "my run"`);
  assertEquals([trained.code, trained.error], [0, ""]);
  assert((await tree(`${folder}/my run`)).includes("report.html"));
  const weights = trained.lines.find((line) => line.startsWith("Weights:"));
  assertEquals(weights, `Weights: ${folder}/my run/weights.safetensors`);
  const predicted = await shell(`${task} predict --model "../my run" video`, {
    cwd: `${folder}/data`,
  });
  assertEquals([predicted.code, predicted.error], [0, ""]);
  assertStringIncludes(predicted.lines.join("\n"), `3 files written to ${folder}/data/predicted`);
});

Deno.test("the help shows how to start the program again as it was started", async () => {
  const lineOf = async (start: string, cwd: string) =>
    (await shell(`${start} evaluate --help`, { cwd })).lines[2];
  const cases: [start: string, cwd: string, shown: RegExp][] = [
    [
      `deno task --quiet --config "${ROOT}deno.json"`,
      folder,
      /(deno task --config|sh) \S+ evaluate/,
    ],
    ["deno task --quiet", ROOT, /(deno task|sh setup\.sh) evaluate/],
    ["deno run -RW cli.ts", ROOT, /deno run -RW cli\.ts evaluate/],
  ];
  for (const [start, cwd, shown] of cases) {
    const pattern = new RegExp(`^  ${shown.source} --labels PATH`);
    assertEquals((await lineOf(start, cwd)).match(pattern)?.index, 0, start);
  }
});

Deno.test("drivers complain of no variable that is not set", async () => {
  const { code, error } = await shell(
    `deno task --quiet --config "${ROOT}deno.json" doctor --json`,
  );
  assertEquals({ code, error }, { code: 0, error: "" });
});

Deno.test("deno install makes a program of it that runs in any folder", async () => {
  const install =
    `deno install --quiet -g --root "${folder}/root" -n kymo -RW --config "${ROOT}deno.json"`;
  const installed = await shell(`${install} "${ROOT}cli.ts"`);
  assertEquals(installed.code, 0, installed.error);
  const { code, lines, error } = await shell(
    `"${folder}/root/bin/kymo" evaluate --labels data/truth`,
  );
  assertEquals({ code, error }, { code: 0, error: "" });
  assertEquals(lines[0], "3 frames");
});

Deno.test("where the folder may not be written to, results go to the home of the user", async () => {
  const train = ["train", `--stills=${folder}/data/stills`, ...TINY, "--rounds=0"].map((word) =>
    `'${word}'`
  );
  const allowed = "--allow-env=HOME,XDG_RUNTIME_DIR,DENO_WEBGPU_BACKEND --allow-write=";
  const permissions = `--no-prompt --allow-read ${allowed}`;
  // Packages are where they were with the real home.
  const cache =
    `DENO_DIR=$(deno info --json | sed -n 's/.*"denoDir": "\\(.*\\)",/\\1/p'); export DENO_DIR; `;
  const started = (writable: string) =>
    shell(
      `${cache} export HOME='${folder}/home'; ` +
        `deno run ${permissions}'${writable}' '${ROOT}cli.ts' ${train.join(" ")}`,
      { cwd: `${folder}/data` },
    );
  const { code, error } = await started(`${folder}/home`);
  assertEquals({ code, error }, { code: 0, error: "" });
  const [run] = await tree(`${folder}/home/kymo/runs`);
  assert((await tree(`${folder}/home/kymo/runs/${run}`)).includes("weights.safetensors"));
});
