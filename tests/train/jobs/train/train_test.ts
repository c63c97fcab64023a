// Whole tiny runs, from files to report.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { assertNotMatch, assertStringIncludes } from "@std/assert";
import type { SettingChange } from "../../../../train/models/model_kind.ts";
import type { PlanEvent, TrainEvent } from "../../../../train/jobs/train/events.ts";
import { VERSION } from "../../../../train/jobs/disk/version.ts";
import {
  frameName,
  resultOf,
  tinyConfig,
  tinyFiles,
  trainToEnd,
  withTinyData,
} from "../../fixtures/tiny_run.ts";
import { withFolder } from "../../fixtures/temporary.ts";

/** What a run planned. */
function planOf(events: readonly TrainEvent[]): PlanEvent {
  const plan = events.find((event) => event.type === "plan");
  assert(plan && "stills" in plan);
  return plan;
}

/** The events of a type, without those of other types. */
function stagesOf(events: readonly TrainEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === "stage" ? [`${event.stage} ${event.reason}`] : []
  );
}

Deno.test("train() leaves a folder that explains itself", async () => {
  await withTinyData(async ({ data, runs }) => {
    const out = `${runs}/deep/run`;
    const config = tinyConfig(data);
    const events = await trainToEnd({ config, out });
    assertEquals([...Deno.readDirSync(out)].map(({ name }) => name).toSorted(), [
      "baseline.safetensors",
      "config.json",
      "consistent.safetensors",
      "control.safetensors",
      "curves.svg",
      "kernels.json",
      "last.safetensors",
      "metrics.jsonl",
      "report.html",
      "results.json",
      "state.safetensors",
      "weights.safetensors",
    ]);

    const { versions, ...settings } = JSON.parse(await Deno.readTextFile(`${out}/config.json`));
    assertEquals(settings, config);
    assertEquals([versions.kymo, versions.deno], [VERSION, Deno.version.deno]);
    assert(versions.adapter.length > 0);
    const { version } = JSON.parse(
      await Deno.readTextFile(new URL("../../../../deno.json", import.meta.url)),
    );
    assertEquals(VERSION, version);

    const lines = (await Deno.readTextFile(`${out}/metrics.jsonl`)).trimEnd().split("\n");
    const told = events.filter(({ type }) => ["step", "validation", "warning"].includes(type));
    assertEquals(lines.map((line) => JSON.parse(line)), told);
    const steps = (stage: string) =>
      told.filter((event) => event.type === "step" && event.stage === stage).length;
    assertEquals(["baseline", "control", "consistent"].map(steps), [6, 4, 6]);

    const plan = planOf(events);
    assertEquals([plan.stills, plan.frames], [[4, 1, 1], 5]);
    assertEquals(plan.stages.map(({ stage, steps }) => `${stage} ${steps}`), [
      "baseline 6",
      "control 4",
      "consistent 6",
    ]);
    assertEquals(stagesOf(events), ["baseline done", "control done", "consistent done"]);

    const { table, report, weights } = resultOf(events);
    assertEquals([report, weights], [`${out}/report.html`, `${out}/weights.safetensors`]);
    assertEquals(table.rows.map(({ source }) => source), [
      "baseline",
      "control",
      "consistent",
      "filtered",
      "voted",
      "views",
      "truth",
    ]);
    const html = await Deno.readTextFile(report);
    assertStringIncludes(html, "Segmentation of video-0");
    assertNotMatch(html, /(?:src|href)="(?!data:|#)/);
    assertNotMatch(html, /@import|url\((?!#|data:|"data:)/);
    assertStringIncludes(await Deno.readTextFile(`${out}/curves.svg`), "<svg");
  });
});

Deno.test("train() works without video, without validation and without test stills", async () => {
  await withTinyData(async ({ data, runs }) => {
    const alone: SettingChange = { video: [], truth: "", rounds: 1 };
    const flicker = [
      ...["area_change", "dice_instability", "death_rate", "birth_rate", "blink_rate"],
      ...["pairs", "death_objects", "birth_objects", "blink_objects"],
    ];
    const cases: [SettingChange, stages: string[], columns: string[]][] = [
      [alone, ["baseline done"], ["ap50_stills", "mean_ap_stills"]],
      [{ ...alone, validation: 0, test: 0 }, ["baseline done"], []],
      [
        {
          truth: "",
          test: 0,
          validation: 0,
          rounds: 1,
          control: false,
          videoNormalization: "frame",
        },
        ["baseline done", "consistent done"],
        flicker,
      ],
      [{ ...alone, video: [`${data}/video-0`], rounds: 0 }, ["baseline done"], [
        ...["ap50_stills", "mean_ap_stills"],
        ...flicker,
      ]],
    ];
    for (const [i, [change, stages, columns]] of cases.entries()) {
      const out = `${runs}/${i}`;
      const config = tinyConfig(data, { exposure: 1, ...change });
      const events = await trainToEnd({ config, out });
      assertEquals(stagesOf(events), stages);
      const { table, report } = resultOf(events);
      assertEquals(table.columns.map(({ key }) => key), columns);
      const title = change.video && i < 2 ? "Segmentation of stills" : "Segmentation of video-0";
      assertStringIncludes(await Deno.readTextFile(report), title);
    }
  }, { videos: [3], stills: 4 });
});

Deno.test("train() learns from several videos, pairs of frames two apart", async () => {
  await withTinyData(async ({ data, runs }) => {
    const config = tinyConfig(data, {
      ...{ video: [`${data}/video-0`, `${data}/video-1`], gap: 2, rounds: 1, control: false },
      ...{ unit: "epochs", pairs: 2, segmentationShare: 1 },
    });
    const events = await trainToEnd({ config, out: `${runs}/run` });
    assertEquals(planOf(events).frames, 7);
    // Two stills are one batch; two and one pairs of frames are two.
    assertEquals(planOf(events).stages.at(-1), { stage: "consistent", steps: 1 + 2 });
    assertEquals(stagesOf(events), ["baseline done", "consistent done"]);
  }, { videos: [4, 3], stills: 4 });
});

Deno.test("train() refuses a folder that holds a run, and leaves it alone", async () => {
  await withTinyData(async ({ data, runs }) => {
    await Deno.writeTextFile(`${runs}/config.json`, "{}");
    await assertRejects(
      () => trainToEnd({ config: tinyConfig(data), out: runs }),
      Error,
      `Cannot train into ${runs}: it already holds a run; add --resume or give another --out`,
    );
    assertEquals([...Deno.readDirSync(runs)].map(({ name }) => name), ["config.json"]);
  });
});

Deno.test("train() finds what is wrong before it makes a run of it", async () => {
  await withTinyData(async ({ data, runs }) => {
    const cases: [SettingChange, message: string][] = [
      [{ video: [`${data}/video-0`], truth: "" }, "it has 1 frame, at least 2 are needed"],
      [{ video: [], truth: "", validation: 0.5, test: 0.4 }, "leave none to learn from"],
      [{ stills: `${data}/nowhere` }, `${data}/nowhere: it does not exist`],
      [{ base: 0 }, "base is 0"],
    ];
    for (const [i, [change, message]] of cases.entries()) {
      const out = `${runs}/${i}`;
      await assertRejects(
        () => trainToEnd({ config: tinyConfig(data, change), out }),
        Error,
        message,
      );
      const files = await Deno.stat(`${out}/config.json`).catch(() => null);
      assertEquals(files, null);
    }
    for (const seeds of [0, -1, 1.5]) {
      await assertRejects(
        () => trainToEnd({ config: tinyConfig(data), out: `${runs}/x`, seeds }),
        RangeError,
        `seeds is ${seeds}, expected a whole number ≥ 1`,
      );
    }
    await Deno.writeTextFile(`${runs}/file`, "");
    const config = tinyConfig(data, { video: [], truth: "" });
    await assertRejects(
      () => trainToEnd({ config, out: `${runs}/file` }),
      Error,
      `Cannot create ${runs}/file: `,
    );
  }, { videos: [1], stills: 2 });
});

Deno.test("train() refuses frames of which no two follow each other, unless they are taken in order", async () => {
  const files = tinyFiles({ videos: [8] });
  for (const t of [1, 2, 4, 5, 6]) delete files[`video-0/${frameName("t", t)}`];
  await withFolder(files, async (data) => {
    const events = trainToEnd({ config: tinyConfig(data), out: `${data}/run` });
    const says = "Cannot train on video-0: no 2 frames follow each other 1 apart by their numbers";
    await assertRejects(() => events, RangeError, says);
    await assertRejects(() => Deno.stat(`${data}/run/config.json`), Deno.errors.NotFound);
    const config = tinyConfig(data, { neighbours: "order", rounds: 1, control: false });
    assertEquals(stagesOf(await trainToEnd({ config, out: `${data}/in-order` })), [
      ...["baseline done", "consistent done"],
    ]);
  });
});

Deno.test("train() measures only the frames that have truth", async () => {
  await withTinyData(async ({ data, runs }) => {
    await Deno.remove(`${data}/truth/${frameName("man_seg", 1)}`);
    const config = tinyConfig(data, { rounds: 0 });
    const { table } = resultOf(await trainToEnd({ config, out: `${runs}/run` }));
    const keys = table.columns.map(({ key }) => key);
    assert(keys.includes("ap50_video") && keys.includes("seg"));
    assert(!keys.some((key) => key.startsWith("excess")), `${keys}`);
  }, { videos: [3], stills: 4 });
});
