import { assertEquals, assertMatch } from "@std/assert";
import { encodeLabelTiff } from "../../train/images/formats/encode.ts";
import type { LabelImage } from "../../train/images/image.ts";
import { withFolder } from "../train/fixtures/temporary.ts";
import { labelsOf, type Rectangle } from "../train/fixtures/models/threshold_model.ts";
import { events, fails, linesOf, runs, saysNext, tree } from "./fixtures/command.ts";

const A: Rectangle = { x: 1, y: 1, width: 3, height: 2 };
const B: Rectangle = { x: 6, y: 2, width: 4, height: 3 };

function image(...rectangles: Rectangle[]): Uint8Array<ArrayBuffer> {
  return encodeLabelTiff([labelsOf(rectangles)]);
}

Deno.test("evaluate prints what it measures, and writes it where it is told to", async () => {
  const files = {
    "res/mask000.tif": image(A, B),
    "res/mask001.tif": image(A),
    "seg/man_seg001.tif": image(A),
    "tra/man_track000.tif": image(A, B),
    "tra/man_track001.tif": image(A, B),
  };
  await withFolder(files, async (cwd) => {
    const paths = ["--labels=res", "--truth=seg", "--markers=tra"];
    const [{ type, ...evaluation }, ...rest] = await events(
      ["evaluate", ...paths, "--out=e.json"],
      { cwd },
    );
    assertEquals([type, rest], ["evaluation", []]);
    assertEquals(JSON.parse(await Deno.readTextFile(`${cwd}/e.json`)), evaluation);
    assertEquals(evaluation.ctc, { SEG: 1, DET: 0.75 });
    const { lines, next } = await saysNext(["evaluate", ...paths], { cwd });
    assertEquals(next.length, 2);
    assertMatch(next[1], / filter --labels res --votes --out res-filtered$/);
    assertEquals(lines, [
      "Frame 1 of res met man_seg001.tif",
      "Frames 0–1 of res met frames 0–1 of tra",
      "2 frames, 1 without truth",
      "AP 0.5 1.0000  AP 0.75 1.0000  mean AP 1.0000  on 1 frame, 1 object",
      "SEG 1.0000  DET 0.7500  dots 0.7500  DET and dots on 2 frames, 4 markers",
      "area_change        1.0000  on 1 pair, 3 objects  (truth – on 0 pairs, 0 objects)",
      "dice_instability   0.5000  on 1 pair, 3 objects  (truth – on 0 pairs, 0 objects)",
      "birth_rate         0.0000  on 1 pair, 1 object  (truth – on 0 pairs, 0 objects)",
      "death_rate         0.5000  on 1 pair, 2 objects  (truth – on 0 pairs, 0 objects)",
      "blink_rate         –  on 0 pairs, 0 objects  (truth – on 0 pairs, 0 objects)",
    ]);
    const [alone] = await events(["evaluate", "--labels", "res"], { cwd });
    assertEquals(Object.keys(alone), ["type", "frames", "flicker"]);
  });
});

Deno.test("evaluate counts frames without results as missed, and says so", async () => {
  const files = {
    "res/mask000.tif": image(A, B),
    ...Object.fromEntries([0, 1, 2].map((i) => [`seg/man_seg00${i}.tif`, image(A, B)])),
  };
  await withFolder(files, async (cwd) => {
    const lines = await linesOf(["evaluate", "--labels=res", "--truth=seg"], { cwd });
    assertEquals(lines.slice(0, 6), [
      "mask000.tif met frame 0 of seg",
      "res has no labels for frames 1–2 of seg",
      "1 frame",
      "2 frames with truth or markers and without labels: all objects there count as missed",
      "AP 0.5 0.3333  AP 0.75 0.3333  mean AP 0.3333  on 3 frames, 6 objects",
      "SEG 0.3333  DET 0.3333",
    ]);
  });
});

Deno.test("evaluate measures stills of several sizes, and names no filter for them", async () => {
  const small = encodeLabelTiff([{ width: 2, height: 1, data: Uint32Array.of(0, 1) }]);
  const stills = { "ab.tif": image(A, B), "b0.tif": small, "c1.tif": image(A) };
  const files = Object.entries(stills).flatMap(([name, bytes]) => [
    [`l/${name}`, bytes],
    [`t/${name}`, bytes],
  ]);
  await withFolder(Object.fromEntries(files), async (cwd) => {
    const lines = await runs(["evaluate", "--labels=l", "--truth=t"], { cwd });
    assertEquals(
      lines[1],
      "l: its 3 images are of several sizes, so each stands for itself: there is no flicker",
    );
    assertMatch(lines[3], /^AP 0.5 1.0000 .* on 3 frames, 4 objects$/);
    assertMatch(lines.at(-1)!, /^blink_rate +– +on 0 pairs/);
  });
});

