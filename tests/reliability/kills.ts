/**
 * `deno task kills [N] [SEED]`: starts commands on real files N times, kills each at some moment with some
 * signal, and calls it again. In the end everything must be there as if nothing had happened, and nothing
 * else.
 *
 * @module
 */

import { prepareGpu } from "../../train/console/session/surroundings.ts";
import { fileURLToPath } from "node:url";
import { Random } from "../../train/images/random.ts";
import { synthFiles } from "../../train/jobs/synth_files.ts";
import { openDevice } from "../../kernels/open_device.ts";
import { encodeGreyTiff } from "../../train/images/formats/encode.ts";
import { syntheticVideo } from "../../train/synthetic/mod.ts";
import { hdf5File } from "../train/fixtures/models/hdf5_file.ts";
import {
  configOf,
  kerasArrays,
  randomWeights,
  SMALL,
} from "../train/fixtures/models/keras_model.ts";
import { starModel } from "../train/fixtures/models/star_model.ts";

const PROGRAM = fileURLToPath(new URL("../../cli.ts", import.meta.url));
const SIGNALS: readonly Deno.Signal[] = ["SIGKILL", "SIGTERM", "SIGINT"];

/** A command that is killed. */
interface Victim {
  readonly name: string;
  /** Its words; results go to `out`. */
  words(out: string): readonly string[];
  /** What is added to go on with what is there. */
  readonly again?: string;
  /** Whether it refuses to do again what it has done. */
  readonly once?: true;
  /** Files that hold the time of day, or how often it was killed. */
  readonly changing?: RegExp;
}

const TINY = [
  ...[
    "--depth=1",
    "--base=2",
    "--patch=16",
    "--batch=2",
    "--pairs=2",
    "--warmup=60",
    "--rounds=10",
  ],
  ...["--ramp=0", "--validate-every=10", "--save-every=5"],
];

const VICTIMS: readonly Victim[] = [
  {
    name: "train",
    words: (out) => ["train", "--stills=data/stills", "--video=data/video", ...TINY, "--out", out],
    again: "--resume",
    changing: /report\.html$|curves\.svg$|kernels\.json$/,
  },
  {
    name: "predict a folder",
    words: (
      out,
    ) => ["predict", "--model=model", "--views=4", "--geojson", "--out", out, "data/video"],
    changing: /predict\.json$/,
  },
  {
    name: "predict a stack",
    words: (out) => ["predict", "--model=model", "--probability", "--out", out, "stack.tif"],
    changing: /predict\.json$/,
  },
  {
    name: "predict a part",
    words: (
      out,
    ) => ["predict", "--model=model", "--frames=3:7", "--geojson", "--out", out, "stack.tif"],
    changing: /predict\.json$/,
  },
  {
    name: "predict in blocks",
    words: (
      out,
    ) => ["predict", "--model=model", "--block-rows=8", "--probability", "--out", out, "slide.tif"],
    changing: /predict\.json$/,
  },
  { name: "merge", words: (out) => ["merge", "--out", out, "part-1", "part-0"] },
  {
    name: "merge with tracks",
    words: (out) => ["merge", "--track", "--ctc", "--out", out, "part-1", "part-0"],
    // It tells where the labels are.
    changing: /track\.json$/,
  },
  { name: "filter", words: (out) => ["filter", "--labels=data/truth", "--out", out] },
  { name: "import", once: true, words: (out) => ["import", "keras", "--out", out] },
  {
    name: "synth",
    once: true,
    words: (out) => ["synth", "--stills=6", "--frames=6", "--out", out],
  },
];

/** What killing led to. */
export interface KillResult {
  /** Processes that were killed before their end. */
  readonly killed: number;
  /** Processes that were faster. */
  readonly ended: number;
  /** What was not as if nothing had happened. */
  readonly faults: readonly string[];
}

