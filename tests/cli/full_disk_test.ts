import { assert, assertEquals } from "@std/assert";
import { encodeLabelTiff } from "../../train/images/formats/encode.ts";
import { synthFiles } from "../../train/jobs/synth_files.ts";
import { withFolder } from "../train/fixtures/temporary.ts";
import { labelsOf, thresholdModel } from "../train/fixtures/models/threshold_model.ts";
import { fails, PROGRAM_WORDS, TINY } from "./fixtures/command.ts";
import { canMount, inNamespace } from "./fixtures/small_disk.ts";

/** Mounts a disk of its own, runs a program and writes down the files it left on the disk. */
const SCRIPT = `
mount -t tmpfs -o "$1" none "$0" || exit 99
shift
"$@"
code=$?
find "$0" -type f > "$0.left"
exit $code
`;

/** Words that start a program in a user namespace, with a small disk at a folder. */
function withDisk(folder: string, options: string, program: readonly string[]): string[] {
  return inNamespace(SCRIPT, [folder, options, ...program]);
}

const ignore = !await canMount();
const IMAGE = encodeLabelTiff([labelsOf([{ x: 1, y: 1, width: 5, height: 4 }])]);
const FRAMES = [0, 1, 2, 3, 4, 5].map((t) => `t${t}.tif`);
const FILES = {
  "model/weights.safetensors": thresholdModel(),
  "disk/unmounted": "",
  ...Object.fromEntries(FRAMES.map((name) => [`video/${name}`, IMAGE])),
};

/** Runs commands one by one, each with an empty disk at `disk`, and gives the files left. */
async function onDisk(
  { options, code }: { options: string; code: number },
  cases: readonly (readonly [args: readonly string[], ...says: string[]])[],
): Promise<string[][]> {
  return await withFolder(FILES, async (cwd) => {
    await synthFiles({ out: `${cwd}/data`, stills: 4, frames: 2 });
    const start = withDisk(`${cwd}/disk`, options, PROGRAM_WORDS);
    const left: string[][] = [];
    for (const [args, ...says] of cases) {
      await fails(args, { code, says, cwd, start });
      const list = await Deno.readTextFile(`${cwd}/disk.left`);
      left.push(list.split("\n").map((path) => path.split("/").at(-1)!).filter(Boolean).sort());
    }
    return left;
  });
}

const PREDICT = ["predict", "--model=model", "--out=disk/out", "video"];
const TRAIN = ["train", "--stills=data/stills", "--video=data/video", ...TINY, "--out=disk/run"];
const EVALUATE = ["evaluate", "--labels=video", "--truth=video", "--out=disk/e.json"];
const SYNTH = ["synth", "--out=disk/set", "--stills=1", "--frames=1"];

Deno.test({
  name: "a full disk is one line that names the file, and no half of it stays",
  ignore,
  fn: async () => {
    const says = "the disk is full; free some space or choose another disk";
    const [predicted, trained] = await onDisk({ options: "size=12k", code: 75 }, [
      [PREDICT, "Cannot write disk/out/t", says],
      [TRAIN, "Cannot write disk/run/", says],
    ]);
    const [record, ...frames] = predicted;
    assertEquals(record, "predict.json");
    assert(frames.length > 0 && frames.length < FRAMES.length);
    assertEquals(frames, FRAMES.slice(0, frames.length), "whole files, in order");
    assertEquals(trained.filter((name) => name.endsWith(".tmp")), []);
    const [made] = await onDisk({ options: "size=4k", code: 75 }, [
      [SYNTH, "disk/set/stills/images/s000.tif", says],
    ]);
    assertEquals(made, []);
    // A disk can also be full of files instead of bytes.
    const left = await onDisk({ options: "nr_inodes=1", code: 75 }, [
      [EVALUATE, "Cannot write disk/e.json", says],
      [PREDICT, "Cannot write disk/out", says],
    ]);
    assertEquals(left.flat(), []);
  },
});

Deno.test({
  name: "a disk that may only be read is one line that names the file",
  ignore,
  fn: async () => {
    const says = ["Read-only file system", "choose a folder you may write to"];
    const left = await onDisk({ options: "ro", code: 1 }, [
      [PREDICT, "Cannot make disk/out", ...says],
      [[...PREDICT, "--out=disk"], "Cannot write disk/", ...says],
      [TRAIN, "disk/run", "Read-only file system", "give another --out"],
      [EVALUATE, "Cannot write disk/e.json", ...says],
      [SYNTH, "Cannot make disk/set", ...says],
    ]);
    assertEquals(left.flat(), []);
  },
});
