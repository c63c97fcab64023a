import { assert, assertEquals, assertMatch } from "@std/assert";
import { decodeImage, readLabels } from "../../train/images/formats/decode.ts";
import { decodeSafeTensors, encodeSafeTensors } from "../../nn/safetensors.ts";
import { encodeGreyTiff } from "../../train/images/formats/encode.ts";
import { syntheticVideo } from "../../train/synthetic/mod.ts";
import { withFolder } from "../train/fixtures/temporary.ts";
import {
  labelsOf,
  type Rectangle,
  thresholdModel,
  tiffOf,
} from "../train/fixtures/models/threshold_model.ts";
import { command, events, firstLines, runs, saysNext, tree } from "./fixtures/command.ts";
import { disk } from "../../train/jobs/disk/files.ts";

const A: Rectangle = { x: 1, y: 1, width: 3, height: 2 };
const B: Rectangle = { x: 6, y: 2, width: 4, height: 3 };
const DIM_C: Rectangle = { x: 2, y: 6, width: 5, height: 3, value: 300 };
const MODEL = { "model/weights.safetensors": thresholdModel() };

async function labels(path: string) {
  return await readLabels(await decodeImage(disk, path), 0);
}

Deno.test("predict tells every frame, and keeps names that look like numbers", async () => {
  const files = {
    ...MODEL,
    "12/007.tif": tiffOf([A]),
    "12/008.tif": tiffOf([A, B]),
    "9": tiffOf([B]),
  };
  await withFolder(files, async (cwd) => {
    const told = await events(["predict", "--model=model", "--out", "3", "12", "9"], { cwd });
    const frames = told.filter(({ type }) => type === "frame");
    assertEquals(frames.map(({ name, objects }) => [name, objects]), [
      ...[["007.tif", 1], ["008.tif", 2], ["9", 1]],
    ]);
    const { time: _, ...done } = told.at(-1)!;
    assertEquals(done, { type: "done", out: "3", written: 3, kept: 0 });
    assertEquals(await tree(`${cwd}/3`), ["007.tif", "008.tif", "9.tif", "predict.json"]);
    assertEquals(await labels(`${cwd}/3/008.tif`), labelsOf([A, B]));
  });
});

Deno.test("predict follows its flags, keeps what is there and overwrites only when told", async () => {
  const files = { ...MODEL, "v.tif": tiffOf([A], [B, DIM_C]) };
  await withFolder(files, async (cwd) => {
    const flags = ["--probability", "--tta", "--ctc", "--tile=64", "--memory=512"];
    const plain = ["predict", "--model", "model/weights.safetensors", ...flags, "v.tif"];
    const { lines, next } = await saysNext(plain, { cwd });
    assertMatch(next[1], / evaluate --labels predicted --truth TRUTH$/);
    assertEquals(lines[0], "v.tif: 2 frames of 13x9 pixels, 16 bits, axes T 2");
    assertMatch(lines[1], /^v\.tif: intensities \S+ and \S+ become 0 and 1$/);
    assertEquals(lines.at(-1), `2 files written to ${cwd}/predicted`);
    assertEquals(await tree(`${cwd}/predicted`), [
      ...["mask000.tif", "mask001.tif"],
      ...["predict.json", "probability", "probability/mask000.tif", "probability/mask001.tif"],
    ]);
    assertEquals(await labels(`${cwd}/predicted/mask001.tif`), labelsOf([B]));
    assertEquals((await saysNext(plain, { cwd })).lines.slice(1), [
      `0 files written to ${cwd}/predicted, 2 that existed kept (--overwrite replaces them)`,
    ]);
    const others = [
      "--normalize=frame",
      "--threshold=0.1",
      "--opening=0",
      "--min-size",
      "13",
      "--overwrite",
    ];
    await runs([...plain, ...others], { cwd });
    assertEquals(await labels(`${cwd}/predicted/mask000.tif`), labelsOf([]));
    assertEquals(await labels(`${cwd}/predicted/mask001.tif`), labelsOf([DIM_C]));
  });
});

Deno.test("predict says where objects have another size than those that the model learned from", async () => {
  const { tensors, metadata } = decodeSafeTensors(thresholdModel(), "the model");
  const file = (median: number) => {
    const objects = JSON.stringify({ median, low: median - 1, high: median + 1 });
    return encodeSafeTensors({ tensors, metadata: { ...metadata, objects } });
  };
  const files = {
    "large/weights.safetensors": file(8.5),
    "alike/weights.safetensors": file(4),
    "v.tif": tiffOf(...Array.from({ length: 5 }, () => [A, B])),
  };
  await withFolder(files, async (cwd) => {
    const notesOf = async (model: string) =>
      (await events(["predict", "--model", model, "--out", model + "-out", "v.tif"], { cwd }))
        .flatMap(({ type, text }) => type === "note" ? [String(text)] : []);
    const [note, ...others] = await notesOf("large");
    assertMatch(
      note,
      /^The objects found in v\.tif are \d\.\d pixels .* from ones of 7\.5 to 9\.5: .*scale/,
    );
    assertEquals([others, await notesOf("alike")], [[], []]);
  });
});

Deno.test("a killed prediction leaves whole files only, and goes on where it stopped", async () => {
  const { frames } = syntheticVideo({ seed: 1, frames: 1, size: 192 });
  const video = encodeGreyTiff(frames);
  const names = Array.from({ length: 20 }, (_, i) => `t${String(i).padStart(3, "0")}.tif`);
  const files = Object.fromEntries(names.map((name) => [`v/${name}`, video]));
  await withFolder({ ...MODEL, ...files }, async (cwd) => {
    const predict = ["predict", "--model=model", "--out=out", "--json", "v"];
    const child = command(predict, { cwd }).spawn();
    await firstLines(child, 5);
    child.kill("SIGKILL");
    await Promise.all([child.status, child.stderr.cancel()]);
    const left = await tree(`${cwd}/out`);
    const whole = left.filter((name) => names.includes(name));
    const known = [".lock", "predict.json", ...names];
    const halves = left.filter((name) => !known.includes(name));
    assert(whole.length >= 2 && whole.length < names.length, `${left}`);
    assert(halves.every((name) => /^\.t\d+\.tif\.\w+\.tmp$/.test(name)), `${halves}`);
    const told = await events(predict.filter((word) => word !== "--json"), { cwd });
    const { written, kept } = told.at(-1)!;
    assertEquals({ written, kept }, { written: names.length - whole.length, kept: whole.length });
    // All frames are one image, so all results must be the same bytes.
    const [first, ...others] = await Promise.all(
      names.map((name) => Deno.readFile(`${cwd}/out/${name}`)),
    );
    for (const other of others) assertEquals(other, first);
  });
});
