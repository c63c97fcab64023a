// A disk that is full in the middle: 75, nothing is lost, and with some more room the same bytes.
import { assert, assertEquals } from "@std/assert";
import { encodeGreyTiff } from "../../../train/images/formats/encode.ts";
import { synthFiles } from "../../../train/jobs/synth_files.ts";
import { thresholdModel } from "../../train/fixtures/models/threshold_model.ts";
import { runContent } from "../../train/fixtures/tiny_run.ts";
import { filesIn, withFolder } from "../../train/fixtures/temporary.ts";
import { PROGRAM_WORDS, runs, TINY } from "../fixtures/command.ts";
import { canMount, inNamespace } from "../fixtures/small_disk.ts";

/**
 * Mounts a small disk at `disk`, runs a program on it, makes room, and runs it again, with one more word
 * unless that is empty. What is there after each run is copied to `first` and to `second`.
 */
const SCRIPT = `
size=$0 again=$1
shift
mount -t tmpfs -o size=$size none disk || exit 99
"$@" 2> first.error
echo $? > first.code
cp -r disk first
mount -o remount,size=64m disk
"$@" $again 2> second.error
echo $? > second.code
cp -r disk second
`;

const [WIDTH, HEIGHT] = [100, 90];
/** Different noise in each frame: its labels need some bytes. */
const FRAMES = Array.from({ length: 8 }, (_, t) => ({
  ...{ width: WIDTH, height: HEIGHT },
  data: Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i * (i + t)) % 977),
}));
const FILES = {
  "model/weights.safetensors": thresholdModel(),
  "movie.tif": encodeGreyTiff(FRAMES),
  "slide.tif": encodeGreyTiff([FRAMES[0]]),
  ...Object.fromEntries(FRAMES.map((frame, t) => [`video/t${t}.tif`, encodeGreyTiff([frame])])),
};
const BEFORE = [
  ["predict", "--model=model", "--out=part", "--frames=0:4", "video"],
  ["predict", "--model=model", "--out=rest", "--frames=4:", "video"],
];
/** Jobs, how large the first disk is, and how to go on. */
const JOBS: [words: string[], size: string, again?: string][] = [
  [["predict", "--model=model", "video"], "24k"],
  [["predict", "--model=model", "--probability", "movie.tif"], "16k"],
  [["predict", "--model=model", "--block-rows=20", "slide.tif"], "20k"],
  [["merge", "part", "rest"], "20k"],
  [["train", "--stills=data/stills", "--video=data/video", ...TINY], "100k", "--resume"],
];

Deno.test({
  name: "jobs whose disk is full end with 75, and go on to the same bytes when there is room",
  ignore: !await canMount(),
  fn: async () => {
    for (const [words, size, again = ""] of JOBS) {
      await withFolder({ ...FILES, "disk/unmounted": "" }, async (cwd) => {
        const what = words.join(" ");
        if (words[0] === "merge") { for (const args of BEFORE) await runs(args, { cwd }); }
        if (words[0] === "train") await synthFiles({ out: `${cwd}/data`, stills: 4, frames: 3 });
        const job = [...words, "--out=disk/out"];
        const [program, ...args] = inNamespace(SCRIPT, [size, again, ...PROGRAM_WORDS, ...job]);
        const { success } = await new Deno.Command(program, {
          ...{ args, cwd, stdout: "null" },
          env: { NO_COLOR: "1" },
        }).output();
        assertEquals(success, true, what);
        const read = async (name: string) => (await Deno.readTextFile(`${cwd}/${name}`)).trim();
        assertEquals(await read("first.code"), "75", `${what}: ${await read("first.error")}`);
        assert((await read("first.error")).includes("the disk is full; free some"), what);
        assertEquals(await read("second.code"), "0", `${what}: ${await read("second.error")}`);
        await runs([...words, "--out=whole"], { cwd });
        const content = words[0] === "train" ? runContent : filesIn;
        const [first, second, whole] = [
          await filesIn(`${cwd}/first/out`).catch(() => ({})),
          await content(`${cwd}/second/out`),
          await content(`${cwd}/whole`),
        ];
        const hidden = Object.keys(first).filter((name) => /(^|\/)\./.test(name));
        assertEquals(hidden, [], what);
        assertEquals(second, whole, what);
      });
    }
  },
});
