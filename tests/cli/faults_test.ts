// What lies in wait on a disk and in a shell: each is one clear line, and nobody waits for ever.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  encodeFloatTiff,
  encodeGreyTiff,
  encodeLabelTiff,
} from "../../train/images/formats/encode.ts";
import {
  labelsOf,
  picture,
  type Rectangle,
  thresholdModel,
} from "../train/fixtures/models/threshold_model.ts";
import { withFolder } from "../train/fixtures/temporary.ts";
import { fails, kymo, PROGRAM_WORDS, TINY, tree } from "./fixtures/command.ts";

const A: Rectangle = { x: 1, y: 1, width: 6, height: 5 };
const GREY = encodeGreyTiff([picture([A])]);
const LABELS = encodeLabelTiff([labelsOf([A])]);
const MODEL = { "model/weights.safetensors": thresholdModel() };

/** Runs the program in a shell, behind and before some words of it. */
async function inShell(args: string, { cwd, before = "", behind = "" }: Record<string, string>) {
  const words = PROGRAM_WORDS.map((word) => `'${word}'`).join(" ");
  return await kymo([], { cwd, start: ["sh", "-c", `${before} ${words} ${args} ${behind}`] });
}

Deno.test("pipes and links that lead nowhere are named, as images, models, tables and settings", async () => {
  await withFolder({ ...MODEL, "v/t0.tif": GREY, "s.csv": "x" }, async (cwd) => {
    const made = await kymo([], {
      cwd,
      start: ["sh", "-c", "mkfifo pipe.tif pipe.json p.safetensors && ln -s gone.tif v/t1.tif"],
    });
    assertEquals(made.code, 0, made.error);
    const predict = ["predict", "--model=model", "--out=out"];
    const code = 3;
    await fails([...predict, "pipe.tif"], {
      code,
      says: ["Cannot read pipe.tif: it is a pipe"],
      cwd,
    });
    await fails([...predict, "v"], { code, says: ["v/t1.tif: it is a link to something"], cwd });
    await fails(["predict", "--model=p.safetensors", "v"], { code, says: ["it is a pipe"], cwd });
    await fails(["train", "--config=pipe.json"], { code, says: ["pipe.json: it is a pipe"], cwd });
    await fails(["evaluate", "--labels=pipe.tif"], { code, says: ["it is a pipe"], cwd });
    assert(!(await tree(cwd)).includes("out"));
  });
});

Deno.test("a command whose output nobody reads any more stops without a word", async () => {
  const frames = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`v/t${i}.tif`, GREY]),
  );
  await withFolder({ ...MODEL, ...frames }, async (cwd) => {
    for (const args of ["predict --model=model --out=out --json v", "--help", "predict --help"]) {
      // What the shell gives is the exit code of the last in the pipe.
      const behind = "; echo $? > code; } | true";
      const { error } = await inShell(args, { cwd, before: "{", behind });
      assertEquals([error, await Deno.readTextFile(`${cwd}/code`)], ["", "141\n"], args);
    }
    // On a busy machine it stops before it has written anything.
    const written = await tree(`${cwd}/out`).catch(() => []);
    assert(written.every((name) => /^(t\d+\.tif|predict\.json)$/.test(name)), written.join());
  });
});

Deno.test("a command whose output is written to a full disk says so in one line, to be called again", async () => {
  // The one disk that is always full.
  if (Deno.build.os !== "linux") return;
  await withFolder({ ...MODEL, "v/t0.tif": GREY }, async (cwd) => {
    for (
      const args of [
        "predict --model=model --out=out --json v",
        "predict --model=model v",
        "--help",
      ]
    ) {
      const { code, error } = await inShell(args, { cwd, behind: "> /dev/full" });
      const says =
        "Cannot write the output: the disk is full; free some space or write it to another " +
        "disk\n";
      assertEquals({ code, error }, { code: 75, error: says }, args);
    }
  });
});