/** Kills commands, and calls them again. */
export async function kills(
  { count, seed, tell = () => {} }: {
    count: number;
    seed: number;
    tell?: (line: string) => void;
  },
): Promise<KillResult> {
  const cwd = await Deno.makeTempDir({ prefix: "kymo-kills-" });
  const result = { killed: 0, ended: 0, faults: [] as string[] };
  try {
    await prepare(cwd);
    const whole = new Map<Victim, { files: ReadonlyMap<string, string>; milliseconds: number }>();
    for (let i = 0; i < count; i++) {
      const random = new Random(seed + i, 11);
      const victim = VICTIMS[i % VICTIMS.length];
      const place = { cwd, victim };
      let known = whole.get(victim);
      if (!known) {
        const start = performance.now();
        const { code, error } = await run(place, { out: "whole" + whole.size });
        if (code !== 0) throw new Error(`Cannot begin: ${victim.name} fails: ${error}`);
        const files = await contentOf(`${cwd}/whole${whole.size}`, victim);
        whole.set(victim, known = { files, milliseconds: performance.now() - start });
      }
      const out = `killed${i}`;
      const signals: string[] = [];
      let isDone = false;
      for (let left = 1 + random.integer(3); left > 0 && !isDone; left--) {
        const signal = SIGNALS[random.integer(SIGNALS.length)];
        const after = random.next() * known.milliseconds;
        const { code } = await run(place, { out, kill: { signal, after } });
        code === 0 ? result.ended++ : result.killed++;
        isDone = code === 0 && victim.once === true;
        signals.push(`${signal} after ${after.toFixed(0)} ms`);
      }
      const { code, error } = isDone ? { code: 0, error: "" } : await run(place, { out });
      const what = `${victim.name}, seed ${seed + i}, ${signals.join(", ")}`;
      const different = await differences(`${cwd}/${out}`, { known, victim, what });
      // What was killed when all was done is not done again.
      if (code !== 0 && !(victim.once && different.length === 0)) {
        result.faults.push(`${what}: fails when called again: ${error}`);
      } else result.faults.push(...different);
      tell(`${i + 1}/${count} ${what}`);
      await Deno.remove(`${cwd}/${out}`, { recursive: true }).catch(() => {});
    }
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
  return result;
}

/** The data that the commands work on. */
async function prepare(cwd: string): Promise<void> {
  await synthFiles({ out: `${cwd}/data`, stills: 5, frames: 6 });
  await Deno.mkdir(`${cwd}/model`);
  await Deno.mkdir(`${cwd}/keras`);
  await Deno.writeFile(`${cwd}/model/weights.safetensors`, starModel());
  const { frames } = syntheticVideo({ seed: 2, frames: 8 });
  await Deno.writeFile(`${cwd}/stack.tif`, encodeGreyTiff(frames));
  await Deno.writeFile(`${cwd}/slide.tif`, encodeGreyTiff(frames.slice(0, 1)));
  for (const [part, range] of [["part-0", "0:3"], ["part-1", "3:"]]) {
    const words = ["predict", "--model=model", `--frames=${range}`, "--geojson", "stack.tif"];
    const { code, error } = await run(
      { cwd, victim: { name: part, words: (out) => [...words, "--out", out] } },
      { out: part },
    );
    if (code !== 0) throw new Error(`Cannot begin: ${part} fails: ${error}`);
  }
  using device = await openDevice();
  const weights = kerasArrays(await randomWeights(device, SMALL));
  await Deno.writeFile(`${cwd}/keras/weights_best.h5`, hdf5File(weights));
  await Deno.writeTextFile(`${cwd}/keras/config.json`, configOf(SMALL));
}

/** Runs a command to its end, or until it is killed. */
async function run(
  { cwd, victim }: { cwd: string; victim: Victim },
  { out, kill }: { out: string; kill?: { signal: Deno.Signal; after: number } },
): Promise<{ code: number; error: string }> {
  const isBegun = await Deno.stat(`${cwd}/${out}/config.json`).then(() => true, () => false);
  const child = new Deno.Command("deno", {
    args: [
      ...["run", "--no-prompt", "--allow-read", "--allow-write"],
      ...[
        "--allow-env=DENO_WEBGPU_BACKEND,XDG_RUNTIME_DIR",
        PROGRAM,
        ...victim.words(out),
        "--json",
      ],
      ...(isBegun && victim.again ? [victim.again] : []),
    ],
    cwd,
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const timer = kill && setTimeout(() => {
    try {
      child.kill(kill.signal);
    } catch {
      // It was faster.
    }
  }, kill.after);
  const { code, stderr } = await child.output();
  clearTimeout(timer);
  return { code, error: new TextDecoder().decode(stderr) };
}

/** What is not as it is without kills. */
async function differences(
  out: string,
  { known, victim, what }: {
    known: { files: ReadonlyMap<string, string> };
    victim: Victim;
    what: string;
  },
): Promise<string[]> {
  const files = await contentOf(out, victim).catch(() => new Map<string, string>());
  const names = new Set([...known.files.keys(), ...files.keys()]);
  return [...names].filter((name) => files.get(name) !== known.files.get(name)).map((name) => {
    const how = !files.has(name)
      ? "is missing"
      : known.files.has(name)
      ? "is another"
      : "is left over";
    return `${what}: ${name} ${how}`;
  });
}

/** The files of a folder with their content's digest; hidden ones, too. */
async function contentOf(folder: string, victim: Victim): Promise<Map<string, string>> {
  const content = new Map<string, string>();
  const walk = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(`${folder}/${path}`)) {
      const inside = `${path}${name}`;
      if (isDirectory) await walk(`${inside}/`);
      else if (victim.changing?.test(inside)) content.set(inside, "");
      else {
        const digest = await crypto.subtle.digest(
          "SHA-256",
          await Deno.readFile(`${folder}/${inside}`),
        );
        content.set(inside, new Uint8Array(digest).toHex());
      }
    }
  };
  await walk("");
  return content;
}

if (import.meta.main) {
  await prepareGpu();
  const [count = "60", seed = "1"] = Deno.args;
  const start = performance.now();
  const options = { count: Number(count), seed: Number(seed), tell: console.log };
  const { killed, ended, faults } = await kills(options);
  faults.forEach((fault) => console.log(`FAULT ${fault}`));
  console.log(
    `${count} commands in ${((performance.now() - start) / 1000).toFixed(0)} s: ${killed} kills, ` +
      `${ended} were faster, ${faults.length} faults`,
  );
  Deno.exit(faults.length === 0 ? 0 : 1);
}