Deno.test("evaluate writes nothing where it cannot compare", async () => {
  const files = { "res/mask000.tif": image(A), "res/mask001.tif": image(A), "t/9.tif": image(A) };
  await withFolder(files, async (cwd) => {
    const before = await tree(cwd);
    const evaluate = ["evaluate", "--labels=res"];
    await fails([...evaluate, "--truth=t", "--out=e.json"], {
      code: 3,
      says: ["Cannot match res with t", "mask000.tif", "9.tif", "rename one of them"],
      cwd,
    });
    await fails([...evaluate, "--out=no/e.json"], {
      code: 1,
      says: ["Cannot write no/e.json", "its folder does not exist; make it first"],
      cwd,
    });
    assertEquals(await tree(cwd), before);
  });
});

Deno.test("synth writes a data set, and says with which flags to use it", async () => {
  await withFolder({}, async (cwd) => {
    const synth = ["synth", "--out", "s", "--seed=5", "--stills=2", "--frames", "2"];
    const { lines, next } = await saysNext(synth, { cwd });
    assertEquals(lines, [`8 files written to ${cwd}/s`]);
    assertMatch(next[1], / train --stills s\/stills --video s\/video --truth s\/truth$/);
    assertEquals((await tree(`${cwd}/s`)).filter((name) => name.endsWith(".tif")).length, 8);
    const says = ["Cannot write a data set to s", "give another --out"];
    await fails(synth, { code: 1, says, cwd });
  });
});

Deno.test("evaluate leaves out what truth ignores, and says so, also as JSON", async () => {
  const truth = labelsOf([A, B]);
  const [, b] = [...new Set(truth.data)].filter((id) => id > 0);
  const data = truth.data.map((id) => id === b ? 255 : id);
  const files = {
    "res/mask000.tif": image(A, B),
    "seg/man_seg000.tif": encodeLabelTiff([{ ...truth, data }]),
  };
  await withFolder(files, async (cwd) => {
    const paths = ["--labels=res", "--truth=seg"];
    const lines = await linesOf(["evaluate", ...paths, "--ignore-label", "255"], { cwd });
    assertEquals(lines.slice(2, 5), [
      "12 pixels of truth ignored, and with them 1 object of the labels",
      "AP 0.5 1.0000  AP 0.75 1.0000  mean AP 1.0000  on 1 frame, 1 object",
      "SEG 1.0000  DET 1.0000",
    ]);
    const [told] = await events(["evaluate", ...paths, "--ignore-label=255", "--out=e.json"], {
      cwd,
    });
    const written = JSON.parse(await Deno.readTextFile(`${cwd}/e.json`));
    assertEquals({ type: "evaluation", ...written }, told);
    assertEquals([told.ignore_label, told.ignored], [255, { pixels: 12, objects: 1 }]);
    const [, , line] = await linesOf(["evaluate", ...paths, "--ignore-label=-1"], { cwd });
    assertEquals(line, "No pixel of truth holds -1, so --ignore-label leaves nothing out");
    const [plain] = await events(["evaluate", ...paths], { cwd });
    assertEquals(["ignored" in plain, "ignore_label" in plain], [false, false]);
    await fails(["evaluate", "--labels=res", "--ignore-label=1"], {
      code: 2,
      says: ["Cannot use --ignore-label without --truth"],
      cwd,
    });
    await fails(["evaluate", ...paths, "--ignore-label=1.5"], {
      code: 2,
      says: ["--ignore-label 1.5: expected a whole number"],
      cwd,
    });
  });
});

Deno.test("evaluate takes connected pixels of binary truth for objects, and warns where they are not", async () => {
  const merged = (labels: LabelImage, on: number) =>
    encodeLabelTiff([{ ...labels, data: labels.data.map((id) => id > 0 ? on : on - 1) }]);
  for (const on of [1, 2]) {
    const files = {
      "res/mask000.tif": image(A, B),
      "seg/man_seg000.tif": merged(labelsOf([A, B]), on),
    };
    await withFolder(files, async (cwd) => {
      const paths = ["--labels=res", "--truth=seg"];
      const [binary] = await events(["evaluate", ...paths, "--masks", "binary"], { cwd });
      const { notes, matching } = binary as {
        notes: string[];
        matching: Record<string, { tp: number }>;
      };
      assertEquals([matching["0.95"].tp, "warnings" in binary], [2, false]);
      assertMatch(notes.join(), /2 objects in 1 truth images are connected pixels/);
      const lines = await linesOf(["evaluate", ...paths], { cwd });
      assertMatch(lines[0], /^Warning: 1 of 1 truth images seems to tell foreground from back/);
      const says = ["Cannot use --masks without --truth"];
      await fails(["evaluate", "--labels=res", "--masks=binary"], { code: 2, says, cwd });
    });
  }
});