Deno.test("a few open files are enough for many images", async () => {
  const frames = Object.fromEntries(
    Array.from({ length: 70 }, (_, i) => [`v/t${i}.tif`, GREY]),
  );
  const stills = Object.fromEntries(
    ["a", "b", "c", "d"].flatMap((name) => [
      [`s/images/${name}.tif`, GREY],
      [`s/masks/${name}.tif`, LABELS],
    ]),
  );
  await withFolder({ ...MODEL, ...frames, ...stills }, async (cwd) => {
    const before = "ulimit -n 64;";
    const train = "--patch=8 --pairs=64 --exposure=1 --no-control";
    const commands = [
      "predict --model=model --out=a v",
      "predict --model=model --out=b v/*.tif",
      "filter --labels=a --out=c",
      "evaluate --labels=a --truth=b",
      `train --stills=s --video=v --out=run ${TINY.join(" ")} ${train}`,
    ];
    for (const args of commands) {
      const { code, error } = await inShell(args, { cwd, before });
      assertEquals({ code, error }, { code: 0, error: "" }, args);
    }
    assertEquals((await tree(`${cwd}/b`)).length, 71);
  });
});

Deno.test("an output that cannot be written is told of before anything is computed", async () => {
  await withFolder({ "l/t0.tif": LABELS }, async (cwd) => {
    for (const args of [["tune"], ["evaluate", "--labels=l"]]) {
      const start = performance.now();
      const says = ["Cannot write no/x.json: its folder does not exist"];
      await fails([...args, "--out=no/x.json"], { code: 1, says, cwd });
      assert(performance.now() - start < 5000, `${args[0]} computed before it looked`);
      await fails([...args, "--out=l"], { code: 1, says: ["Cannot write l: it is a folder"], cwd });
    }
    assertEquals(await tree(cwd), ["l", "l/t0.tif"]);
  });
});

Deno.test("numbers that would fill the stack, and ids that floats cannot tell apart, are refused", async () => {
  const ids = new Float32Array(13 * 9);
  ids[5] = 2 ** 24 + 2;
  const files = {
    "i/a.tif": GREY,
    "s/a.tif": LABELS,
    "l/t0.tif": encodeFloatTiff([{ width: 13, height: 9, data: ids }]),
  };
  await withFolder(files, async (cwd) => {
    const annotate = ["annotate-to-mask", "--images=i", "--scribbles=s", "--out=m"];
    await fails([...annotate, "--pixels=200000"], { code: 2, says: ["--pixels 200000"], cwd });
    const says = ["l/t0.tif", "16777218", "floats of 32 bits do not tell ids above 16777216 apart"];
    await fails(["evaluate", "--labels=l"], { code: 3, says, cwd });
  });
});

Deno.test("a TIFF whose height or next page was cut is read as it is, and that is said", async () => {
  const noise = (seed: number) => ({
    ...{ width: 130, height: 90 },
    data: Float32Array.from({ length: 130 * 90 }, (_, i) => Math.imul(i + seed, 2654435761) >>> 16),
  });
  const whole = encodeGreyTiff([noise(1), noise(2)]);
  const view = new DataView(whole.buffer.slice(0));
  // The first directory: no description that would tell, a next one at its end.
  const bytes = new Uint8Array(view.buffer);
  const first = view.getUint32(4, true);
  const count = view.getUint16(first, true);
  for (let i = 0; i < count; i++) {
    const at = first + 2 + 12 * i;
    if (view.getUint16(at, true) === 270) view.setUint16(at, 65000, true);
  }
  const cutPage = bytes.slice();
  new DataView(cutPage.buffer).setUint32(first + 2 + 12 * count, 0, true);
  await withFolder({ ...MODEL, "page.tif": cutPage }, async (cwd) => {
    const { code, lines, error } = await kymo(["predict", "--model=model", "page.tif"], { cwd });
    assertEquals({ code, error }, { code: 0, error: "" });
    assertStringIncludes(lines[0], "belong to no page: pages may be missing");
  });
});
