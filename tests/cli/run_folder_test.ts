import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { synthFiles } from "../../train/jobs/synth_files.ts";
import { assertFailed, command, events, fails, kymo, TINY, tree } from "./fixtures/command.ts";

const folder = await Deno.makeTempDir();
const cwd = folder;
const DATA = ["--stills=data/stills", "--video=data/video"];
const TRAIN = ["train", ...DATA, ...TINY];

Deno.test.beforeAll(async () => {
  await synthFiles({ out: `${folder}/data`, stills: 5, frames: 3 });
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

Deno.test("of two trainings into one folder one is refused; without --out each has its own", async () => {
  const twice = await Promise.all(
    [1, 2].map((seed) => kymo([...TRAIN, "--out=one", `--seed=${seed}`], { cwd })),
  );
  assertEquals(twice.map(({ code }) => code).toSorted(), [0, 1], twice[0].error + twice[1].error);
  const lost = twice.findIndex(({ code }) => code === 1);
  const { error } = twice[lost];
  assert(/^Cannot train into one: (another process|it already holds a run)/.test(error), error);
  const config = JSON.parse(await Deno.readTextFile(`${folder}/one/config.json`));
  assertEquals(config.seed, 2 - lost);

  const own = await Promise.all([1, 2, 3].map(() => kymo(TRAIN, { cwd })));
  assertEquals(
    own.map(({ code, error }) => ({ code, error })),
    Array(3).fill({ code: 0, error: "" }),
  );
  const runs = await Array.fromAsync(Deno.readDir(`${folder}/runs`), ({ name }) => name);
  assertEquals(runs.length, 3);
  for (const run of runs) {
    assert((await tree(`${folder}/runs/${run}`)).includes("weights.safetensors"));
  }
});

/** Waits until a program prints some words; what it prints then is read on, so that it goes on. */
async function tells(child: Deno.ChildProcess, words: string): Promise<void> {
  let text = "";
  await new Promise<void>((tell, fail) => {
    const read = async () => {
      for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += part;
        if (text.includes(words)) tell();
      }
      fail(new Error(`The program ended after ${text}`));
    };
    void read();
  });
}

Deno.test("--resume beside a training is refused, and goes on once that is dead", async () => {
  const long = [...TRAIN.filter((word) => word !== "--warmup=4"), "--warmup=100000", "--out=long"];
  const child = command([...long, "--json"], { cwd }).spawn();
  await tells(child, '"validation"');
  for (const args of [[...long, "--resume"], long]) {
    await fails(args, { code: 1, says: ["Cannot train into long: another process"], cwd });
  }
  child.kill("SIGKILL");
  await Promise.all([child.status, child.stderr.cancel()]);
  await fails(long, { code: 1, says: ["already holds a run"], cwd });
  const again = command([...long, "--resume", "--json"], { cwd }).spawn();
  await tells(again, '"step"');
  again.kill("SIGKILL");
  await Promise.all([again.status, again.stderr.cancel()]);
});

Deno.test("--resume of nothing, and videos without stills, are wrong commands that write nothing", async () => {
  await Deno.mkdir(`${folder}/empty`);
  const before = await tree(folder);
  const cases: [args: string[], ...says: string[]][] = [
    [["--resume", "--out=typo"], "Cannot resume typo: there is no run in it", "check --out"],
    [["--resume", "--out=empty"], "Cannot resume empty: there is no run in it"],
    [["--video=data/video"], "video but without stills", "--stills"],
    [["--video=data/video", "--out=new"], "video but without stills"],
    [["--truth=data/truth"], "truth but without stills"],
    [["--volume=data/video"], "volume but without stills"],
  ];
  for (const [args, ...says] of cases) await fails(["train", ...args], { code: 2, says, cwd });
  assertEquals(await tree(folder), before);
});

Deno.test("a run that fails before it learned anything leaves no folder, and can be begun anew", async () => {
  const before = await tree(folder);
  const small = ["train", ...DATA, ...TINY, "--memory=8", "--patch=128", "--base=32"];
  const says = ["Cannot", "memory limit", "fits"];
  await fails([...small, "--out=deep/er"], { code: 75, says, cwd });
  await fails(small, { code: 75, says, cwd });
  await fails(["predict", "--model=one", "--out=labels/er", "data/truth/none"], {
    code: 3,
    says: [],
    cwd,
  });
  assertEquals(await tree(folder), before);
  // What a process leaves that was killed before it saved anything.
  await Deno.mkdir(`${folder}/killed/seed-1`, { recursive: true });
  for (const run of ["killed", "killed/seed-1"]) {
    await Deno.copyFile(`${folder}/one/config.json`, `${folder}/${run}/config.json`);
  }
  const told = await events([...TRAIN, "--out=killed", "--depth=2"], { cwd });
  assertEquals(told.at(-1)!.type, "result");
  assert(!(await tree(`${folder}/killed`)).includes("seed-1"));
  await Deno.mkdir(`${folder}/mine`);
  await Deno.writeTextFile(`${folder}/mine/config.json`, '{ "depth": 1 }');
  const outcome = await kymo([...TRAIN, "--out=mine"], { cwd });
  assertFailed(outcome, { code: 1, says: ["already holds a run"], what: "settings of a user" });
  assertStringIncludes(await Deno.readTextFile(`${folder}/mine/config.json`), '{ "depth": 1 }');
});

Deno.test("a run out of memory or control goes on with more memory or a lower rate", async () => {
  const tight = [...TRAIN, "--out=tight"];
  await fails([...tight, "--memory=1", "--warmup-rate=0.9999"], {
    code: 75,
    says: ["Cannot"],
    cwd,
  });
  await fails([...tight, "--resume", "--memory=1", "--patch=32"], {
    code: 2,
    says: ["--patch"],
    cwd,
  });
  const told = await events([...tight, "--resume", "--memory=64", "--warmup-rate=0.001"], { cwd });
  assertEquals(told.at(-1)!.type, "result");
});
